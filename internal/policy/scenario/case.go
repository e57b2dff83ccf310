package scenario

import (
	"errors"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// Case is a policy, what it sees, and the decision that is expected.
type Case struct {
	// Name says what the case shows. It begins with the file's name.
	Name string
	// Policy and Snapshot are read by [DecodePolicy] and [DecodeSnapshot].
	Policy, Snapshot any
	Expected         Expected
	// Wrong says why what is written is no case; empty: it is one.
	Wrong string
}

// Difference decides, and says in one line in what the decision differs from what is
// expected; empty: in nothing.
func (c Case) Difference() string {
	if c.Wrong != "" {
		return c.Wrong
	}
	spec, decision, err := decide(c.Policy, c.Snapshot)
	if wrong, ok := errors.AsType[*policy.SpecError](err); ok {
		if len(c.Expected.Faults) == 0 {
			return "the policy has faults: " + lines(texts(wrong.Faults))
		}
		return difference("faults", lines(c.Expected.Faults), lines(texts(wrong.Faults)))
	}
	if len(c.Expected.Faults) > 0 {
		return difference("faults", lines(c.Expected.Faults), "none")
	}
	if wrong, ok := errors.AsType[*SnapshotError](err); ok {
		return lines(texts(within("snapshot", wrong.Faults)))
	}
	return strings.Join(c.Expected.differences(spec, decision), "; ")
}

// Decide reads a policy and a snapshot and decides. An error about the policy is a
// [*policy.SpecError], one about the snapshot a [*SnapshotError]. A decision that is
// refused is none: see [policy.Decision.Err].
func Decide(arguments, snapshot any) (policy.Decision, error) {
	_, decision, err := decide(arguments, snapshot)
	return decision, err
}

func decide(arguments, snapshot any) (policy.Spec, policy.Decision, error) {
	spec, faults := DecodePolicy(arguments)
	faults = slices.Concat(faults, lacking(arguments))
	if len(faults) > 0 {
		return spec, policy.Decision{}, &policy.SpecError{Faults: faults}
	}
	compiled, err := policy.Compile(spec)
	if err != nil {
		return spec, policy.Decision{}, err
	}
	seen, faults := DecodeSnapshot(snapshot, spec)
	if len(faults) > 0 {
		return spec, policy.Decision{}, &SnapshotError{Faults: faults}
	}
	return spec, compiled.Decide(seen), nil
}

// SnapshotError holds every fault of a snapshot. It is never empty.
type SnapshotError struct{ Faults []policy.Fault }

// Error lists all faults, one per line.
func (e *SnapshotError) Error() string { return strings.Join(texts(e.Faults), "\n") }

func texts(faults []policy.Fault) []string {
	lines := make([]string, 0, len(faults))
	for _, fault := range faults {
		lines = append(lines, fault.String())
	}
	return lines
}

// within returns the faults with the paths that they have in a larger whole.
func within(name string, faults []policy.Fault) []policy.Fault {
	moved := make([]policy.Fault, 0, len(faults))
	for _, fault := range faults {
		moved = append(moved, policy.Fault{Path: slices.Concat([]string{name}, fault.Path), Message: fault.Message})
	}
	return moved
}
