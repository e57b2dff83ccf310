package policy_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

func TestProperty_boundsAndPurity(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		before := clone(snapshot)
		first := compile(t, spec).Decide(snapshot)
		outside := first.Desired < first.Trace.Min || first.Desired > first.Trace.Max
		held := first.Recommended != nil && first.Desired == snapshot.Basis.Intended
		if outside && !held {
			t.Errorf("%s is outside %d to %d", first.Sentence, first.Trace.Min, first.Trace.Max)
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

func TestProperty_theOrderOfASnapshotDoesNotMatter(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		compiled := compile(t, spec)
		first := compiled.Decide(snapshot)
		shuffled := clone(snapshot)
		g.Shuffle(len(shuffled.Servers), func(i, j int) {
			shuffled.Servers[i], shuffled.Servers[j] = shuffled.Servers[j], shuffled.Servers[i]
		})
		slices.Reverse(shuffled.Changes)
		for _, observation := range shuffled.Signals {
			slices.Reverse(observation.Samples)
		}
		if second := compiled.Decide(shuffled); first.Desired != second.Desired {
			t.Errorf("in another order, %q is %q", first.Sentence, second.Sentence)
		}
	})
}

func TestProperty_directionIsNeverReversed(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		decision := compile(t, spec).Decide(snapshot)
		current := snapshot.Basis.Intended
		if current < decision.Trace.Min || current > decision.Trace.Max {
			return // The bounds have a say of their own.
		}
		change := decision.Desired - current
		if change > 0 && decision.Direction != policy.DirectionOut || change < 0 && decision.Direction != policy.DirectionIn {
			t.Errorf("%s although the rules pull %s", decision.Sentence, decision.Direction)
		}
	})
}

func TestProperty_stagesOnlyMoveTowardsCurrent(t *testing.T) {
	t.Parallel()
	limiting := []string{"stabilization", "projection", "cooldown", "max_change"}
	moved := map[string]int{}
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		decision := compile(t, spec).Decide(g.anySnapshot(spec))
		current := repaired(decision)
		for _, stage := range decision.Trace.Stages {
			if !slices.Contains(limiting, stage.Stage) || stage.In == stage.Out {
				continue
			}
			moved[stage.Stage]++
			lower, upper := min(stage.In, current), max(stage.In, current)
			if stage.Out < lower || stage.Out > upper {
				t.Errorf("stage %s moves %d to %d, away from %d: %s", stage.Stage, stage.In, stage.Out, current, decision.Sentence)
			}
		}
	})
	for _, stage := range limiting {
		if moved[stage] < 5 {
			t.Errorf("stage %s has moved %d numbers: the cases are too poor", stage, moved[stage])
		}
	}
}

// repaired returns the number that a decision begins with, brought into the bounds.
func repaired(decision policy.Decision) int {
	return min(max(decision.Trace.Current, decision.Trace.Min), decision.Trace.Max)
}

// However far outside the bounds a group is, what is disabled is done only by them.
func TestProperty_disabledLeavesOnlyTheRepair(t *testing.T) {
	t.Parallel()
	held := 0
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		spec.Mode = policy.ModeOn
		spec.Behavior.ScaleIn.Disabled, spec.Behavior.ScaleOut.Disabled = true, true
		snapshot := g.anySnapshot(spec)
		snapshot.Unseen = "" // The first decision has nothing to hold on to.
		decision := compile(t, spec).Decide(snapshot)
		if decision.Desired != repaired(decision) {
			t.Errorf("more is done than to repair %d to %d: %s", decision.Trace.Current, repaired(decision), decision.Sentence)
		}
		if repaired(decision) != decision.Trace.Current && decision.Direction != policy.DirectionHold {
			held++
		}
	})
	if held < 50 {
		t.Errorf("rules pull away from %d repaired numbers: the cases are too poor", held)
	}
}

// raise adds to all values of a signal.
func raise(snapshot policy.Snapshot, signal string, by float64) policy.Snapshot {
	raised := clone(snapshot)
	observation := raised.Signals[signal]
	for i := range observation.Samples {
		observation.Samples[i].Value += by
	}
	for _, server := range observation.Servers {
		for i := range server.Samples {
			server.Samples[i].Value += by
		}
	}
	return raised
}

func TestProperty_monotoneInEachSignal(t *testing.T) {
	t.Parallel()
	// The opinion of a rule that removes servers is lost when its signal rises, and then
	// other rules may remove more: only by itself is it monotone.
	growing := func(g generator) policy.Spec {
		return g.spec(func(signal string) policy.Rule {
			if g.chance(3) {
				return g.adding(signal)
			}
			return g.target(signal)
		})
	}
	alone := func(g generator) policy.Spec {
		spec := g.spec(g.removing)
		for _, name := range names(spec.Rules)[1:] {
			delete(spec.Rules, name)
		}
		return spec
	}
	for name, specOf := range map[string]func(generator) policy.Spec{"targets and steps that add": growing, "one step that removes": alone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forAll(t, func(t *testing.T, g generator) {
				t.Helper()
				spec := specOf(g)
				lower := g.snapshot(spec)
				compiled := compile(t, spec)
				less, more := compiled.Decide(lower), compiled.Decide(raise(lower, "s0", math.Abs(g.float())))
				if less.Desired > more.Desired {
					t.Errorf("a higher signal lowers the number:\n%s\n%s", less.JSON(), more.JSON())
				}
			})
		})
	}
}

