package policy_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

func TestCompile_faults(t *testing.T) {
	t.Parallel()
	type fault = policy.Fault
	tests := map[string]struct {
		spec policy.Spec
		want []fault
	}{
		"a negative minimum": {
			policy.Spec{Min: -1, Max: 3},
			[]fault{{[]string{"min_servers"}, "must be 0 or more, not -1"}},
		},
		"a maximum below the minimum": {
			policy.Spec{Min: 4, Max: 3},
			[]fault{{[]string{"max_servers"}, "must not be below min_servers: 3 is below 4"}},
		},
		"a maximum that no group can have": {
			policy.Spec{Max: math.MaxInt},
			[]fault{{[]string{"max_servers"}, "must be at most 2147483647"}},
		},
		"names that no expression could use": {
			policy.Spec{
				Signals: map[string]policy.Signal{"a-b": {}},
				Rules:   map[string]policy.Rule{"1st": number(1)},
			},
			[]fault{
				{[]string{"rules", "1st"}, `"1st" is not a valid name: use 1 to 64 letters, digits and underscores, and don't begin with a digit`},
				{[]string{"signals", "a-b"}, `"a-b" is not a valid name: use 1 to 64 letters, digits and underscores, and don't begin with a digit`},
			},
		},
		"a literal that is no number": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {Literal: new(math.Inf(1))}}},
			[]fault{{[]string{"signals", "x", "literal"}, "must be a finite number"}},
		},
		"a literal with what only a measured signal has": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {
				Literal: new(1.0), OnMissing: policy.OnMissingFallback, Fallback: new(1), MaxAge: time.Second,
			}}},
			[]fault{
				{[]string{"signals", "x", "fallback"}, "has no meaning for a literal, which is never missing; remove it"},
				{[]string{"signals", "x", "max_age"}, "has no meaning for a literal, which has no age; remove it"},
				{[]string{"signals", "x", "on_missing"}, "has no meaning for a literal, which is never missing; remove it"},
			},
		},
		"an unknown treatment of missing data": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {OnMissing: "panic"}}},
			[]fault{{[]string{"signals", "x", "on_missing"}, `must be one of hold_scale_in, ignore, fail, fallback, not "panic"`}},
		},
		"a fallback that is missing": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {OnMissing: policy.OnMissingFallback}}},
			[]fault{{[]string{"signals", "x", "fallback"}, `is needed with on_missing = "fallback": the number of servers to ask for`}},
		},
		"a fallback that is never used": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {Fallback: new(2)}}},
			[]fault{{[]string{"signals", "x", "fallback"}, `is used only with on_missing = "fallback"`}},
		},
		"negative fallback and age": {
			policy.Spec{Signals: map[string]policy.Signal{"x": {
				OnMissing: policy.OnMissingFallback, Fallback: new(-2), MaxAge: -time.Second,
			}}},
			[]fault{
				{[]string{"signals", "x", "fallback"}, "must be 0 or more, not -2"},
				{[]string{"signals", "x", "max_age"}, "must not be negative"},
			},
		},
		"rules of no kind and of two kinds": {
			policy.Spec{
				Signals: map[string]policy.Signal{"x": {}},
				Rules: map[string]policy.Rule{
					"none": {},
					"two":  {Target: ruleOf("x", 1, "").Target, Value: number(1).Value},
				},
			},
			[]fault{
				{[]string{"rules", "none"}, "must have one of target, step and value"},
				{[]string{"rules", "two"}, "must have one of target, step and value, not several"},
			},
		},
		"a signal that isn't declared": {
			policy.Spec{
				Signals: map[string]policy.Signal{"cpu": {}, "jobs": {}},
				Rules:   map[string]policy.Rule{"a": ruleOf("cqu", 1, ""), "b": passing("job")},
			},
			[]fault{
				{[]string{"rules", "a", "target", "signal"}, `signal "cqu" is not declared in signals, which has cpu, jobs`},
				{[]string{"rules", "b", "value", "signal"}, `signal "job" is not declared in signals, which has cpu, jobs`},
			},
		},
		"a signal where none is declared": {
			policy.Spec{Rules: map[string]policy.Rule{"a": passing("cpu")}},
			[]fault{{[]string{"rules", "a", "value", "signal"}, `signal "cpu" is not declared: signals is empty`}},
		},
		"targets that can't be reached": {
			policy.Spec{
				Signals: map[string]policy.Signal{"x": {}},
				Rules: map[string]policy.Rule{
					"nan":  ruleOf("x", math.NaN(), ""),
					"type": ruleOf("x", 1, "median"),
					"zero": ruleOf("x", 0, policy.TargetPlain),
				},
			},
			[]fault{
				{[]string{"rules", "nan", "target", "target_value"}, "must be a number above 0"},
				{[]string{"rules", "type", "target", "target_type"}, `must be one of average, value, utilization, not "median"`},
				{[]string{"rules", "zero", "target", "target_value"}, "must be a number above 0"},
			},
		},
		"tolerances out of range": {
			policy.Spec{
				Signals: map[string]policy.Signal{"x": {}},
				Rules: map[string]policy.Rule{"a": {Target: &policy.Target{
					Signal: "x", Value: 1, Tolerance: policy.Tolerance{Out: new(-0.1), In: new(1.5)},
				}}},
			},
			[]fault{
				{[]string{"rules", "a", "target", "tolerance", "in"}, "must be at most 1: no signal is further below its target than that"},
				{[]string{"rules", "a", "target", "tolerance", "out"}, "must be a number of 0 or more"},
			},
		},
		"values of no kind, of two kinds and below zero": {
			policy.Spec{
				Signals: map[string]policy.Signal{"x": {}},
				Rules: map[string]policy.Rule{
					"less": number(-1),
					"none": {Value: &policy.Value{}},
					"two":  {Value: &policy.Value{Signal: "x", Number: new(1.0)}},
				},
			},
			[]fault{
				{[]string{"rules", "less", "value", "number"}, "must be a number of 0 or more"},
				{[]string{"rules", "none", "value"}, "must have one of signal and number"},
				{[]string{"rules", "two", "value"}, "must have one of signal and number, not both"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled, err := policy.Compile(test.spec)
			var got *policy.SpecError
			if !errors.As(err, &got) || compiled != nil {
				t.Fatalf("got %v, %v; want a SpecError and no policy", compiled, err)
			}
			if diff := cmp.Diff(test.want, got.Faults); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpecError_Error(t *testing.T) {
	t.Parallel()
	_, err := policy.Compile(policy.Spec{Min: -1, Rules: map[string]policy.Rule{"a": {}}})
	want := "min_servers: must be 0 or more, not -1\nrules.a: must have one of target, step and value"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
