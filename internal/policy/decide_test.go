package policy_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// TestPolicy_Decide_field reproduces published cases of other engines.
func TestPolicy_Decide_field(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule    policy.Rule
		signal  float64
		current int
		want    int
	}{
		// k8s.io/kubernetes/pkg/controller/podautoscaler, replica_calculator_test.go
		"HPA external value, out":            {ruleOf("s", 4400, policy.TargetPlain), 8600, 1, 2},
		"HPA external value, in":             {ruleOf("s", 14334, policy.TargetPlain), 8600, 5, 3},
		"HPA external value, tolerance":      {ruleOf("s", 8888, policy.TargetPlain), 8600, 3, 3},
		"HPA external average, out":          {ruleOf("s", 2150, policy.TargetAverage), 8600, 3, 4},
		"HPA external average, in":           {ruleOf("s", 2867, policy.TargetAverage), 8600, 5, 3},
		"HPA external average, tolerance":    {ruleOf("s", 2900, policy.TargetAverage), 8600, 3, 3},
		"HPA utilization, out":               {ruleOf("s", 30, policy.TargetUtilization), 50, 3, 5},
		"HPA utilization, in":                {ruleOf("s", 50, policy.TargetUtilization), 28, 5, 3},
		"HPA double of the target":           {ruleOf("s", 100, policy.TargetPlain), 200, 4, 8},
		"HPA half of the target":             {ruleOf("s", 100, policy.TargetPlain), 50, 4, 2},
		"HPA rounds up on the way in":        {ruleOf("s", 100, policy.TargetPlain), 80, 3, 3},
		"HPA value at zero, no tolerance":    {ruleOf("s", 100, policy.TargetPlain), 105, 0, 2},
		"HPA average at zero":                {ruleOf("s", 1000, policy.TargetAverage), 2500, 0, 3},
		"HPA upper end of the band is in it": {ruleOf("s", 60, policy.TargetPlain), 66, 10, 10},
		"HPA lower end of the band is in it": {ruleOf("s", 60, policy.TargetPlain), 54, 10, 10},
		"HPA just above the band":            {ruleOf("s", 60, policy.TargetPlain), 66.01, 10, 12},
		"HPA just below the band":            {ruleOf("s", 60, policy.TargetPlain), 53.9, 10, 9},
		// Google Cloud's worked example of several signals
		"MIG utilization":         {exactly(ruleOf("s", 80, policy.TargetUtilization)), 50, 10, 7},
		"MIG load balancing":      {exactly(ruleOf("s", 60, policy.TargetUtilization)), 40, 10, 7},
		"MIG custom metric":       {exactly(ruleOf("s", 1000, policy.TargetPlain)), 1100, 10, 11},
		"MIG second metric":       {exactly(ruleOf("s", 2000, policy.TargetPlain)), 2700, 10, 14},
		"MIG schedule":            {number(15), 0, 10, 15},
		"RightScale queue":        {ruleOf("s", 10, policy.TargetAverage), 50, 1, 5},
		"Nomad pass-through":      {passing("s"), 7, 3, 7},
		"a part of a server":      {passing("s"), 6.1, 3, 7},
		"13.000000000000002 jobs": {passing("s"), 13.000000000000002, 3, 13},
		"0.1 + 0.2 of 0.3":        {exactly(ruleOf("s", 0.1, policy.TargetAverage)), 0.30000000000000004, 5, 3},
		"a true zero":             {ruleOf("s", 10, policy.TargetAverage), 0, 4, 0},
		"a negative signal":       {ruleOf("s", 10, policy.TargetAverage), -30, 4, 0},
		"more than an int holds":  {ruleOf("s", 1e-300, policy.TargetAverage), 1e300, 4, 1000},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled := compile(t, policy.Spec{
				Max:     1000,
				Signals: map[string]policy.Signal{"s": {}},
				Rules:   map[string]policy.Rule{"r": test.rule},
			})
			decision := compiled.Decide(policy.Snapshot{
				Now: now(), Basis: running(test.current),
				Signals: map[string]policy.Observation{"s": seen(test.signal)},
			})
			if decision.Desired != test.want {
				t.Errorf("got %q, want %d", decision.Sentence, test.want)
			}
		})
	}
}

