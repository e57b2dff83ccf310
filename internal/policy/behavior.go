package policy

import "time"

// DefaultStabilizationWindow is how long a need is remembered before servers are
// removed, as in the HPA.
const DefaultStabilizationWindow = 5 * time.Minute

const (
	// MaxStabilizationWindow is the longest StabilizationWindow.
	MaxStabilizationWindow = 24 * time.Hour
	// maxInstants is how many instants of a stabilization window are replayed.
	maxInstants = 1440
)

// Behavior limits how fast the number of servers follows the rules.
type Behavior struct {
	ScaleOut Limits `json:"scale_out"`
	ScaleIn  Limits `json:"scale_in"`
	// Warmup is how long after its launch a server counts as warming up; until it is
	// in service it always does.
	Warmup time.Duration `json:"warmup"`
	// ScaleInDuringWarmup lets servers be removed while others are warming up, which
	// isn't done otherwise (AWS).
	ScaleInDuringWarmup bool `json:"scale_in_during_warmup"`
	// ProjectScaleIn says of which step rules the signal is extrapolated to fewer
	// servers before any are removed, so that the removal doesn't bring about the next
	// addition (Azure): true for all, false for none, nil for those on averages of
	// single servers.
	ProjectScaleIn *bool `json:"project_scale_in"`
}

// Limits hold for one direction.
type Limits struct {
	// StabilizationWindow: servers are removed only down to what was needed at any time
	// within it, and added only up to what was needed all the time. nil:
	// [DefaultStabilizationWindow] on the way in, 0 on the way out.
	StabilizationWindow *time.Duration `json:"stabilization_window"`
	// Cooldown is how long after the last change, in whichever direction, the number
	// doesn't change in this one.
	Cooldown time.Duration `json:"cooldown"`
	// MaxChange bounds the change within a period. Select says which of several counts.
	// The zero Select is [SelectMax].
	MaxChange []MaxChange `json:"max_change"`
	Select    Select      `json:"select"`
	// Anchor says what MaxChange is relative to. The zero value is [AnchorCurrent].
	Anchor Anchor `json:"anchor"`
	// Disabled allows no change in this direction.
	Disabled bool `json:"disabled"`
}

// MaxChange is how many servers may be added or removed within a period: Count, or
// Percent of those at the period's beginning. Exactly one of the two is set.
type MaxChange struct {
	Count   *int     `json:"count"`
	Percent *float64 `json:"percent"`
	// Period is the time within which changes add up; above 0. What a period doesn't
	// use up isn't carried over to the next.
	Period time.Duration `json:"period"`
}

// Select says which of several limits counts.
type Select string

// The selections: the limit that allows the most or the least.
const (
	SelectMax Select = "max"
	SelectMin Select = "min"
)

// Selects lists every Select, for validators and documentation.
func Selects() []string { return []string{string(SelectMax), string(SelectMin)} }

// Anchor says what a [MaxChange] is relative to.
type Anchor string

// The anchors.
const (
	// AnchorCurrent: the number of servers at the period's beginning (HPA).
	AnchorCurrent Anchor = "current"
	// AnchorPeak, of a scale-in: the greatest number that was needed within the period
	// (Google's scale-in control).
	AnchorPeak Anchor = "peak"
)

// Anchors lists every Anchor, for validators and documentation.
func Anchors() []string { return []string{string(AnchorCurrent), string(AnchorPeak)} }
