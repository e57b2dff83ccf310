package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Direction is where the rules pull before any stage has limited them. The zero
// Direction is invalid.
type Direction string

// The directions.
const (
	DirectionOut  Direction = "out"
	DirectionIn   Direction = "in"
	DirectionHold Direction = "hold"
)

// Directions lists every Direction, for validators and documentation.
func Directions() []string {
	return []string{string(DirectionOut), string(DirectionIn), string(DirectionHold)}
}

// Reason is a short code for why a stage, a rule or a decision came out as it
// did. Where the HPA has a code for it, it is the HPA's.
type Reason string

// The reasons.
const (
	// ReasonReadyForNewScale: the number follows the rules.
	ReasonReadyForNewScale Reason = "ReadyForNewScale"
	// ReasonDesiredWithinRange: the number is within its bounds.
	ReasonDesiredWithinRange Reason = "DesiredWithinRange"
	// ReasonTooManyReplicas and ReasonTooFewReplicas: a bound moved the number.
	ReasonTooManyReplicas Reason = "TooManyReplicas"
	ReasonTooFewReplicas  Reason = "TooFewReplicas"
	// ReasonValidMetricFound: every signal has a value.
	ReasonValidMetricFound Reason = "ValidMetricFound"
	// ReasonFailedGetExternalMetric: a signal has no value.
	ReasonFailedGetExternalMetric Reason = "FailedGetExternalMetric"
	// ReasonWithinTolerance: the signal is near enough to its target.
	ReasonWithinTolerance Reason = "WithinTolerance"
	// ReasonNoServerInService: a ratio has nothing to be multiplied by.
	ReasonNoServerInService Reason = "NoServerInService"
	// ReasonFallback: a signal has no value and its fallback took its place.
	ReasonFallback Reason = "Fallback"
	// ReasonNoUsableSignal: no rule had a value to go by.
	ReasonNoUsableSignal Reason = "NoUsableSignal"
	// ReasonSignalRequired: a signal has no value and its user wants to be told by
	// an error; see [Decision.Err].
	ReasonSignalRequired Reason = "SignalRequired"
	// ReasonGroupUnseen: nothing is known of the group, so its signals say nothing.
	ReasonGroupUnseen Reason = "GroupUnseen"
	// ReasonIncompleteMetric: a signal has a value that lacks something, and so takes no
	// server away.
	ReasonIncompleteMetric Reason = "IncompleteMetric"
	// ReasonAlarm and ReasonNoAlarm: the signal of a step rule breaches its threshold
	// often enough, or not. ReasonNoStep: it does, but no step fits its newest value.
	ReasonAlarm   Reason = "Alarm"
	ReasonNoAlarm Reason = "NoAlarm"
	ReasonNoStep  Reason = "NoStep"
	// ReasonScheduleInactive: the rule is not active at this time.
	ReasonScheduleInactive Reason = "ScheduleInactive"
	// ReasonNoOpinion: there are values, and no rule has an opinion.
	ReasonNoOpinion Reason = "NoOpinion"
	// ReasonScaleUpStabilized and ReasonScaleDownStabilized: the change was not asked
	// for throughout the stabilization window.
	ReasonScaleUpStabilized   Reason = "ScaleUpStabilized"
	ReasonScaleDownStabilized Reason = "ScaleDownStabilized"
	// ReasonScaleInProjected: removing as many would bring about an addition.
	ReasonScaleInProjected Reason = "ScaleInProjected"
	// ReasonCooldown: the last change is too recent.
	ReasonCooldown Reason = "Cooldown"
	// ReasonWarmup: servers are warming up.
	ReasonWarmup Reason = "Warmup"
	// ReasonScaleUpLimit and ReasonScaleDownLimit: the change was limited or disabled.
	ReasonScaleUpLimit   Reason = "ScaleUpLimit"
	ReasonScaleDownLimit Reason = "ScaleDownLimit"
	// ReasonRecommendOnly and ReasonScaleOutOnly: the mode holds the number.
	ReasonRecommendOnly Reason = "RecommendOnly"
	ReasonScaleOutOnly  Reason = "ScaleOutOnly"
	// ReasonNoRules: the policy has bounds and no rules.
	ReasonNoRules Reason = "NoRules"
)

// Reasons lists every Reason that a decision can have, sorted. The others only rules
// and stages have.
func Reasons() []string {
	reasons := []Reason{
		ReasonCooldown, ReasonFailedGetExternalMetric, ReasonFallback, ReasonGroupUnseen,
		ReasonIncompleteMetric, ReasonNoOpinion, ReasonNoRules, ReasonNoServerInService,
		ReasonNoUsableSignal, ReasonReadyForNewScale, ReasonRecommendOnly,
		ReasonScaleDownLimit, ReasonScaleDownStabilized, ReasonScaleInProjected,
		ReasonScaleOutOnly, ReasonScaleUpLimit, ReasonScaleUpStabilized,
		ReasonScheduleInactive, ReasonSignalRequired, ReasonTooFewReplicas,
		ReasonTooManyReplicas, ReasonWarmup, ReasonWithinTolerance,
	}
	texts := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		texts = append(texts, string(reason))
	}
	return texts
}

