package boot

import (
	"fmt"
	"regexp"
	"strings"
)

// Status is what a server says of itself. The zero Status is StatusUnknown: it
// has not reported yet.
type Status int

// The statuses, in the order in which a server passes through them.
const (
	StatusUnknown Status = iota
	// StatusBooting: the boot script runs, and waits for nothing.
	StatusBooting
	// StatusWaiting: a script waits for the parameters in [Report.Waiting], or
	// the boot script has exited 0 and a parameter required for ready is missing.
	StatusWaiting
	// StatusReady: the boot script exited 0 and every parameter required for
	// boot or ready has been applied. It stays ready while an update script runs.
	StatusReady
	// StatusFailed: a script failed, or the agent can't go on.
	StatusFailed
)

// String returns the status as it is written in reports and shown to users.
func (s Status) String() string {
	switch s {
	case StatusUnknown:
		return "unknown"
	case StatusBooting:
		return "booting"
	case StatusWaiting:
		return "waiting"
	case StatusReady:
		return "ready"
	case StatusFailed:
		return "failed"
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// Decommission says how far a server's decommission script has come. The zero
// Decommission says that it has none.
type Decommission int

// The steps, in their order. DecommissionDone also stands for a server that has
// nothing to run, because its boot script has not exited 0.
const (
	DecommissionNone Decommission = iota
	DecommissionIdle
	DecommissionRunning
	DecommissionDone
	DecommissionFailed
)

// String returns the step as it is written in reports and shown to users.
func (d Decommission) String() string {
	switch d {
	case DecommissionNone:
		return "none"
	case DecommissionIdle:
		return "idle"
	case DecommissionRunning:
		return "running"
	case DecommissionDone:
		return "done"
	case DecommissionFailed:
		return "failed"
	}
	return fmt.Sprintf("Decommission(%d)", int(d))
}

// Begun reports whether the server has been asked to leave: it serves nobody any
// more.
func (d Decommission) Begun() bool { return d >= DecommissionRunning }

// Ended reports whether there is nothing to wait for any more.
func (d Decommission) Ended() bool { return d >= DecommissionDone }

// Event is one step of a server's life, for timelines.
type Event struct {
	// Uptime is the machine's uptime at the event, in hundredths of a second;
	// it is comparable between servers of one machine only.
	Uptime int64
	// What is one of "booting", "waiting NAME", "received NAME", "proceeding NAME"
	// (with a placeholder), "script started", "published NAME", "updating",
	// "ready", "failed", "decommissioning", "decommissioned".
	What string
}

// MaxEvents bounds the events in a report; the oldest are kept, because they
// tell the story of the boot.
const MaxEvents = 50

// Report is a server's newest account of itself. Like a [Delivery] it is a
// state: the newest report says everything. Published outputs are in the same
// report as the revision that they came from, so whoever sees a revision as
// applied also sees what was published while it was applied.
type Report struct {
	// Boot identifies the boot: another value means that the server restarted.
	Boot   string
	Status Status
	// Waiting names, sorted, the parameters that something waits for.
	Waiting []string
	// Failure says in one line what failed, for example "boot script exited
	// with exit code 7"; empty unless the status is StatusFailed or the
	// decommission script has failed.
	Failure string
	// LogTail is the end of the server's console log, at most 20 lines and 4 KiB,
	// with the values of sensitive parameters and outputs replaced by
	// "(sensitive)"; empty where Failure is.
	LogTail string
	// Received and Applied are revisions: Received when its values are in
	// place, Applied when the scripts have dealt with them.
	Received, Applied int
	// Decommission says how far the decommission script has come.
	Decommission Decommission
	// Outputs are the published outputs by name.
	Outputs map[string]string
	// Sensitive names, sorted, the outputs that came over a channel which keeps them
	// apart from what everybody may read; nil where the channel makes no difference.
	// [Report.Encode] and [ParseReport] know nothing of it.
	Sensitive []string
	Events    []Event
}

// FailedToUpdate reports whether the update script is what has failed: it is run again when
// there is a newer revision.
func (r Report) FailedToUpdate() bool {
	return r.Status == StatusFailed && strings.HasPrefix(r.Failure, "update script ")
}

var overdueFailure = regexp.MustCompile(`^parameter [A-Za-z0-9_]+ has not arrived within [0-9]+ s$`)

// IsOverdue reports whether a [Report.Failure] says that the value of a parameter has
// not arrived in time, which is no fault of a script.
func IsOverdue(failure string) bool { return overdueFailure.MatchString(failure) }