// Where nobody had an opinion, the number was held only for want of one.
func TestProperty_addingARuleNeverLowers(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec(g.target)
		more := policy.Signal{Period: time.Minute}
		spec.Signals["more"] = more
		snapshot := g.snapshot(spec)
		without := compile(t, spec).Decide(snapshot)
		spec.Rules["more"] = g.rule("more")
		with := compile(t, spec).Decide(snapshot)
		if with.Desired < without.Desired {
			t.Errorf("one rule more lowers the number:\n%s\n%s", without.JSON(), with.JSON())
		}
	})
}

// Where the data asked for more than the current number, losing them can't ask
// for it too; but never does the loss of all samples, or of the newest, remove a server.
func TestProperty_losingDataNeverRemovesServers(t *testing.T) {
	t.Parallel()
	saved := 0
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec(g.rule)
		snapshot := g.snapshot(spec)
		compiled := compile(t, spec)
		with := compiled.Decide(snapshot)
		lacking := clone(snapshot)
		if age := g.minutes(15); g.chance(3) {
			lacking.Signals["s0"] = failed("refused")
		} else {
			lacking.Signals["s0"] = without(snapshot.Signals["s0"], snapshot.Now, age)
		}
		less := compiled.Decide(lacking)
		current := min(max(snapshot.Basis.Intended, spec.Min), spec.Max)
		if less.Desired < current || less.Desired < min(with.Desired, current) {
			t.Errorf("without data %s\nwith data %s", less.JSON(), with.JSON())
		}
		if with.Desired < current {
			saved++
		}
	})
	if saved < trials/20 {
		t.Errorf("with all data, %d of %d cases remove servers: the cases are too poor", saved, trials)
	}
}

// The load is what stays the same when the number of servers changes: the signal
// of an average, and the product of signal and servers for a ratio.
func TestProperty_idempotent(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.spec(g.target)
		spec.Behavior = policy.Behavior{ScaleIn: policy.Limits{StabilizationWindow: new(time.Duration)}}
		for name, signal := range spec.Signals {
			signal.PerServer, signal.Period = nil, 0
			spec.Signals[name] = signal
		}
		snapshot := g.snapshot(spec)
		servers := 1 + g.IntN(40)
		snapshot.Basis, snapshot.Servers = running(servers), nil
		compiled := compile(t, spec)
		first := compiled.Decide(snapshot)
		if first.Desired == 0 {
			return // no ratio exists without a server
		}
		for name, rule := range spec.Rules {
			if rule.Target != nil && rule.Target.Type != policy.TargetAverage {
				value := snapshot.Signals[name].Samples[0].Value
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

// What is kept of a snapshot is enough to come to the same decision.
func TestProperty_condensedDecidesTheSame(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		snapshot := g.anySnapshot(spec)
		compiled := compile(t, spec)
		want := compiled.Decide(snapshot)
		condensed := clone(snapshot)
		condensed.Signals = compiled.Condense(snapshot, math.MaxInt32)
		if got := compiled.Decide(condensed); got.JSON() != want.JSON() {
			t.Errorf("condensed, the decision differs:\n%s\n%s", want.JSON(), got.JSON())
		}
	})
}

// A decision that stands is told in the same words later.
func TestProperty_sentencesDoNotAge(t *testing.T) {
	t.Parallel()
	forAll(t, func(t *testing.T, g generator) {
		t.Helper()
		spec := g.anySpec()
		spec.Schedules = nil
		for name, rule := range spec.Rules {
			rule.ActiveDuring = nil
			spec.Rules[name] = rule
		}
		snapshot := g.anySnapshot(spec)
		compiled := compile(t, spec)
		later := shifted(snapshot, 17*time.Hour)
		first, second := compiled.Decide(snapshot), compiled.Decide(later)
		if first.Sentence != second.Sentence || strings.Contains(first.Sentence, "2026-") {
			t.Errorf("%q is %q later", first.Sentence, second.Sentence)
		}
	})
}

// shifted returns the same snapshot at another time.
func shifted(snapshot policy.Snapshot, by time.Duration) policy.Snapshot {
	moved := clone(snapshot)
	moved.Now = moved.Now.Add(by)
	for i := range moved.Servers {
		moved.Servers[i].Launched = moved.Servers[i].Launched.Add(by)
	}
	for i := range moved.Changes {
		moved.Changes[i].At = moved.Changes[i].At.Add(by)
	}
	for name, observation := range moved.Signals {
		for i := range observation.Samples {
			observation.Samples[i].At = observation.Samples[i].At.Add(by)
		}
		for _, server := range observation.Servers {
			for i := range server.Samples {
				server.Samples[i].At = server.Samples[i].At.Add(by)
			}
		}
		if !observation.LastGood.IsZero() {
			observation.LastGood = observation.LastGood.Add(by)
		}
		moved.Signals[name] = observation
	}
	return moved
}
