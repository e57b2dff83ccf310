package scalingpolicy

import (
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// memoryKey is where the private state holds the memory.
const memoryKey = "memory"

const (
	// memorySpan is how long changes are remembered: longer than any window and period
	// of a policy, in which they count.
	memorySpan = 2 * policy.MaxStabilizationWindow
	// memoryLength is how many changes are remembered.
	memoryLength = 200
)

// memory is what a policy remembers from apply to apply: the changes that it has
// brought about. Only Update writes it.
type memory struct {
	Changes []change `json:"changes,omitempty"`
}

type change struct {
	At   time.Time `json:"at"`
	From int       `json:"from"`
	To   int       `json:"to"`
}

// with returns the memory with one change more, and without what doesn't count any
// more.
func (m memory) with(next change) memory {
	kept := memory{Changes: []change{next}}
	for i := len(m.Changes) - 1; i >= 0 && len(kept.Changes) < memoryLength; i-- {
		if old := m.Changes[i]; next.At.Sub(old.At) < memorySpan {
			kept.Changes = append([]change{old}, kept.Changes...)
		}
	}
	return kept
}

// followed returns the changes that a group of that size has followed. The newest ones
// are not among them where it was looked at before, or an apply didn't reach it.
func (m memory) followed(size int) []policy.Change {
	kept := len(m.Changes)
	for kept > 0 && m.Changes[kept-1].To != size {
		kept--
	}
	var changes []policy.Change
	for _, change := range m.Changes[:kept] {
		changes = append(changes, policy.Change{At: change.At, From: change.From, To: change.To})
	}
	return changes
}