// Decision is the number of servers that a group should have, and why.
type Decision struct {
	Desired   int       `json:"desired"`
	Direction Direction `json:"direction"`
	Reason    Reason    `json:"reason"`
	// Sentence explains Desired in one line. It has no ages and no times of day,
	// so that it changes only when the decision or its numbers do.
	Sentence string `json:"sentence"`
	// Recommended is the number that the policy's mode has held back; nil: none.
	Recommended *int `json:"recommended,omitempty"`
	// Missing are the signals that rules use and that failed to give a value,
	// sorted by name.
	Missing []Missing `json:"missing,omitempty"`
	Trace   Trace     `json:"trace"`
}

// Missing is a signal without a value.
type Missing struct {
	Signal string `json:"signal"`
	// Cause says in a few words why.
	Cause string `json:"cause"`
	// Required is true where the signal's OnMissing is [OnMissingFail].
	Required bool `json:"required,omitempty"`
}

// Trace is the record of a decision: what each signal gave, what each rule made
// of it, and what each stage did. Like the sentence it has no ages.
type Trace struct {
	Current   int `json:"current"`
	InService int `json:"in_service"`
	// Min and Max are the bounds in force, Schedules those schedules that are.
	Min       int           `json:"min_servers"`
	Max       int           `json:"max_servers"`
	Schedules []string      `json:"schedules,omitempty"`
	Signals   []SignalTrace `json:"signals,omitempty"`
	Rules     []RuleTrace   `json:"rules,omitempty"`
	Stages    []StageTrace  `json:"stages"`
}

// SignalTrace says what a signal gave: a value, or why there is none.
type SignalTrace struct {
	Signal string   `json:"signal"`
	Value  *float64 `json:"value,omitempty"`
	// Data says what the value was made of.
	Data  string `json:"data,omitempty"`
	Cause string `json:"cause,omitempty"`
}

// RuleTrace says what a rule proposed.
type RuleTrace struct {
	Rule   string `json:"rule"`
	Signal string `json:"signal,omitempty"`
	// Value is that of the signal; nil where it has none.
	Value *float64 `json:"value,omitempty"`
	// Proposal is nil where the rule has no opinion.
	Proposal *int `json:"proposal,omitempty"`
	// Unrounded is the number before it was rounded up; nil where the proposal is
	// not the result of a formula.
	Unrounded *float64 `json:"unrounded,omitempty"`
	// Formula is the arithmetic with its numbers.
	Formula string `json:"formula,omitempty"`
	Reason  Reason `json:"reason"`
	Detail  string `json:"detail"`
	// Change says which values of the signal would give another number.
	Change string `json:"change,omitempty"`
	// Lacks says what the value lacks, for which reason no servers are taken away.
	Lacks string `json:"lacks,omitempty"`
	// Won marks the rule that the decision follows.
	Won bool `json:"won,omitempty"`
}

// StageTrace says what a stage made of the number of servers.
type StageTrace struct {
	Stage  string `json:"stage"`
	In     int    `json:"in"`
	Out    int    `json:"out"`
	Reason Reason `json:"reason"`
	Detail string `json:"detail,omitempty"`
	// Until is when a stage that holds the number because of an earlier change will let
	// it go; nil otherwise.
	Until *time.Time `json:"until,omitempty"`
}

// JSON returns the whole decision as JSON text, the same for the same decision.
func (d Decision) JSON() string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // People read it.
	if err := encoder.Encode(d); err != nil {
		// Every number in it is finite: the signals stage lets no other pass.
		panic(fmt.Sprintf("encoding a decision: %v", err))
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// RequiredError says that signals have no value that the policy can't do without.
type RequiredError struct {
	// Missing are those signals, sorted by name; never empty.
	Missing []Missing
}

// Error names every such signal and its cause.
func (e *RequiredError) Error() string {
	clauses := make([]string, 0, len(e.Missing))
	for _, missing := range e.Missing {
		clauses = append(clauses, fmt.Sprintf("signal %q has no data (%s)", missing.Signal, missing.Cause))
	}
	return strings.Join(clauses, "; ") + fmt.Sprintf("; its on_missing is %q", OnMissingFail)
}

// Err returns a [*RequiredError] where a signal with [OnMissingFail] has no
// value, and nil otherwise. Desired is then the current number within the
// bounds, for those who may not stop.
func (d Decision) Err() error {
	var required []Missing
	for _, missing := range d.Missing {
		if missing.Required {
			required = append(required, missing)
		}
	}
	if len(required) == 0 {
		return nil
	}
	return &RequiredError{Missing: required}
}