func TestPolicy_Decide_sentence(t *testing.T) {
	t.Parallel()
	type signals = map[string]policy.Signal
	type rules = map[string]policy.Rule
	type observations = map[string]policy.Observation
	requests := policy.Spec{
		Min: 2, Max: 20,
		Signals: signals{"requests": {}},
		Rules:   rules{"load": ruleOf("requests", 1000, "")},
	}
	cpu := policy.Spec{
		Min: 1, Max: 20,
		Signals: signals{"cpu": {}},
		Rules:   rules{"cpu": ruleOf("cpu", 60, policy.TargetUtilization)},
	}
	queue := func(onMissing policy.OnMissing, fallback *int) policy.Spec {
		return policy.Spec{
			Min: 1, Max: 20,
			Signals: signals{"queue": {OnMissing: onMissing, Fallback: fallback, MaxAge: 5 * time.Minute}},
			Rules:   rules{"queue": ruleOf("queue", 10, "")},
		}
	}
	both := policy.Spec{
		Min: 1, Max: 20,
		Signals: signals{"queue": {}, "requests": {}},
		Rules:   rules{"load": ruleOf("requests", 1000, ""), "backlog": ruleOf("queue", 10, "")},
	}
	literal := policy.Spec{
		Min: 2, Max: 20,
		Signals: signals{"cpu": {OnMissing: policy.OnMissingFail}, "floor": {Literal: new(3.0)}},
		Rules:   rules{"cpu": ruleOf("cpu", 60, policy.TargetPlain), "floor": passing("floor")},
	}
	refused := failed("connection refused")
	tests := map[string]struct {
		spec     policy.Spec
		snapshot policy.Snapshot
		want     string
		reason   policy.Reason
		toward   policy.Direction
	}{
		"out": {
			requests,
			policy.Snapshot{Basis: running(4), Signals: observations{"requests": seen(5310)}},
			"4 -> 6: requests 5310 over 1000 per server (x1.33, tolerance 0.10)",
			policy.ReasonReadyForNewScale, policy.DirectionOut,
		},
		"in": {
			requests,
			policy.Snapshot{Basis: running(6), Signals: observations{"requests": seen(2100.5)}},
			"6 -> 3: requests 2100.5 under 1000 per server (x0.35, tolerance 0.10)",
			policy.ReasonReadyForNewScale, policy.DirectionIn,
		},
		"within the tolerance": {
			requests,
			policy.Snapshot{Basis: running(4), Signals: observations{"requests": seen(4100)}},
			"4: held: requests 4100 at 1000 per server (x1.02, within tolerance 0.10)",
			policy.ReasonWithinTolerance, policy.DirectionHold,
		},
		"rounded up to the current number": {
			cpu,
			policy.Snapshot{Basis: running(3), Signals: observations{"cpu": seen(48)}},
			"3: held: cpu 48 % under 60 % (x0.80, tolerance 0.10), 2.4 servers are rounded up",
			policy.ReasonReadyForNewScale, policy.DirectionHold,
		},
		"a killed server doesn't turn out into in": {
			cpu,
			policy.Snapshot{Basis: policy.Basis{Intended: 6, InService: 3}, Signals: observations{"cpu": seen(78)}},
			"6: held: cpu 78 % over 60 % (x1.30, tolerance 0.10, 3 in service)",
			policy.ReasonReadyForNewScale, policy.DirectionHold,
		},
		"no server in service": {
			cpu,
			policy.Snapshot{Basis: policy.Basis{Intended: 6}, Signals: observations{"cpu": seen(0)}},
			"6: held: cpu 0 % for 60 % can't be weighed: no server is in service",
			policy.ReasonNoServerInService, policy.DirectionHold,
		},
		"from zero": {
			policy.Spec{Max: 5, Signals: requests.Signals, Rules: requests.Rules},
			policy.Snapshot{Signals: observations{"requests": seen(1500)}},
			"0 -> 2: requests 1500 for 1000 per server",
			policy.ReasonReadyForNewScale, policy.DirectionOut,
		},
		"limited by the maximum": {
			requests,
			policy.Snapshot{Basis: running(4), Signals: observations{"requests": seen(31000)}},
			"4 -> 20: requests 31000 over 1000 per server (x7.75, tolerance 0.10); max_servers limited 31 -> 20",
			policy.ReasonTooManyReplicas, policy.DirectionOut,
		},
		"held at the maximum": {
			requests,
			policy.Snapshot{Basis: running(20), Signals: observations{"requests": seen(31000)}},
			"20: held: requests 31000 over 1000 per server (x1.55, tolerance 0.10); max_servers limited 31 -> 20",
			policy.ReasonTooManyReplicas, policy.DirectionOut,
		},
		"no data": {
			queue("", nil),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": refused}},
			"3: held: queue has no data (connection refused), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"bounds are repaired without any data": {
			requests,
			policy.Snapshot{Basis: running(1), Signals: observations{"requests": refused}},
			"1 -> 2: requests has no data (connection refused), scale-in is not done without it; min_servers raised 1 -> 2",
			policy.ReasonTooFewReplicas, policy.DirectionHold,
		},
		"one without data forbids the other's scale-in": {
			both,
			policy.Snapshot{Basis: running(4), Signals: observations{"queue": refused, "requests": seen(1000)}},
			"4: held: queue has no data (connection refused), scale-in is not done without it",
			policy.ReasonFailedGetExternalMetric, policy.DirectionHold,
		},
		"one without data allows the other's scale-out": {
			both,
			policy.Snapshot{Basis: running(4), Signals: observations{"queue": refused, "requests": seen(8000)}},
			"4 -> 8: requests 8000 over 1000 per server (x2.00, tolerance 0.10); queue has no data (connection refused)",
			policy.ReasonReadyForNewScale, policy.DirectionOut,
		},
		"of two that hold, the one with data explains": {
			both,
			policy.Snapshot{Basis: running(4), Signals: observations{"queue": refused, "requests": seen(4000)}},
			"4: held: requests 4000 at 1000 per server (x1.00, within tolerance 0.10); queue has no data (connection refused)",
			policy.ReasonWithinTolerance, policy.DirectionHold,
		},
		"below zero is none": {
			policy.Spec{Max: 5, Signals: signals{"forecast": {}}, Rules: rules{"ahead": passing("forecast")}},
			policy.Snapshot{Basis: running(4), Signals: observations{"forecast": seen(-3.5)}},
			"4 -> 0: forecast -3.5 asks for 0",
			policy.ReasonReadyForNewScale, policy.DirectionIn,
		},
		"ignored": {
			queue(policy.OnMissingIgnore, nil),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": refused}},
			"3: held: queue has no data (connection refused) and is ignored",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"fallback": {
			queue(policy.OnMissingFallback, new(5)),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": refused}},
			"3 -> 5: queue has no data (connection refused), its fallback is 5",
			policy.ReasonFallback, policy.DirectionOut,
		},
		"required": {
			queue(policy.OnMissingFail, nil),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": refused}},
			"3: held: queue has no data (connection refused), which is required",
			policy.ReasonSignalRequired, policy.DirectionHold,
		},
		"no sample": {
			queue("", nil),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": {}}},
			"3: held: queue has no data (it returned no sample), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"not a number": {
			queue("", nil),
			policy.Snapshot{Basis: running(3), Signals: observations{"queue": seen(math.NaN())}},
			"3: held: queue has no data (its newest sample is not a finite number), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"too old": {
			queue("", nil),
			policy.Snapshot{Now: now().Add(time.Hour), Basis: running(3), Signals: observations{"queue": seen(1)}},
			"3: held: queue has no data (its newest sample is older than max_age 5m), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"only the newest sample counts": {
			queue("", nil),
			policy.Snapshot{Now: now(), Basis: running(3), Signals: observations{"queue": seen(900, 1, 10)}},
			"3 -> 1: queue 10 under 10 per server (x0.33, tolerance 0.10)",
			policy.ReasonReadyForNewScale, policy.DirectionIn,
		},
		"a required signal that nobody has looked at": {
			queue(policy.OnMissingFail, nil),
			policy.Snapshot{
				Basis:   running(3),
				Signals: observations{"queue": {Pending: "it was edited since the last refresh"}},
			},
			"3: held: queue has no data yet (it was edited since the last refresh), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"no fallback before anyone has looked": {
			queue(policy.OnMissingFallback, new(9)),
			policy.Snapshot{Basis: running(3)},
			"3: held: queue has no data yet (it has not been looked at yet), scale-in is not done without it",
			policy.ReasonNoUsableSignal, policy.DirectionHold,
		},
		"creation": {
			requests,
			policy.Snapshot{Unseen: policy.NoGroupYet},
			"2: no group exists yet; it starts with min_servers",
			policy.ReasonTooFewReplicas, policy.DirectionHold,
		},
		"creation with a literal": {
			literal,
			policy.Snapshot{Unseen: policy.NoGroupYet},
			"3: no group exists yet; floor 3 asks for 3",
			policy.ReasonReadyForNewScale, policy.DirectionOut,
		},
		"the decided number is held without a group": {
			literal,
			policy.Snapshot{Unseen: policy.NoGroupYet, Basis: policy.Basis{Intended: 5}},
			"5: held: no group exists yet",
			policy.ReasonGroupUnseen, policy.DirectionHold,
		},
		"no rules": {
			policy.Spec{Min: 1, Max: 5},
			policy.Snapshot{Basis: running(9)},
			"9 -> 5: there are no rules; max_servers limited 9 -> 5",
			policy.ReasonTooManyReplicas, policy.DirectionHold,
		},
		"a rule is heard in the decision that repairs": {
			policy.Spec{Min: 1, Max: 5, Rules: rules{"night": number(2)}},
			policy.Snapshot{Basis: running(9)},
			"9 -> 2: rule night asks for 2",
			policy.ReasonReadyForNewScale, policy.DirectionIn,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decision := compile(t, test.spec).Decide(test.snapshot)
			if decision.Sentence != test.want {
				t.Errorf("got  %s\nwant %s", decision.Sentence, test.want)
			}
			if decision.Reason != test.reason || decision.Direction != test.toward {
				t.Errorf("got %s %s, want %s %s", decision.Reason, decision.Direction, test.reason, test.toward)
			}
		})
	}
}

