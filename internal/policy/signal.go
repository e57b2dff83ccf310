package policy

import "time"

// Signal is a named number that rules look at. Where its samples come from is
// not the engine's business: they are in the [Snapshot], unless the signal is a
// literal or an expression.
type Signal struct {
	// Literal is the signal's value. A literal is configuration: it is never
	// missing, and it counts also where no group exists yet.
	Literal *float64 `json:"literal"`
	// Expression computes the signal from others by their names; see package
	// formula. A signal of single servers is a list in it. The names current and
	// in_service stand for the two numbers of the [Basis].
	Expression string `json:"expression"`
	// PerServer: the samples are those of the single servers.
	PerServer *PerServer `json:"per_server"`
	// Period is the length of the buckets that samples are put into; one bucket ends
	// at the snapshot's Now less Offset, and the others before it. 0: the signal is a
	// point, of which only the newest sample counts.
	Period time.Duration `json:"period"`
	// Statistic is what becomes of several samples in one bucket. The zero value is
	// [StatisticAverage].
	Statistic Statistic `json:"statistic"`
	// Offset is how far back the newest bucket ends, for values that take that long
	// to arrive.
	Offset time.Duration `json:"offset"`
	// MaxAge is the age at the time of the snapshot above which the newest sample
	// no longer counts. 0: a point may have any age; of a signal with a Period, the
	// newest bucket must have a sample, without which it may add servers and takes
	// none away.
	MaxAge time.Duration `json:"max_age"`
	// OnMissing says what a rule does without a value. The zero value is
	// [OnMissingHoldScaleIn].
	OnMissing OnMissing `json:"on_missing"`
	// Fallback is the number of servers that a rule asks for under
	// [OnMissingFallback]; nil otherwise.
	Fallback *int `json:"fallback"`
	// FallbackAfter is how long ago the signal must have had its last value before
	// the fallback is used; until then it is as with [OnMissingHoldScaleIn].
	FallbackAfter time.Duration `json:"fallback_after"`
	// FallbackMode holds the fallback against the current number. The zero value is
	// [FallbackStatic].
	FallbackMode FallbackMode `json:"fallback_mode"`
}

// PerServer says how the numbers of single servers become one.
type PerServer struct {
	// Aggregation is applied to the servers' values. The zero value is
	// [AggregationAverage]. Targets of type [TargetAverage] need no other: they
	// compare the load of the group, which is the average times the servers.
	Aggregation Aggregation `json:"aggregation"`
}

// Statistic is what becomes of several samples in one bucket.
type Statistic string

// The statistics.
const (
	StatisticAverage Statistic = "average"
	StatisticSum     Statistic = "sum"
	StatisticMinimum Statistic = "minimum"
	StatisticMaximum Statistic = "maximum"
	// StatisticNewest takes the newest sample.
	StatisticNewest Statistic = "newest"
)

// Statistics lists every Statistic, for validators and documentation.
func Statistics() []string {
	return []string{
		string(StatisticAverage), string(StatisticSum), string(StatisticMinimum),
		string(StatisticMaximum), string(StatisticNewest),
	}
}

// Aggregation is how the values of the servers become one.
type Aggregation string

// The aggregations.
const (
	AggregationAverage Aggregation = "average"
	AggregationSum     Aggregation = "sum"
	AggregationMinimum Aggregation = "minimum"
	AggregationMaximum Aggregation = "maximum"
)

// Aggregations lists every Aggregation, for validators and documentation.
func Aggregations() []string {
	return []string{
		string(AggregationAverage), string(AggregationMaximum),
		string(AggregationMinimum), string(AggregationSum),
	}
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

// FallbackMode holds a fallback against the current number of servers.
type FallbackMode string

// The modes of a fallback, as KEDA has them.
const (
	// FallbackStatic asks for the fallback itself.
	FallbackStatic FallbackMode = "static"
	// FallbackAtLeast asks for the current number where it is higher.
	FallbackAtLeast FallbackMode = "at_least"
	// FallbackAtMost asks for the current number where it is lower.
	FallbackAtMost FallbackMode = "at_most"
)

// FallbackModes lists every FallbackMode, for validators and documentation.
func FallbackModes() []string {
	return []string{string(FallbackStatic), string(FallbackAtLeast), string(FallbackAtMost)}
}
