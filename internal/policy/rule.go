package policy

// Rule turns one signal into a proposed number of servers. Exactly one of Target,
// Step and Value is set.
type Rule struct {
	Target *Target `json:"target"`
	Step   *Step   `json:"step"`
	Value  *Value  `json:"value"`
	// ActiveDuring are names of schedules. While none of them is in force, the rule
	// has no opinion. Empty: it is always active.
	ActiveDuring []string `json:"active_during"`
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
//
// Of a signal of single servers, the servers that are warming up count as idle on
// the way out and not at all on the way in; those without a sample count as at the
// target (a utilization: at 100 % or the target) on the way in and as idle on the way
// out. Such a correction may cancel a change and never turns it round (HPA,
// calcPlainMetricReplicas).
type Target struct {
	Signal string `json:"signal"`
	// Value is what the signal is compared with, in the signal's unit; above 0.
	Value float64    `json:"target_value"`
	Type  TargetType `json:"target_type"`
	// Tolerance is the dead band around the target.
	Tolerance Tolerance `json:"tolerance"`
}

// Tolerance is by which part of the target a signal may be above (Out) and below
// (In) it, both ends included, before anything is done; nil means
// [DefaultTolerance]. Inside the band a rule asks for the present number of
// servers, and so keeps other rules from removing any.
type Tolerance struct {
	Out *float64 `json:"out"`
	In  *float64 `json:"in"`
}

// Comparison says when a value breaches a threshold.
type Comparison string

// The comparisons, as CloudWatch's alarms have them.
const (
	GreaterThan        Comparison = "greater_than"
	GreaterThanOrEqual Comparison = "greater_than_or_equal"
	LessThan           Comparison = "less_than"
	LessThanOrEqual    Comparison = "less_than_or_equal"
)

// Comparisons lists every Comparison, for validators and documentation.
func Comparisons() []string {
	return []string{
		string(GreaterThan), string(GreaterThanOrEqual),
		string(LessThan), string(LessThanOrEqual),
	}
}

// TreatMissingData says what an alarm makes of periods without a sample where it
// has fewer samples than it looks at.
type TreatMissingData string

// The treatments, as CloudWatch's alarms have them.
const (
	// MissingMissing, the default, goes by the samples that there are: all breach,
	// and the oldest of them is DatapointsToAlarm periods old. While the newest is
	// missing, no rule takes servers away; the other treatments don't mind.
	MissingMissing TreatMissingData = "missing"
	// MissingIgnore has no opinion.
	MissingIgnore TreatMissingData = "ignore"
	// MissingBreaching and MissingNotBreaching fill what is lacking.
	MissingBreaching    TreatMissingData = "breaching"
	MissingNotBreaching TreatMissingData = "not_breaching"
)

// TreatMissingDataValues lists every TreatMissingData, for validators and
// documentation.
func TreatMissingDataValues() []string {
	return []string{
		string(MissingMissing), string(MissingIgnore),
		string(MissingBreaching), string(MissingNotBreaching),
	}
}

// AdjustmentType says what the adjustment of a step is.
type AdjustmentType string

// The adjustment types, as AWS has them. The zero value is [AdjustmentChange].
const (
	// AdjustmentChange adds a number of servers to the current ones.
	AdjustmentChange AdjustmentType = "change"
	// AdjustmentPercent adds a part of the current servers, in percent. The change is
	// rounded towards 0, but never to 0 (AWS PercentChangeInCapacity).
	AdjustmentPercent AdjustmentType = "percent"
	// AdjustmentExact asks for a number of servers.
	AdjustmentExact AdjustmentType = "exact"
)

// AdjustmentTypes lists every AdjustmentType, for validators and documentation.
func AdjustmentTypes() []string {
	return []string{string(AdjustmentChange), string(AdjustmentPercent), string(AdjustmentExact)}
}

// MaxEvaluationPeriods is the most that EvaluationPeriods of a [Step] may be.
const MaxEvaluationPeriods = 1000

// Step changes the number of servers while a signal breaches a threshold: an alarm
// and its step adjustments, as on AWS. While the alarm is off, or no step fits, the
// rule has no opinion.
type Step struct {
	Signal     string     `json:"signal"`
	Threshold  float64    `json:"threshold"`
	Comparison Comparison `json:"comparison"`
	// DatapointsToAlarm (M) of the newest EvaluationPeriods (N) periods that have a
	// sample must breach; nil: 1 period, and all of them. Samples are looked for in
	// two periods more than N.
	DatapointsToAlarm *int             `json:"datapoints_to_alarm"`
	EvaluationPeriods *int             `json:"evaluation_periods"`
	TreatMissingData  TreatMissingData `json:"treat_missing_data"`
	AdjustmentType    AdjustmentType   `json:"adjustment_type"`
	// MinAdjustmentMagnitude is the least number of servers that an
	// [AdjustmentPercent] adds or removes; nil: 1.
	MinAdjustmentMagnitude *int `json:"min_adjustment_magnitude"`
	// Steps follow each other without a gap, in any order.
	Steps []Adjustment `json:"steps"`
}

// Adjustment is what one step of a [Step] does.
type Adjustment struct {
	// Lower and Upper bound the difference of the newest value to the threshold; nil:
	// no bound. Of a threshold that is breached from below they are 0 or more, Lower
	// is included and Upper isn't; of one breached from above they are 0 or less, and
	// Upper is included.
	Lower *float64 `json:"lower"`
	Upper *float64 `json:"upper"`
	// Adjustment is in servers or, of [AdjustmentPercent], in percent.
	Adjustment float64 `json:"adjustment"`
}

// Value asks for a number of servers as it is, rounded up. Exactly one of its
// fields is set.
type Value struct {
	Signal string   `json:"signal"`
	Number *float64 `json:"number"`
}
