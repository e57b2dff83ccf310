package scenario_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

// watched has a signal of every kind.
const watched = `{
	"min_servers": 1, "max_servers": 9,
	"signals": {
		"load": { "period": "1m" }, "jobs": {}, "cpu": { "period": "1m", "per_server": {} },
		"fixed": { "literal": 3 }, "sum": { "expression": "jobs + 1" }
	},
	"rules": { "load": { "target": { "signal": "load", "target_value": 10 } } }
}`

// alone returns the only case of a file.
func alone(t *testing.T, written string) scenario.Case {
	t.Helper()
	cases, err := scenario.Load(fstest.MapFS{"file.json": {Data: []byte(`{ "cases": [` + written + `] }`)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 1 {
		t.Fatalf("there are %d cases, want 1", len(cases))
	}
	return cases[0]
}

func differs(t *testing.T, written, want string) {
	t.Helper()
	if got := alone(t, written).Difference(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCase_expected(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ expected, want string }{
		"all of it": {`{ "desired": 4, "direction": "hold", "rules": { "load": 4 }, "stages": { "bounds": 4 }, "missing": [], "error": "", "recommended": null, "min": 1, "max": 9, "schedules": [] }`, ""},
		"nothing":   {`{}`, "expected: expects nothing; there is desired, direction, reason, sentence, recommended, min, max, schedules, rules, stages, missing, error, faults"},
		"none":      {`null`, `expected: is needed: what the decision must be, for example { "desired": 6 }`},
		"no object": {`4`, "expected: must be an object"},
		"an unknown member": {
			`{ "desird": 4 }`,
			"expected: has no argument desird; there is desired, direction, reason, sentence, recommended, min, max, schedules, rules, stages, missing, error, faults",
		},
		"a text for a number": {`{ "desired": "4" }`, "expected.desired: must be a number"},
		"a fraction":          {`{ "desired": 4.5 }`, "expected.desired: must be a whole number"},
		"null":                {`{ "desired": null }`, "expected.desired: must not be null; leave out what isn't compared"},
		"null for a stage":    {`{ "stages": { "bounds": null } }`, "expected.stages.bounds: must be a number"},
		"an unknown stage": {
			`{ "stages": { "stabilisation": 0 } }`,
			`expected.stages: there is no stage "stabilisation"; stages are repair, servers, signals, rules, stabilization, projection, cooldown, max_change, bounds, mode`,
		},
		"an unknown rule without an opinion": {`{ "rules": { "typo": null } }`, `expected.rules: there is no rule "typo"; rules are load`},
		"an unknown rule":                    {`{ "rules": { "typo": 4 } }`, `expected.rules: there is no rule "typo"; rules are load`},
		"an unknown signal":                  {`{ "missing": ["typo"] }`, `expected.missing: there is no signal "typo"; signals are cpu, fixed, jobs, load, sum`},
		"an unknown schedule":                {`{ "schedules": ["typo"] }`, `expected.schedules: there is no schedule "typo"; the policy has no schedules`},
		"other bounds":                       {`{ "min": 0, "max": 8 }`, `max: want 8, got 9; min: want 0, got 1; the decision was "4: held: load 40 at 10 per server (x1.00, within tolerance 0.10)"`},
		"a recommendation that isn't there":  {`{ "recommended": 5 }`, `recommended: want 5, got none; the decision was "4: held: load 40 at 10 per server (x1.00, within tolerance 0.10)"`},
		"an unknown direction":               {`{ "direction": "up" }`, `expected.direction: there is no direction "up"; directions are out, in, hold`},
		"an unknown reason": {
			`{ "reason": "Within" }`,
			`expected.reason: there is no reason "Within"; reasons are Cooldown, FailedGetExternalMetric, Fallback, GroupUnseen, IncompleteMetric, NoOpinion, NoRules, NoServerInService, NoUsableSignal, ReadyForNewScale, RecommendOnly, ScaleDownLimit, ScaleDownStabilized, ScaleInProjected, ScaleOutOnly, ScaleUpLimit, ScaleUpStabilized, ScheduleInactive, SignalRequired, TooFewReplicas, TooManyReplicas, Warmup, WithinTolerance`,
		},
		"a sentence that says nothing": {`{ "sentence": "" }`, "expected.sentence: must not be empty; leave out what isn't compared"},
		"no rules":                     {`{ "rules": {} }`, "expected.rules: must not be empty; leave out what isn't compared"},
		"no stages":                    {`{ "stages": {} }`, "expected.stages: must not be empty; leave out what isn't compared"},
		"faults beside a decision":     {`{ "desired": 4, "faults": ["x: y"] }`, "expected.faults: must stand alone: of a policy with faults there is no decision to compare with the rest"},
		"faults of a good policy":      {`{ "faults": ["x: y"] }`, "faults: want x: y, got none"},
		"no faults":                    {`{ "faults": [] }`, ""},
		"another number": {
			`{ "desired": 5, "rules": { "load": null } }`,
			`desired: want 5, got 4; rule load: want none, got 4; the decision was "4: held: load 40 at 10 per server (x1.00, within tolerance 0.10)"`,
		},
		"an error that isn't there": {`{ "error": "no" }`, `error: want no, got none; the decision was "4: held: load 40 at 10 per server (x1.00, within tolerance 0.10)"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			differs(t, fmt.Sprintf(`{ "name": "x", "policy": %s, "snapshot": { "current": 4, "signals": { "load": 40 } }, "expected": %s }`, watched, test.expected), test.want)
		})
	}
}

func TestCase_snapshot(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ snapshot, want string }{
		"a good one": {`{ "current": 4, "signals": { "load": [null, 40], "jobs": { "samples": [{ "age": "0s", "value": 0 }] }, "cpu": { "servers": { "a": [5, null], "b": { "value": 7 } } }, "fixed": null, "sum": null } }`, ""},
		"a list":     {`[]`, "snapshot: a snapshot must be an object; there is now, current, in_service, unseen, servers, signals, changes"},
		"null":       {`null`, `snapshot: is needed: what there is to see, for example { "current": 4, "signals": { "load": 120 } }`},
		"an unknown member": {
			`{ "current": 4, "server": [] }`,
			"snapshot: has no argument server; there is now, current, in_service, unseen, servers, signals, changes",
		},
		"no number of servers": {`{}`, "snapshot.current: is needed: the number of servers that the group is meant to have"},
		"a negative number":    {`{ "current": -1 }`, "snapshot.current: must be 0 or more, not -1: it is the number of servers that the group is meant to have"},
		"a negative number in service": {
			`{ "current": 4, "in_service": -1 }`, "snapshot.in_service: must be 0 or more, not -1: it is the number of servers that carry the load",
		},
		"a sample that is null": {
			`{ "current": 4, "signals": { "load": { "samples": [{ "age": "10s", "value": null }] } } }`,
			"snapshot.signals.load.samples.0.value: is needed: zero is a value, nothing is not; leave the sample out where there was none",
		},
		"a sample without a value": {
			`{ "current": 4, "signals": { "load": { "samples": [{ "age": "10s", "value": 1 }, { "age": "10s" }] } } }`,
			"snapshot.signals.load.samples.1.value: is needed: zero is a value, nothing is not; leave the sample out where there was none",
		},
		"a sample without an age": {
			`{ "current": 4, "signals": { "load": { "samples": [{ "value": 1 }] } } }`,
			"snapshot.signals.load.samples.0.age: is needed: how long ago it was, for example 90s",
		},
		"a server's sample without a value": {
			`{ "current": 4, "signals": { "cpu": { "servers": { "a": { "samples": [{ "age": "10s" }] } } } } }`,
			"snapshot.signals.cpu.servers.a.samples.0.value: is needed: zero is a value, nothing is not; leave the sample out where there was none",
		},
		"a sample of the future": {
			`{ "current": 4, "signals": { "load": { "samples": [{ "age": "-10s", "value": 1 }] } } }`,
			"snapshot.signals.load.samples.0.age: must not be negative: it is how long ago something was",
		},
		"a value of the future": {
			`{ "current": 4, "signals": { "load": { "last_good_age": "-10s" } } }`,
			"snapshot.signals.load.last_good_age: must not be negative: it is how long ago something was",
		},
		"a server of the future": {
			`{ "servers": [{ "id": "a", "age": "-10s" }] }`,
			"snapshot.servers.0.age: must not be negative: it is how long ago something was",
		},
		"a change that says nothing": {
			`{ "current": 4, "changes": [{}] }`,
			"snapshot.changes.0.age: is needed: how long ago it was, for example 90s | snapshot.changes.0.from: is needed: the number of servers before the change | snapshot.changes.0.to: is needed: the number of servers after it",
		},
		"a change of the future, to less than nothing": {
			`{ "current": 4, "changes": [{ "age": "-1m", "from": 1, "to": -1 }] }`,
			"snapshot.changes.0.age: must not be negative: it is how long ago something was | snapshot.changes.0.to: must be 0 or more, not -1: it is the number of servers after it",
		},
		"a server without an id":    {`{ "servers": [{ "age": "1m" }] }`, "snapshot.servers.0.id: is needed"},
		"two servers of one id":     {`{ "servers": [{ "id": "a" }, { "id": "b" }, { "id": "a" }] }`, `snapshot.servers.2.id: "a" is the id of servers.0 already; every server has its own`},
		"a state that there isn't":  {`{ "servers": [{ "id": "a", "state": "gone" }] }`, `snapshot.servers.0.state: must be one of in_service, pending, leaving, not "gone"`},
		"servers that are no list":  {`{ "current": 4, "servers": { "a": {} } }`, "snapshot.servers: must be a list"},
		"signals that are a list":   {`{ "current": 4, "signals": [] }`, "snapshot.signals: must be an object"},
		"a signal that there isn't": {`{ "current": 4, "signals": { "lod": 1 } }`, "snapshot.signals.lod: is not a signal of the policy; there is cpu, fixed, jobs, load, sum"},
		"a value that is a text":    {`{ "current": 4, "signals": { "load": "many" } }`, `snapshot.signals.load: must be a number, or "NaN", "+Inf" or "-Inf"`},
		"one of a list that is":     {`{ "current": 4, "signals": { "load": [1, "many"] } }`, `snapshot.signals.load.1: must be a number, or "NaN", "+Inf" or "-Inf"`},
		"an error and a value":      {`{ "current": 4, "signals": { "load": { "error": "timeout", "value": 1 } } }`, "snapshot.signals.load: can't have samples together with error, which says that there are none; remove one of them"},
		"an error and servers":      {`{ "current": 4, "signals": { "cpu": { "error": "timeout", "servers": {} } } }`, "snapshot.signals.cpu: can't have samples together with error, which says that there are none; remove one of them"},
		"pending and samples":       {`{ "current": 4, "signals": { "load": { "pending": "new", "samples": [] } } }`, "snapshot.signals.load: can't have samples together with pending, which says that nobody has looked; remove one of them"},
		"pending and an error":      {`{ "current": 4, "signals": { "load": { "pending": "new", "error": "timeout" } } }`, "snapshot.signals.load: can't have both error, which says that a look has failed, and pending, which says that nobody has looked"},
		"servers for the group":     {`{ "current": 4, "signals": { "load": { "servers": { "a": 1 } } } }`, "snapshot.signals.load: is not a signal of single servers, for it has no per_server; write a number, or a list with one for each period"},
		"a number for servers":      {`{ "current": 4, "signals": { "cpu": 50 } }`, `snapshot.signals.cpu: is a signal of single servers (per_server); write for example { "servers": { "a": 10, "b": 12 } }`},
		"a list for servers":        {`{ "current": 4, "signals": { "cpu": [50, 60] } }`, `snapshot.signals.cpu: is a signal of single servers (per_server); write for example { "servers": { "a": 10, "b": 12 } }`},
		"an error of one server":    {`{ "current": 4, "signals": { "cpu": { "servers": { "a": { "error": "timeout" } } } } }`, "snapshot.signals.cpu.servers.a: has no argument error; there is value, series, samples"},
		"a list for a point":        {`{ "current": 4, "signals": { "jobs": [1, 2] } }`, "snapshot.signals.jobs: is a point, of which only the newest sample counts: write a number, or give the signal a period in the policy"},
		"a value for a literal":     {`{ "current": 4, "signals": { "fixed": 1 } }`, "snapshot.signals.fixed: is a literal in the policy and never looked at; remove it here, or the literal there"},
		"a value for an expression": {`{ "current": 4, "signals": { "sum": 1 } }`, "snapshot.signals.sum: is computed from an expression; give the signals that it uses instead"},
		"no time":                   {`{ "current": 4, "now": "noon" }`, `snapshot.now: must be a time such as 2026-03-08T12:00:00Z, not "noon"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			differs(t, fmt.Sprintf(`{ "name": "x", "policy": %s, "snapshot": %s, "expected": { "faults": [], "error": "" } }`, watched, test.snapshot), test.want)
		})
	}
}

func TestCase_policy(t *testing.T) {
	t.Parallel()
	step := func(body string) string {
		return `{ "min_servers": 1, "max_servers": 9, "signals": { "load": {} }, "rules": { "load": { "step": ` + body + ` } } }`
	}
	tests := map[string]struct{ policy, want string }{
		"none":           {`null`, "policy: is needed: in the case, or beside cases for all of them"},
		"no object":      {`[]`, "the policy has faults: a policy must be an object"},
		"without bounds": {`{}`, "the policy has faults: min_servers: is needed | max_servers: is needed"},
		"a step without an adjustment": {
			step(`{ "signal": "load", "threshold": 5, "comparison": "greater_than", "steps": [{ "lower": 0 }] }`),
			"the policy has faults: rules.load.step.steps.0.adjustment: is needed: the servers to add, or the percentage",
		},
		"a step that is null": {
			step(`{ "signal": "load", "threshold": 5, "comparison": "greater_than", "steps": [null] }`),
			"the policy has faults: rules.load.step.steps.0.adjustment: is needed: the servers to add, or the percentage",
		},
		"a step without a threshold": {
			step(`{ "signal": "load", "comparison": "greater_than", "steps": [{ "adjustment": 0 }] }`),
			"the policy has faults: rules.load.step.threshold: is needed: what the signal is compared with",
		},
		"an object for a list": {
			`{ "min_servers": 1, "max_servers": 9, "behavior": { "scale_in": { "max_change": { "count": 1 } } } }`,
			"the policy has faults: behavior.scale_in.max_change: must be a list",
		},
		"a text for an object": {
			`{ "min_servers": 1, "max_servers": 9, "behavior": "slow" }`, "the policy has faults: behavior: must be an object",
		},
		"a list for a map": {`{ "min_servers": 1, "max_servers": 9, "rules": [] }`, "the policy has faults: rules: must be an object"},
		"a wrong form below a name with a dot": {
			`{ "min_servers": 1, "max_servers": 9, "rules": { "a.b": { "target": { "signal": 3, "target": 4 } } } }`,
			"the policy has faults: rules.a.b.target: has no argument target | rules.a.b.target.signal: is not of the form that belongs here",
		},
		"a text for a truth": {`{ "min_servers": 1, "max_servers": 9, "behavior": { "scale_in": { "disabled": "yes" } } }`, "the policy has faults: behavior.scale_in.disabled: must be true or false"},
		"an unknown argument of a signal": {
			`{ "min_servers": 1, "max_servers": 9, "signals": { "load": { "perod": "1m" } } }`,
			"the policy has faults: signals.load: has no argument perod; there is literal, expression, per_server, period, statistic, offset, max_age, on_missing, fallback, fallback_after, fallback_mode, source, query, path, value, time, window, cloudwatch",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			differs(t, fmt.Sprintf(`{ "name": "x", "policy": %s, "snapshot": { "current": 4 }, "expected": { "desired": 4 } }`, test.policy), test.want)
		})
	}
}
