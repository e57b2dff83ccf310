package policy

import "time"

// Snapshot is everything that a decision depends on besides the policy, as it
// was at one instant.
type Snapshot struct {
	// Now is the instant of the observation. Ages are measured from it.
	Now   time.Time
	Basis Basis
	// Unseen says in a few words why nothing is known of the group, for example
	// [NoGroupYet]; empty where it was looked at. Then only literals count, and
	// every other signal has neither failed nor a value, so that nothing is
	// refused and no fallback is used. The snapshot of a creation is
	// Snapshot{Unseen: NoGroupYet}: the decision is then the lower bound, or what
	// literals ask for. Later, Basis.Intended is the number decided before, which
	// is held.
	Unseen string
	// Signals are the observations by the signal's name. One that is absent was
	// not looked at.
	Signals map[string]Observation
}

// NoGroupYet is why nothing is known of a group that doesn't exist.
const NoGroupYet = "no group exists yet"

// Basis is the group that a decision starts from.
type Basis struct {
	// Intended is the size that the group is meant to have. It is what every
	// stage calls current: holds, floors and directions are relative to it, so
	// that a server that was killed doesn't become the new normal.
	Intended int
	// InService counts the servers that do carry the load. Only ratio formulas
	// multiply by it: what they compare was measured on these servers.
	InService int
}

// Observation is what was seen of one signal: samples, an error, or that nobody
// looked.
type Observation struct {
	// Samples may come in any order.
	Samples []Sample
	// Error says in a few words why there are no samples; empty if there are. It
	// is shown to users and must be the same for the same failure.
	Error string
	// Pending says in a few words why the signal has not been looked at, for
	// example because it was edited since. Such a signal holds scale-in (or is
	// ignored, where its OnMissing says so) but never fails a decision and never
	// uses its fallback: nothing is known to be wrong with it.
	Pending string
}

// Sample is one measured value.
type Sample struct {
	At    time.Time
	Value float64
}
