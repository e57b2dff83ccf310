package policy_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// trials is how many random cases each property is tried on.
const trials = 1000

// generator makes random policies and snapshots; equal seeds make equal ones.
type generator struct{ *rand.Rand }

func generate(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

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

func (g generator) rule(signal string) policy.Rule {
	if g.IntN(5) == 0 {
		return passing(signal)
	}
	kinds := policy.TargetTypes()
	rule := ruleOf(signal, g.Float64()*50+0.01, policy.TargetType(kinds[g.IntN(len(kinds))]))
	if g.IntN(2) == 0 {
		rule.Target.Tolerance = policy.Tolerance{Out: new(g.Float64()), In: new(g.Float64())}
	}
	return rule
}

// spec has one rule per signal, and at least one.
func (g generator) spec() policy.Spec {
	lower := g.IntN(6)
	spec := policy.Spec{
		Min: lower, Max: lower + g.IntN(40),
		Signals: map[string]policy.Signal{}, Rules: map[string]policy.Rule{},
	}
	for i := range 1 + g.IntN(4) {
		name := fmt.Sprintf("s%d", i)
		spec.Signals[name] = policy.Signal{}
		spec.Rules[name] = g.rule(name)
	}
	return spec
}

// anySpec may also have literals and every treatment of missing data.
func (g generator) anySpec() policy.Spec {
	spec := g.spec()
	for _, name := range slices.Sorted(maps.Keys(spec.Signals)) {
		if g.IntN(5) == 0 {
			spec.Signals[name] = policy.Signal{Literal: new(g.float())}
			continue
		}
		signal := policy.Signal{MaxAge: time.Duration(g.IntN(3)) * time.Minute}
		signal.OnMissing = policy.OnMissing(policy.OnMissingValues()[g.IntN(4)])
		if signal.OnMissing == policy.OnMissingFallback {
			signal.Fallback = new(g.IntN(20))
		}
		spec.Signals[name] = signal
	}
	return spec
}

func (g generator) snapshot(spec policy.Spec) policy.Snapshot {
	snapshot := policy.Snapshot{
		Now: now(), Basis: policy.Basis{Intended: g.IntN(50), InService: g.IntN(50)},
		Signals: map[string]policy.Observation{},
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Signals)) {
		snapshot.Signals[name] = seen(g.float(), g.float())
	}
	return snapshot
}

// anySnapshot may also lack data in every way.
func (g generator) anySnapshot(spec policy.Spec) policy.Snapshot {
	snapshot := g.snapshot(spec)
	if g.IntN(8) == 0 {
		snapshot.Unseen = policy.NoGroupYet
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Signals)) {
		switch g.IntN(8) {
		case 0:
			snapshot.Signals[name] = failed("refused")
		case 1:
			snapshot.Signals[name] = seen(math.NaN())
		case 2:
			snapshot.Signals[name] = seen(1, math.Inf(-1))
		case 3:
			delete(snapshot.Signals, name)
		case 4:
			snapshot.Signals[name] = policy.Observation{Pending: "edited"}
		}
	}
	return snapshot
}

func clone(snapshot policy.Snapshot) policy.Snapshot {
	snapshot.Signals = maps.Clone(snapshot.Signals)
	for name, observation := range snapshot.Signals {
		observation.Samples = slices.Clone(observation.Samples)
		snapshot.Signals[name] = observation
	}
	return snapshot
}

func forAll(t *testing.T, try func(t *testing.T, g generator)) {
	t.Helper()
	for seed := range uint64(trials) {
		try(t, generate(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func clamp(spec policy.Spec, n int) int { return min(max(n, spec.Min), spec.Max) }

func TestProperty_boundsAndPurity(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		before := clone(snapshot)
		first := compile(t, spec).Decide(snapshot)
		if first.Desired < spec.Min || first.Desired > spec.Max {
			t.Errorf("%d is outside %d to %d", first.Desired, spec.Min, spec.Max)
		}
		second := compile(t, spec).Decide(clone(snapshot))
		if first.JSON() != second.JSON() {
			t.Errorf("two decisions on one snapshot differ:\n%s\n%s", first.JSON(), second.JSON())
		}
		if diff := cmp.Diff(before, snapshot, equateNaN()); diff != "" {
			t.Errorf("the snapshot was altered:\n%s", diff)
		}
	})
}

func equateNaN() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
}

func TestProperty_directionIsNeverReversed(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		snapshot.Basis.Intended = clamp(spec, snapshot.Basis.Intended)
		decision := compile(t, spec).Decide(snapshot)
		change := decision.Desired - snapshot.Basis.Intended
		switch {
		case change > 0 && decision.Direction != policy.DirectionOut,
			change < 0 && decision.Direction != policy.DirectionIn:
			t.Errorf("%s although the rules pull %s", decision.Sentence, decision.Direction)
		}
	})
}

func TestProperty_monotoneInEachSignal(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec()
		lower := g.snapshot(spec)
		higher := clone(lower)
		value := g.float()
		lower.Signals["s0"] = seen(value)
		higher.Signals["s0"] = seen(value + math.Abs(g.float()))
		compiled := compile(t, spec)
		less, more := compiled.Decide(lower), compiled.Decide(higher)
		if less.Desired > more.Desired {
			t.Errorf("a higher signal lowers the number:\n%s\n%s", less.Sentence, more.Sentence)
		}
	})
}

func TestProperty_addingARuleNeverLowers(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec()
		snapshot := g.snapshot(spec)
		without := compile(t, spec).Decide(snapshot)
		spec.Signals["more"] = policy.Signal{}
		spec.Rules["more"] = g.rule("more")
		snapshot.Signals["more"] = seen(g.float())
		with := compile(t, spec).Decide(snapshot)
		if with.Desired < without.Desired {
			t.Errorf("one rule more lowers the number:\n%s\n%s", without.Sentence, with.Sentence)
		}
	})
}

// Where the data asked for more than the current number, losing them can't ask
// for it too; but never does their loss remove a server.
func TestProperty_losingDataNeverRemovesServers(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec()
		snapshot := g.snapshot(spec)
		compiled := compile(t, spec)
		with := compiled.Decide(snapshot)
		snapshot.Signals["s0"] = failed("refused")
		without := compiled.Decide(snapshot)
		current := clamp(spec, snapshot.Basis.Intended)
		if without.Desired < current || without.Desired < min(with.Desired, current) {
			t.Errorf("without data %s, with data %s", without.Sentence, with.Sentence)
		}
	})
}

// The load is what stays the same when the number of servers changes: the signal
// of an average, and the product of signal and servers for a ratio.
func TestProperty_idempotent(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec()
		snapshot := g.snapshot(spec)
		servers := 1 + g.IntN(40)
		snapshot.Basis = running(servers)
		compiled := compile(t, spec)
		first := compiled.Decide(snapshot)
		if first.Desired == 0 {
			return // no ratio exists without a server
		}
		for name, rule := range spec.Rules {
			if rule.Target != nil && rule.Target.Type != policy.TargetAverage {
				value := snapshot.Signals[name].Samples[1].Value
				snapshot.Signals[name] = seen(value * float64(servers) / float64(first.Desired))
			}
		}
		snapshot.Basis = running(first.Desired)
		second := compiled.Decide(snapshot)
		if second.Desired != first.Desired {
			t.Errorf("the same load, applied, is decided anew:\n%s\n%s", first.Sentence, second.Sentence)
		}
	})
}
