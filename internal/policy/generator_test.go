package policy_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// trials is how many random cases each property is tried on.
const trials = 2000

// generator makes random policies and snapshots; equal seeds make equal ones.
type generator struct{ *rand.Rand }

func generate(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

func forAll(t *testing.T, try func(t *testing.T, g generator)) {
	t.Helper()
	for seed := range uint64(trials) {
		try(t, generate(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// chance is true once in n times.
func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

// oneOf returns one of several values.
func oneOf[T any](g generator, values ...T) T { return values[g.IntN(len(values))] }

// sometimes returns the value half of the time.
func sometimes[T any](g generator, value T) *T {
	if g.chance(2) {
		return nil
	}
	return &value
}

func (g generator) float() float64 {
	switch g.IntN(6) {
	case 0:
		return float64(g.IntN(30))
	case 1:
		return math.Exp(g.Float64()*80 - 40)
	case 2:
		return -g.Float64() * 10
	default:
		return g.Float64() * 100
	}
}

func (g generator) minutes(n int) time.Duration { return time.Duration(g.IntN(n)) * time.Minute }

// names returns the names in a map in their order, which random choices must not
// depend on.
func names[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// target returns a target rule or, now and then, one that passes the signal through.
func (g generator) target(signal string) policy.Rule {
	if g.chance(5) {
		return passing(signal)
	}
	rule := ruleOf(signal, g.Float64()*50+0.01, policy.TargetType(oneOf(g, policy.TargetTypes()...)))
	if g.chance(2) {
		rule.Target.Tolerance = policy.Tolerance{Out: new(g.Float64()), In: new(g.Float64())}
	}
	return rule
}

// adding returns a step rule whose higher steps add more servers.
func (g generator) adding(signal string) policy.Rule {
	step := g.alarm(signal, policy.GreaterThan, policy.GreaterThanOrEqual)
	small := float64(g.IntN(4))
	step.Steps = []policy.Adjustment{
		{Lower: new(0.0), Upper: new(20.0), Adjustment: small},
		{Lower: new(20.0), Adjustment: small + float64(g.IntN(4))},
	}
	return policy.Rule{Step: step}
}

// removing returns a step rule whose lower steps remove more servers.
func (g generator) removing(signal string) policy.Rule {
	step := g.alarm(signal, policy.LessThan, policy.LessThanOrEqual)
	small := float64(g.IntN(4))
	step.Steps = []policy.Adjustment{
		{Lower: new(-20.0), Upper: new(0.0), Adjustment: -small},
		{Upper: new(-20.0), Adjustment: -small - float64(g.IntN(4))},
	}
	return policy.Rule{Step: step}
}

func (g generator) alarm(signal string, comparisons ...policy.Comparison) *policy.Step {
	periods := 1 + g.IntN(4)
	step := &policy.Step{
		Signal: signal, Threshold: g.Float64() * 80, Comparison: oneOf(g, comparisons...),
		EvaluationPeriods: &periods, DatapointsToAlarm: new(1 + g.IntN(periods)),
		AdjustmentType: oneOf(g, policy.AdjustmentChange, policy.AdjustmentPercent),
	}
	if step.AdjustmentType == policy.AdjustmentPercent {
		step.MinAdjustmentMagnitude = sometimes(g, 1+g.IntN(3))
	}
	return step
}

// rule returns a rule of any kind.
func (g generator) rule(signal string) policy.Rule {
	switch g.IntN(4) {
	case 0:
		return g.adding(signal)
	case 1:
		return g.removing(signal)
	default:
		return g.target(signal)
	}
}

// spec has one rule per signal, and at least one. The signals have periods.
func (g generator) spec(rule func(signal string) policy.Rule) policy.Spec {
	lower := g.IntN(6)
	spec := policy.Spec{
		Min: lower, Max: lower + g.IntN(40), Behavior: g.behavior(),
		Signals: map[string]policy.Signal{}, Rules: map[string]policy.Rule{},
	}
	for i := range 1 + g.IntN(4) {
		name := fmt.Sprintf("s%d", i)
		spec.Signals[name] = policy.Signal{Period: oneOf(g, time.Minute, 2*time.Minute, 5*time.Minute)}
		if g.chance(4) {
			signal := spec.Signals[name]
			signal.PerServer = &policy.PerServer{}
			spec.Signals[name] = signal
		}
		spec.Rules[name] = rule(name)
	}
	return spec
}

func (g generator) behavior() policy.Behavior {
	if g.chance(3) {
		return policy.Behavior{}
	}
	return policy.Behavior{
		ScaleOut: g.limits(policy.AnchorCurrent), ScaleIn: g.limits(oneOf(g, policy.AnchorCurrent, policy.AnchorPeak)),
		Warmup: g.minutes(4), ScaleInDuringWarmup: g.chance(2), ProjectScaleIn: sometimes(g, g.chance(2)),
	}
}

func (g generator) limits(anchor policy.Anchor) policy.Limits {
	limits := policy.Limits{
		StabilizationWindow: sometimes(g, g.minutes(12)), Cooldown: g.minutes(6) * time.Duration(g.IntN(2)),
		Select: oneOf(g, policy.SelectMax, policy.SelectMin), Anchor: anchor, Disabled: g.chance(10),
	}
	for range g.IntN(3) {
		change := policy.MaxChange{Period: time.Minute + g.minutes(20)}
		if g.chance(2) {
			change.Count = new(g.IntN(6))
		} else {
			change.Percent = new(float64(g.IntN(120)))
		}
		limits.MaxChange = append(limits.MaxChange, change)
	}
	return limits
}

// anySpec may also have literals, points, expressions, schedules, modes and every
// treatment of missing data.
func (g generator) anySpec() policy.Spec {
	spec := g.spec(g.rule)
	spec.Mode = policy.Mode(oneOf(g, policy.Modes()...))
	for _, name := range names(spec.Signals) {
		spec.Signals[name] = g.anySignal(spec, name)
	}
	if g.chance(2) {
		spec.Signals["s0"] = policy.Signal{}
		spec.Rules["s0"] = g.target("s0")
		spec.Signals["sum"] = policy.Signal{Expression: "(s0 ?? 1) + current / in_service"}
		spec.Rules["sum"] = g.target("sum")
	}
	spec.Schedules = map[string]policy.Schedule{
		"day":   {Start: "0 8 * * *", Duration: new(10 * time.Hour), Min: new(g.IntN(12))},
		"night": {Start: "0 20 * * *", End: "0 6 * * *", TimeZone: "Europe/Berlin", Exact: new(g.IntN(12))},
	}
	if rule := spec.Rules["s0"]; g.chance(3) {
		rule.ActiveDuring = []string{oneOf(g, "day", "night")}
		spec.Rules["s0"] = rule
	}
	if g.chance(3) {
		return g.flapping(spec)
	}
	return spec
}

// flapping adds a rule that removes servers and one that adds some soon after.
func (g generator) flapping(spec policy.Spec) policy.Spec {
	threshold := 20 + g.Float64()*40
	in, out := g.removing("flap").Step, g.adding("flap").Step
	in.Threshold, out.Threshold = threshold, threshold*1.01
	in.Steps[0].Adjustment, in.Steps[1].Adjustment = -2, -5
	spec.Signals["flap"] = policy.Signal{Period: time.Minute, PerServer: &policy.PerServer{}}
	spec.Rules["flap_in"], spec.Rules["flap_out"] = policy.Rule{Step: in}, policy.Rule{Step: out}
	for name := range spec.Rules {
		if !strings.HasPrefix(name, "flap") {
			delete(spec.Rules, name)
		}
	}
	spec.Behavior.ScaleIn.StabilizationWindow, spec.Schedules = new(time.Duration), nil
	return spec
}

func (g generator) anySignal(spec policy.Spec, name string) policy.Signal {
	signal := spec.Signals[name]
	if spec.Rules[name].Step == nil && g.chance(5) {
		return policy.Signal{Literal: new(g.float())}
	}
	if spec.Rules[name].Step == nil && g.chance(4) {
		signal.Period = 0
	}
	signal.MaxAge = g.minutes(3)
	signal.Offset = time.Duration(g.IntN(2)) * 30 * time.Second
	signal.OnMissing = policy.OnMissing(oneOf(g, policy.OnMissingValues()...))
	if signal.OnMissing == policy.OnMissingFallback {
		signal.Fallback, signal.FallbackAfter = new(g.IntN(20)), g.minutes(3)
		signal.FallbackMode = policy.FallbackMode(oneOf(g, policy.FallbackModes()...))
	}
	return signal
}

// snapshot sees every signal in every period.
func (g generator) snapshot(spec policy.Spec) policy.Snapshot {
	servers := g.IntN(30)
	snapshot := policy.Snapshot{
		Now: now().Add(g.minutes(24 * 60)), Basis: policy.Basis{Intended: g.IntN(40), InService: servers},
		Signals: map[string]policy.Observation{},
	}
	for i := range servers {
		snapshot.Servers = append(snapshot.Servers, policy.Server{
			ID: fmt.Sprintf("i-%02d", i), Launched: snapshot.Now.Add(-time.Hour), State: policy.ServerInService,
		})
	}
	if g.chance(2) {
		snapshot.Basis.Intended = servers
	}
	for _, name := range names(spec.Signals) {
		snapshot.Signals[name] = g.observation(snapshot, spec.Signals[name])
	}
	if g.chance(2) {
		snapshot.Changes = g.changes(snapshot)
	}
	return snapshot
}

func (g generator) changes(snapshot policy.Snapshot) []policy.Change {
	var changes []policy.Change
	to, at := snapshot.Basis.Intended, snapshot.Now
	for range g.IntN(4) {
		from := max(to+g.IntN(9)-4, 0)
		at = at.Add(-time.Minute - g.minutes(9))
		changes = append(changes, policy.Change{At: at, From: from, To: to})
		to = from
	}
	return changes
}

func (g generator) observation(snapshot policy.Snapshot, signal policy.Signal) policy.Observation {
	if signal.PerServer == nil {
		return policy.Observation{Samples: g.series(snapshot.Now, signal)}
	}
	var observation policy.Observation
	for _, server := range snapshot.Servers {
		observation.Servers = append(observation.Servers, policy.ServerSamples{ID: server.ID, Samples: g.series(snapshot.Now, signal)})
	}
	return observation
}

// series is a level with noise.
func (g generator) series(at time.Time, signal policy.Signal) []policy.Sample {
	level, noise := g.float(), g.Float64()*20
	var samples []policy.Sample
	for i := range 1 + g.IntN(12) {
		age := signal.Offset + time.Duration(i)*max(signal.Period, time.Second)
		samples = append(samples, policy.Sample{At: at.Add(-age), Value: level + noise*g.Float64()})
	}
	return samples
}

// anySnapshot may also lack data in every way, and have servers of every kind.
func (g generator) anySnapshot(spec policy.Spec) policy.Snapshot {
	snapshot := g.snapshot(spec)
	if g.chance(8) {
		snapshot.Unseen = policy.NoGroupYet
	}
	for i := range snapshot.Servers {
		server := &snapshot.Servers[i]
		server.Launched = snapshot.Now.Add(-g.minutes(20))
		if g.chance(3) {
			server.State = policy.ServerState(oneOf(g, policy.ServerStates()...))
		}
	}
	for _, name := range names(spec.Signals) {
		g.spoil(snapshot, name)
	}
	return snapshot
}

func (g generator) spoil(snapshot policy.Snapshot, name string) {
	observation := snapshot.Signals[name]
	switch g.IntN(10) {
	case 0:
		snapshot.Signals[name] = failed("refused")
	case 1:
		delete(snapshot.Signals, name)
	case 2:
		snapshot.Signals[name] = policy.Observation{Pending: "edited"}
	case 3:
		snapshot.Signals[name] = policy.Observation{Error: "gone", LastGood: snapshot.Now.Add(-g.minutes(5))}
	case 4, 5:
		for i := range observation.Samples {
			if g.chance(4) {
				observation.Samples[i].Value = oneOf(g, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64)
			}
		}
	case 6, 7:
		snapshot.Signals[name] = without(observation, snapshot.Now, g.minutes(6))
	case 8:
		for i := range observation.Servers {
			if g.chance(3) {
				observation.Servers[i].Samples = nil
			}
		}
	}
}

// without returns the observation without the samples that are not older.
func without(observation policy.Observation, now time.Time, age time.Duration) policy.Observation {
	younger := func(s policy.Sample) bool { return now.Sub(s.At) <= age }
	observation.Samples = slices.DeleteFunc(slices.Clone(observation.Samples), younger)
	observation.Servers = slices.Clone(observation.Servers)
	for i := range observation.Servers {
		observation.Servers[i].Samples = slices.DeleteFunc(slices.Clone(observation.Servers[i].Samples), younger)
	}
	return observation
}

func clone(snapshot policy.Snapshot) policy.Snapshot {
	snapshot.Servers = slices.Clone(snapshot.Servers)
	snapshot.Changes = slices.Clone(snapshot.Changes)
	snapshot.Signals = maps.Clone(snapshot.Signals)
	for name, observation := range snapshot.Signals {
		observation.Samples = slices.Clone(observation.Samples)
		observation.Servers = slices.Clone(observation.Servers)
		for i := range observation.Servers {
			observation.Servers[i].Samples = slices.Clone(observation.Servers[i].Samples)
		}
		snapshot.Signals[name] = observation
	}
	return snapshot
}
