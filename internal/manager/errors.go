package manager

import (
	"maps"
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

// newMemberError returns the error of a failed member. The agent has masked the
// tail already; it is masked again with the secrets that the ledger knows.
func newMemberError(member Member, group hosting.Group) *MemberError {
	var secrets []string
	for _, name := range slices.Sorted(maps.Keys(group.Values)) {
		if value := group.Values[name]; value.Sensitive {
			secrets = append(secrets, value.Text)
		}
	}
	return &MemberError{
		Key:     member.Key(),
		Failure: boot.SanitizeTail(member.Report.Failure, secrets),
		LogTail: boot.SanitizeTail(member.Report.LogTail, secrets),
	}
}

func lostReason(observation Observation, slot int) string {
	if reason := observation.Lost[slot]; reason != "" {
		return "its server has ended: " + reason
	}
	return "its server is gone"
}
