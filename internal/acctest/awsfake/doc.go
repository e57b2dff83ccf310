// Package awsfake is an endpoint that speaks the protocols of the AWS APIs as the SDK
// does, and behaves like them where that hurts: EC2, SSM Parameter Store, STS and
// CloudWatch of one account and region. Only tests import it.
//
// It checks every request's signature, shows things late, throttles, loses answers
// after it has done what was asked, launches a part of what was asked, and refuses
// what AWS refuses. All of it can be switched; see [Faults] and [Hostile]. Its instances
// can run their user data for real; see the package fleet.
//
// A test makes a [World] and gives its [World.Config] to the SDK's clients, or lets
// other programs reach it with [World.Serve]. It looks at what there really is with
// [World.Instances] and its like, and at what was called with [World.Calls]. A client
// that dies at a certain call has a [Mortal] transport.
//
// What AWS doesn't document is as unpleasant as the reports say, or both of what is
// possible: a token whose launch has failed for want of capacity keeps its arguments;
// a template's network interface and a request's subnet exclude each other; a deleted
// parameter can't be made again, in two ways; some of a token's instances have been
// terminated, and it is burnt or isn't; a template's default version is refused one by
// one when it is deleted. Tags of template and request are merged, key by key, which
// nobody has verified.
//
// It reads no clock but time.Now and sleeps nowhere, so that it can live in the bubble
// of testing/synctest, where an hour of throttling takes no time.
package awsfake
