package boot

import _ "embed"

// The agent: what every server needs, and what only those need that have a parameter
// with a timeout.
var (
	//go:embed agent.sh
	agent string
	//go:embed deadline.sh
	deadline string
)

// Agent returns the agent as one POSIX shell program: the transport first, then
// the common part. It must be run from a file (sh FILE), of which it keeps a copy
// for the command "muster". The transport is shell text that a hosting service
// supplies; it does nothing by itself but define
//
//	transport_payload    prints the encoded payload
//	transport_delivery   prints the newest encoded delivery, or nothing
//	transport_report     stores its argument, the encoded report, replacing the older
//	                     one in one step; it must not pass it on as an argument of
//	                     a program, because others can see those
//	transport_log        prints the end of the console log, at least 20 lines;
//	                     what the scripts have written before it was called is in it
//	transport_decommission
//	                     succeeds once the server has been asked to run its
//	                     decommission script, also after a restart; called only
//	                     where there is one
//	transport_start      starts what wakes the agent when a delivery or that
//	                     request may have arrived (muster_wake); may do nothing
//	                     where the hosting service writes to $MUSTER_RUN/wake
//	                     itself
//
// and needs these variables in its environment: MUSTER_RUN (a directory of the
// agent's own, 0700; an absolute path on a file system that permits execution),
// MUSTER_SERVER_ID, MUSTER_GROUP, MUSTER_SLOT, MUSTER_MEMBER
// (the member's key), MUSTER_PRIVATE_IP, and where they exist MUSTER_PUBLIC_IP,
// MUSTER_PRIVATE_DNS and MUSTER_ZONE. The scripts see all of them. MUSTER_HOME
// may name the scripts' working directory (default: the parent of MUSTER_RUN),
// MUSTER_SH the shell that runs the command "muster" (default: sh).
//
// The functions are called with MUSTER_RUN as the working directory, LC_ALL=C and
// umask 077; they may use the agent's own contains, read_uptime and $newline. A report
// that transport_report didn't store (exit code other than 0) is tried again. A
// wake-up is one line written to the FIFO $MUSTER_RUN/wake; one that is not needed does
// no harm.
//
// The agent needs coreutils or busybox. The scripts ignore SIGINT and SIGQUIT at
// first, like every background command of a shell. A shell reports an end by
// signal N as exit code 128+N, so exit codes from 129 to 192 read as signals.
func Agent(transport string) string {
	return program(transport + "\n" + deadline)
}

// AgentFor is [Agent] without what no server of the configuration needs, for where
// there is little room.
func AgentFor(c Configuration, transport string) string {
	for _, parameter := range c.Parameters {
		if parameter.Timeout != 0 {
			return Agent(transport)
		}
	}
	return program(transport)
}

func program(parts string) string { return "#!/bin/sh\n" + parts + "\n" + agent }
