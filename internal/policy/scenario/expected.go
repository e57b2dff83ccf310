package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// Expected is what is expected of a decision. What is absent isn't looked at; at
// least one of its members is there.
type Expected struct {
	Desired   *int             `json:"desired"`
	Direction policy.Direction `json:"direction"`
	Reason    policy.Reason    `json:"reason"`
	Sentence  string           `json:"sentence"`
	// Recommended is written as null where nothing may be recommended, which is then
	// what NotRecommended says.
	Recommended    *int `json:"recommended"`
	NotRecommended bool `json:"-"`
	// Min and Max are the bounds in force, Schedules those schedules that are, in any
	// order.
	Min       *int     `json:"min"`
	Max       *int     `json:"max"`
	Schedules []string `json:"schedules"`
	// Rules are the proposals by rule; null: no opinion.
	Rules map[string]*int `json:"rules"`
	// Stages are the numbers that stages have led to.
	Stages map[string]int `json:"stages"`
	// Missing are the signals without a value that rules use, in any order.
	Missing []string `json:"missing"`
	// Error is the text of the error that refuses the decision.
	Error string `json:"error"`
	// Faults are those of a policy that can't be compiled, each as "path: message".
	Faults []string `json:"faults"`
}

// decodeExpected reads what is expected. What would never be compared is a fault: an
// expectation that can't fail says nothing.
func decodeExpected(data any) (Expected, []policy.Fault) {
	var expected Expected
	path := []string{"expected"}
	members, ok := data.(map[string]any)
	switch {
	case data == nil:
		return expected, []policy.Fault{{Path: path, Message: "is needed: what the decision must be, for example { \"desired\": 6 }"}}
	case !ok:
		return expected, []policy.Fault{{Path: path, Message: "must be an object"}}
	case len(members) == 0:
		return expected, []policy.Fault{{Path: path, Message: "expects nothing; " + thereIs(argumentsOf(expected))}}
	}
	faults := decode(data, &expected, path...)
	if len(faults) == 0 {
		faults = slices.Concat(nulls(members), expected.inapt(members))
	}
	if recommended, there := members["recommended"]; there {
		expected.NotRecommended = recommended == nil
	}
	rules, _ := members["rules"].(map[string]any)
	for name, proposal := range rules {
		switch { // The decoder has left out what is null.
		case proposal != nil:
		case expected.Rules == nil:
			expected.Rules = map[string]*int{name: nil}
		default:
			expected.Rules[name] = nil
		}
	}
	return expected, faults
}

// nulls reports those that mean nothing.
func nulls(members map[string]any) []policy.Fault {
	var faults []policy.Fault
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if members[name] == nil && name != "recommended" {
			faults = append(faults, policy.Fault{Path: []string{"expected", name}, Message: "must not be null; leave out what isn't compared"})
		}
	}
	stages, _ := members["stages"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(stages)) {
		if stages[name] == nil {
			faults = append(faults, policy.Fault{Path: []string{"expected", "stages", name}, Message: "must be a number"})
		}
	}
	return faults
}

// inapt reports what can't be, or isn't, compared.
func (e Expected) inapt(members map[string]any) []policy.Fault {
	var faults []policy.Fault
	fault := func(name, format string, args ...any) {
		faults = append(faults, policy.Fault{Path: []string{"expected", name}, Message: fmt.Sprintf(format, args...)})
	}
	oneOf := func(name, value string, allowed []string) {
		if members[name] != nil && !slices.Contains(allowed, value) {
			fault(name, "there is no %s %q; %ss are %s", name, value, name, strings.Join(allowed, ", "))
		}
	}
	oneOf("direction", string(e.Direction), policy.Directions())
	oneOf("reason", string(e.Reason), policy.Reasons())
	if members["sentence"] != nil && e.Sentence == "" {
		fault("sentence", "must not be empty; leave out what isn't compared")
	}
	for _, name := range []string{"rules", "stages"} {
		if object, ok := members[name].(map[string]any); ok && len(object) == 0 {
			fault(name, "must not be empty; leave out what isn't compared")
		}
	}
	if len(e.Faults) > 0 && len(members) > 1 {
		fault("faults", "must stand alone: of a policy with faults there is no decision to compare with the rest")
	}
	return faults
}

