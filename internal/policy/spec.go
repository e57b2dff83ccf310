package policy

import "time"

// Spec is a scaling policy as its user writes it.
type Spec struct {
	// Min and Max bound the number of servers, both included.
	Min, Max int
	// Signals and Rules are keyed by name. A policy without rules holds the
	// number of servers within its bounds.
	Signals map[string]Signal
	Rules   map[string]Rule
}

// Signal is a named number that rules look at. Where its samples come from is
// not the engine's business: they are in the [Snapshot], unless Literal is set.
type Signal struct {
	// Literal is the signal's value. A literal is configuration: it is never
	// missing, and it counts also where no group exists yet.
	Literal *float64
	// OnMissing says what a rule does without a value. The zero value is
	// [OnMissingHoldScaleIn].
	OnMissing OnMissing
	// Fallback is the number of servers that a rule asks for under
	// [OnMissingFallback]; nil otherwise.
	Fallback *int
	// MaxAge is the age at the time of the snapshot above which the newest sample
	// no longer counts; 0 means that any age will do.
	MaxAge time.Duration
}

// OnMissing says what a rule does when its signal has no value: the source
// failed, had nothing, answered NaN or infinity, or the newest sample is too old.
// A true zero is a value.
type OnMissing string

// The treatments of a missing value.
const (
	// OnMissingHoldScaleIn, the default, lets other rules add servers but none
	// remove any (what the HPA does when some of its metrics fail).
	OnMissingHoldScaleIn OnMissing = "hold_scale_in"
	// OnMissingIgnore: the rule has no opinion, as if it weren't there.
	OnMissingIgnore OnMissing = "ignore"
	// OnMissingFail: the decision is a refusal; see [Decision.Err].
	OnMissingFail OnMissing = "fail"
	// OnMissingFallback: the rule asks for the signal's Fallback.
	OnMissingFallback OnMissing = "fallback"
)

// OnMissingValues lists every OnMissing, for validators and documentation.
func OnMissingValues() []string {
	return []string{
		string(OnMissingHoldScaleIn), string(OnMissingIgnore),
		string(OnMissingFail), string(OnMissingFallback),
	}
}

// Rule turns one signal into a proposed number of servers. Exactly one of its
// fields is set.
type Rule struct {
	Target *Target
	Value  *Value
}

// TargetType says what a [Target] compares. The zero TargetType is
// [TargetAverage].
type TargetType string

// The target types.
const (
	// TargetAverage: the signal is the load of the whole group, and every server
	// is to carry TargetValue of it: ceil(signal / target). It is exact whatever
	// the present number of servers (HPA AverageValue, MIG
	// singleInstanceAssignment, queue arrays).
	TargetAverage TargetType = "average"
	// TargetPlain: the signal itself is to be near TargetValue, and is assumed to
	// fall as servers are added: ceil(in service × signal / target) (HPA Value).
	TargetPlain TargetType = "value"
	// TargetUtilization: as TargetPlain, for a signal that is the average
	// utilization of the servers, in percent.
	TargetUtilization TargetType = "utilization"
)

// TargetTypes lists every TargetType, for validators and documentation.
func TargetTypes() []string {
	return []string{string(TargetAverage), string(TargetPlain), string(TargetUtilization)}
}

// DefaultTolerance is the dead band around a target in both directions, as in the
// HPA.
const DefaultTolerance = 0.1

// Target keeps a signal near a value.
type Target struct {
	Signal string
	// Value is what the signal is compared with, in the signal's unit; above 0.
	Value float64
	Type  TargetType
	// ToleranceOut and ToleranceIn are the parts by which the signal may be above
	// and below the target, both ends included, before anything is done; nil
	// means [DefaultTolerance]. Inside the band the rule asks for the present
	// number of servers, and so keeps other rules from removing any.
	ToleranceOut, ToleranceIn *float64
}

// Value asks for a number of servers as it is, rounded up. Exactly one of its
// fields is set.
type Value struct {
	Signal string
	Number *float64
}
