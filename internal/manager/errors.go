package manager

import (
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// MemberError is what went wrong on one member, in its own words.
type MemberError struct {
	// Key is the member's key.
	Key string
	// Failure is one line, for example "boot script exited with exit code 7".
	Failure string
	// LogTail is the end of the member's log, masked; may be empty.
	LogTail string
	// Ended: the member has no running server; none of its scripts has failed.
	Ended bool
}

// Error returns key and failure, and the log's tail on lines of its own.
func (e *MemberError) Error() string {
	if e.LogTail == "" {
		return e.Key + ": " + e.Failure
	}
	var text strings.Builder
	text.WriteString(e.Key + ": " + e.Failure + "; the end of its log:")
	for line := range strings.Lines(e.LogTail) {
		text.WriteString("\n  " + strings.TrimSuffix(line, "\n"))
	}
	return text.String()
}

// failure returns the error of a failed member. The agent has masked the tail
// already; it is masked again with the secrets that the ledger knows and with what
// the member has published as sensitive. An output that isn't declared counts as
// sensitive: the member may come from another configuration.
func (o Observation) failure(member Member) *MemberError {
	return o.memberError(member, member.Failure())
}

// decommissionFailure returns the error of a member whose decommission script has
// failed.
func (o Observation) decommissionFailure(member Member) *MemberError {
	return o.memberError(member, member.Report.Failure)
}

func (o Observation) memberError(member Member, failure string) *MemberError {
	var secrets []string
	for _, name := range slices.Sorted(maps.Keys(o.Group.Values)) {
		if value := o.Group.Values[name]; value.Sensitive {
			secrets = slices.AppendSeq(append(secrets, value.Text), maps.Values(value.BySlot))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(member.Report.Outputs)) {
		if declared, known := o.Configuration.Outputs[name]; !known || declared.Sensitive {
			secrets = append(secrets, member.Report.Outputs[name])
		}
	}
	return &MemberError{
		Key:     member.Key(),
		Failure: boot.SanitizeTail(failure, secrets),
		LogTail: boot.SanitizeTail(member.Report.LogTail, secrets),
	}
}

// lost returns the error of a slot without a running server.
func (o Observation) lost(slot int) *MemberError {
	return &MemberError{Key: hosting.MemberKey(o.Group.Name, slot), Failure: o.WhyLost(slot), Ended: true}
}

// errOutdated says that a record turned out to be another one than a look at it had
// shown: a hosting service may show for a while what was there before. Whoever gets it
// looks again.
var errOutdated = errors.New("the group's record has changed meanwhile; apply again")

// attempts is how often something is begun whose look at the record was outdated. After
// the first an update has read the newest record, so a second outdated look means that
// somebody else is at work.
const attempts = 3

// WhyLost says in one line why the slot has no running server.
func (o Observation) WhyLost(slot int) string {
	if reason := o.Lost[slot]; reason != "" {
		return "its server has ended: " + reason
	}
	return "its server is gone"
}

// PanicError says that a bug has ended a change in the midst of it.
type PanicError struct {
	// Cause is what the code has panicked with.
	Cause any
	// Stack is the trace of the goroutine.
	Stack []byte
}

// Error says what to do, with the trace.
func (e *PanicError) Error() string {
	return fmt.Sprintf("the provider has crashed. What it had done is not lost: the next apply goes on from there. "+
		"This is a bug: please report it with this trace.\n\n%v\n\n%s", e.Cause, e.Stack)
}

// surviving turns a panic of the work into an error: what exists by then must reach
// Terraform's state.
func surviving(work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &PanicError{Cause: cause, Stack: debug.Stack()}
		}
	}()
	return work()
}