// unknown reports names that the policy doesn't have, in the order of what is expected.
func (e Expected) unknown(spec policy.Spec, d policy.Decision) []string {
	var all []string
	check := func(member, noun string, names, known []string) {
		for _, name := range names {
			switch {
			case slices.Contains(known, name):
			case len(known) == 0:
				all = append(all, fmt.Sprintf("expected.%s: there is no %s %q; the policy has no %ss", member, noun, name, noun))
			default:
				all = append(all, fmt.Sprintf("expected.%s: there is no %s %q; %ss are %s", member, noun, name, noun, strings.Join(known, ", ")))
			}
		}
	}
	check("schedules", "schedule", e.Schedules, slices.Sorted(maps.Keys(spec.Schedules)))
	check("rules", "rule", slices.Sorted(maps.Keys(e.Rules)), slices.Sorted(maps.Keys(spec.Rules)))
	check("stages", "stage", slices.Sorted(maps.Keys(e.Stages)), stageNames(d))
	check("missing", "signal", e.Missing, slices.Sorted(maps.Keys(spec.Signals)))
	return all
}

func stageNames(d policy.Decision) []string {
	var names []string
	for _, stage := range d.Trace.Stages {
		names = append(names, stage.Stage)
	}
	return names
}

// differences says in what a decision differs from what is expected.
func (e Expected) differences(spec policy.Spec, d policy.Decision) []string {
	if unknown := e.unknown(spec, d); len(unknown) > 0 {
		return unknown
	}
	var all []string
	note := func(text string) {
		if text != "" {
			all = append(all, text)
		}
	}
	for what, pair := range map[string]struct {
		want *int
		got  int
	}{
		"desired": {e.Desired, d.Desired}, "min": {e.Min, d.Trace.Min}, "max": {e.Max, d.Trace.Max},
	} {
		if pair.want != nil {
			note(difference(what, *pair.want, pair.got))
		}
	}
	if e.Schedules != nil {
		note(difference("schedules", listed(e.Schedules), listed(d.Trace.Schedules)))
	}
	if e.Recommended != nil || e.NotRecommended {
		note(difference("recommended", shown(e.Recommended), shown(d.Recommended)))
	}
	if e.Missing != nil {
		note(difference("missing", listed(e.Missing), listed(missing(d))))
	}
	for what, pair := range map[string][2]string{
		"direction": {string(e.Direction), string(d.Direction)},
		"reason":    {string(e.Reason), string(d.Reason)},
		"sentence":  {e.Sentence, d.Sentence},
	} {
		if pair[0] != "" {
			note(difference(what, pair[0], pair[1]))
		}
	}
	note(e.refusal(d))
	all = append(all, e.traced(d.Trace)...)
	slices.Sort(all)
	if len(all) > 0 {
		all = append(all, fmt.Sprintf("the decision was %q", d.Sentence))
	}
	return all
}

// refusal compares errors. A decision that is refused unexpectedly is a difference
// whatever else is expected.
func (e Expected) refusal(d policy.Decision) string {
	text := ""
	if err := d.Err(); err != nil {
		text = err.Error()
	}
	return difference("error", orNone(e.Error), orNone(text))
}

func (e Expected) traced(trace policy.Trace) []string {
	var all []string
	proposals := make(map[string]*int)
	for _, rule := range trace.Rules {
		proposals[rule.Rule] = rule.Proposal
	}
	for _, name := range slices.Sorted(maps.Keys(e.Rules)) {
		if text := difference("rule "+name, shown(e.Rules[name]), shown(proposals[name])); text != "" {
			all = append(all, text)
		}
	}
	outcomes := make(map[string]int)
	for _, stage := range trace.Stages {
		outcomes[stage.Stage] = stage.Out
	}
	for _, name := range slices.Sorted(maps.Keys(e.Stages)) {
		if text := difference("stage "+name, e.Stages[name], outcomes[name]); text != "" {
			all = append(all, text)
		}
	}
	return all
}

func missing(d policy.Decision) []string {
	var names []string
	for _, one := range d.Missing {
		names = append(names, one.Signal)
	}
	return names
}

func shown(n *int) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(*n)
}

// listed writes names whose order doesn't matter.
func listed(names []string) string {
	return orNone(strings.Join(slices.Sorted(slices.Values(names)), ", "))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func lines(texts []string) string { return strings.Join(texts, " | ") }

func difference[T comparable](what string, want, got T) string {
	if want == got {
		return ""
	}
	return fmt.Sprintf("%s: want %v, got %v", what, want, got)
}
