// Package local is the embedded hosting service: servers are process trees on
// this machine, with no account, no network and no root.
//
// Each server has a directory and a supervisor of its own: the provider's binary
// re-executed in a session of its own, so that it outlives Terraform. The
// supervisor is a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER): whatever a
// script starts stays below it, also after double forks, setsid and a cleared
// environment, and is ended with it. It claims a loopback address for its server
// and ends the server when its directory is gone. SIGTERM ends the server too; SIGHUP
// restarts it, as a reboot would.
//
// The state directory is laid out like this:
//
//	<directory>/<namespace>/configurations/<id>.json
//	<directory>/<namespace>/groups/<name>.json
//	<directory>/<namespace>/servers/<server id>/…
//
// The service runs on Linux only; elsewhere [New] returns an error that wraps
// hosting.ErrUnsupported.
package local