func TestDecision_Err(t *testing.T) {
	t.Parallel()
	compiled := compile(t, policy.Spec{
		Min: 1, Max: 9,
		Signals: map[string]policy.Signal{
			"a": {OnMissing: policy.OnMissingFail}, "b": {}, "idle": {OnMissing: policy.OnMissingFail},
		},
		Rules: map[string]policy.Rule{"a": passing("a"), "b": passing("b")},
	})
	snapshot := policy.Snapshot{Basis: running(3), Signals: map[string]policy.Observation{
		"a": failed("timeout"), "b": failed("refused"), "idle": failed("gone"),
	}}
	decision := compiled.Decide(snapshot)
	var required *policy.RequiredError
	if !errors.As(decision.Err(), &required) {
		t.Fatalf("got %v, want a RequiredError", decision.Err())
	}
	want := []policy.Missing{{Signal: "a", Cause: "timeout", Required: true}}
	if diff := cmp.Diff(want, required.Missing); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
	if got, want := required.Error(), `signal "a" has no data (timeout); its on_missing is "fail"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	snapshot.Signals["a"] = seen(3)
	if err := compiled.Decide(snapshot).Err(); err != nil {
		t.Errorf("got %v although the signal has a value", err)
	}
}

func TestDecision_JSON(t *testing.T) {
	t.Parallel()
	decision := compile(t, policy.Spec{
		Min: 2, Max: 5,
		Signals: map[string]policy.Signal{"queue": {}, "requests": {}},
		Rules:   map[string]policy.Rule{"load": ruleOf("requests", 1000, ""), "queue": passing("queue")},
	}).Decide(policy.Snapshot{
		Now: now(), Basis: policy.Basis{Intended: 4, InService: 3},
		Signals: map[string]policy.Observation{"requests": seen(5310), "queue": failed("timeout")},
	})
	want := `{
		"desired": 5, "direction": "out", "reason": "TooManyReplicas",
		"sentence": "4 -> 5: requests 5310 over 1000 per server (x1.33, tolerance 0.10); queue has no data (timeout); max_servers limited 6 -> 5",
		"missing": [{"signal": "queue", "cause": "timeout"}],
		"trace": {
			"current": 4, "in_service": 3, "min_servers": 2, "max_servers": 5,
			"signals": [{"signal": "queue", "cause": "timeout"}, {"signal": "requests", "value": 5310, "data": "newest sample"}],
			"rules": [
				{"rule": "load", "signal": "requests", "value": 5310, "formula": "ceil(5310 / 1000) = 6", "proposal": 6, "unrounded": 5.31, "reason": "ReadyForNewScale", "won": true,
				 "detail": "requests 5310 over 1000 per server (x1.33, tolerance 0.10)",
				 "change": "scales out above 4400, in at 3000 or below"},
				{"rule": "queue", "signal": "queue", "proposal": 4, "reason": "FailedGetExternalMetric",
				 "detail": "queue has no data (timeout), scale-in is not done without it"}
			],
			"stages": [
				{"stage": "repair", "in": 4, "out": 4, "reason": "DesiredWithinRange"},
				{"stage": "servers", "in": 4, "out": 4, "reason": "ReadyForNewScale"},
				{"stage": "signals", "in": 4, "out": 4, "reason": "FailedGetExternalMetric", "detail": "queue has no data (timeout)"},
				{"stage": "rules", "in": 4, "out": 6, "reason": "ReadyForNewScale",
				 "detail": "requests 5310 over 1000 per server (x1.33, tolerance 0.10)"},
				{"stage": "stabilization", "in": 6, "out": 6, "reason": "ReadyForNewScale"},
				{"stage": "projection", "in": 6, "out": 6, "reason": "ReadyForNewScale"},
				{"stage": "cooldown", "in": 6, "out": 6, "reason": "ReadyForNewScale"},
				{"stage": "max_change", "in": 6, "out": 6, "reason": "ReadyForNewScale"},
				{"stage": "bounds", "in": 6, "out": 5, "reason": "TooManyReplicas", "detail": "max_servers limited 6 -> 5"},
				{"stage": "mode", "in": 5, "out": 5, "reason": "ReadyForNewScale"}
			]
		}
	}`
	if diff := cmp.Diff(decode(t, want), decode(t, decision.JSON())); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return value
}

func BenchmarkPolicy_Decide(b *testing.B) {
	compiled := compile(b, policy.Spec{
		Min: 1, Max: 100,
		Signals: map[string]policy.Signal{"cpu": {}, "floor": {Literal: new(3.0)}, "requests": {}},
		Rules: map[string]policy.Rule{
			"cpu":   ruleOf("cpu", 60, policy.TargetUtilization),
			"floor": passing("floor"),
			"load":  ruleOf("requests", 1000, ""),
		},
	})
	snapshot := policy.Snapshot{Now: now(), Basis: running(10), Signals: map[string]policy.Observation{
		"cpu": seen(71.5), "requests": seen(12345),
	}}
	b.ReportAllocs()
	for b.Loop() {
		compiled.Decide(snapshot)
	}
}
