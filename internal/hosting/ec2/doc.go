// Package ec2 is the hosting service on Amazon EC2.
//
//   - A server configuration is a launch template, each content a version of it.
//   - A group's ledger is a set of SSM parameters; see ledger.go.
//   - A server is an instance. What proves that it is a member are two things that
//     nobody can change after the launch: the template that it was launched from and
//     its client token, from which group, attempt and slot are read; see token.go.
//     Its other tags are for people, and for the instance itself.
//   - What travels between the provider and an instance, over user data, tags, console
//     or SSM, is in the package channel.
//
// EC2 is slow to show what was done, may do a part of what was asked, throttles, and
// may lose an answer. The package hides that behind the rules of the port; whoever
// reads it should know that no list is complete at once, and that only a client token
// tells whether a launch has happened.
package ec2
