package manager_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// The crash suite: every scenario is interrupted at every step of every call, and
// then run again as if nothing had happened. A step is an effect on the hosting
// service, a look at it, or the saving of Terraform's state.

// rig is a scenario that has come to the moment before its apply. Cases start from
// copies of it.
type rig struct {
	world   *hostingfake.World
	backend *backend
	want    stack
	// instead is what is asked for after an interruption.
	instead stack
	// changed: that is something else.
	changed bool
	// launches is how many servers an apply that nobody interrupts launches.
	launches int
	decorate func(hosting.Service) hosting.Service
	// settled holds the outcomes of interruptions that were repaired already.
	settled map[string]bool
}

// newRig prepares a scenario; it runs in a bubble of synctest.
func newRig(t *testing.T, s scenario) *rig {
	t.Helper()
	world := hostingfake.NewWorld(hostingfake.Options{
		Now: time.Now, Behaviors: behaviors(), Pace: hosting.Pace{Busy: time.Second, Idle: time.Second},
	})
	r := &rig{world: world, backend: newBackend(), want: s.after.identified(), settled: make(map[string]bool)}
	r.instead = r.want
	if len(s.before.groups) > 0 {
		before := &rig{world: world, backend: r.backend, instead: s.before.identified()}
		if faults := before.settle(t.Context(), r.world, r.backend); len(faults) > 0 {
			t.Fatalf("preparing the scenario: %s", strings.Join(faults, "\n"))
		}
	}
	world.SetLag(hostingfake.Lag{Listing: time.Minute})
	if s.disturb != nil {
		s.disturb(t, world)
	}
	r.expectWhole(t)
	if s.instead != nil {
		r.instead, r.changed = s.instead.identified(), true
	}
	return r
}

// expectWhole applies without interruption: that alone must bring about what is
// asked.
func (r *rig) expectWhole(t *testing.T) {
	t.Helper()
	world, backend := r.world.Clone(), r.backend.clone(true)
	if _, err := apply(t.Context(), world.Connect(), backend, r.want, nil); err != nil {
		t.Fatalf("applying without interruption: %v", err)
	}
	r.launches = world.Launched() - r.world.Launched()
	faults := append(violations(world, r.want, backend.saved), r.settle(t.Context(), world, backend)...)
	if len(faults) > 0 {
		t.Fatalf("without interruption: %s", strings.Join(faults, "\n"))
	}
}

// settle applies the stack again and says what is wrong then. The apply after that
// must have nothing to change; it confirms what the ledger holds. From then on an
// apply must not even call anything that could change something.
func (r *rig) settle(ctx context.Context, world *hostingfake.World, backend *backend) []string {
	if _, err := apply(ctx, world.Connect(), backend, r.instead, r.decorate); err != nil {
		return []string{"applying again: " + err.Error()}
	}
	faults := violations(world, r.instead, backend.saved)
	for again := 1; ; again++ {
		client := world.Connect()
		next, err := apply(ctx, client, backend, r.instead, r.decorate)
		if err != nil || len(next.changes) > 0 {
			return append(faults, fmt.Sprintf("apply %d after that makes the changes %q and ends with error %v", again, next.changes, err))
		}
		mutations := mutations(client)
		switch {
		case len(mutations) == 0:
			return append(faults, unconfirmed(world)...)
		case again > 1:
			return append(faults, fmt.Sprintf("apply %d after that has nothing to change and calls %q", again, mutations))
		}
	}
}

// mutations returns the calls that could have changed the world.
func mutations(client *hostingfake.Service) []string {
	var calls []string
	for _, call := range client.Calls() {
		if call.Mutates() && call.Method != "Checkpoint" {
			calls = append(calls, call.String())
		}
	}
	return calls
}

// attempt is what has become of a case.
type attempt struct {
	client  *hostingfake.Service
	world   *hostingfake.World
	backend *backend
	// launches counts the servers that were launched until things had settled.
	launches int
	faults   []string
}

// try applies with a client that is prepared to be interrupted, and settles. Where
// what the interruption has left behind was repaired before, it isn't repaired again.
func (r *rig) try(ctx context.Context, eager bool, prepare func(*hostingfake.Service, context.CancelFunc)) attempt {
	a := attempt{world: r.world.Clone(), backend: r.backend.clone(eager), launches: r.launches}
	a.client = a.world.Connect()
	began := time.Now()
	a.interrupted(ctx, r, prepare)
	outcome := fmt.Sprintf("%t %v %q", eager, time.Since(began), effects(a.client))
	if !r.settled[outcome] {
		r.settled[outcome] = true
		a.settle(ctx, r)
	}
	return a
}

// interrupted is the apply that something comes in the way of. Its error is of no
// interest: what counts is what it leaves behind, which must be in the state where the
// apply was only cancelled.
func (a *attempt) interrupted(ctx context.Context, r *rig, prepare func(*hostingfake.Service, context.CancelFunc)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prepare(a.client, cancel)
	_, _ = apply(ctx, a.client, a.backend, r.want, r.decorate)
	if ctx.Err() != nil {
		a.faults = strangers(a.world, a.backend.saved)
	}
}

func (a *attempt) settle(ctx context.Context, r *rig) {
	a.faults = append(a.faults, r.settle(ctx, a.world, a.backend)...)
	a.launches = a.world.Launched() - r.world.Launched()
}

// effects returns the calls that have changed something. What a client has left
// behind depends on nothing else but the time.
func effects(client *hostingfake.Service) []string {
	var calls []string
	for _, step := range client.Steps() {
		if step.Changed {
			calls = append(calls, step.Call.String())
		}
	}
	return calls
}

// tryKill kills at a step, and applies again. reached is false where the apply was
// over before.
func (r *rig) tryKill(ctx context.Context, eager bool, step int, moment hostingfake.Moment) (faults []string, reached bool) {
	a := r.try(ctx, eager, func(client *hostingfake.Service, _ context.CancelFunc) { client.KillAt(step, moment) })
	if !a.client.Killed() {
		return nil, false
	}
	if a.launches != r.launches && !r.changed {
		a.faults = append(a.faults, fmt.Sprintf("%d servers were launched, and %d without interruption", a.launches, r.launches))
	}
	return a.explain(fmt.Sprintf("killed %s", moment), step), true
}

// explain puts before the faults what has come in the way, and at which step.
func (a *attempt) explain(what string, step int) []string {
	if len(a.faults) == 0 {
		return nil
	}
	call := a.client.Steps()[step-1].Call
	return append([]string{fmt.Sprintf("%s step %d, %s, state saved %s:", what, step, call, saving(a.backend.eager))}, a.faults...)
}

func saving(eager bool) string {
	if eager {
		return "after every resource"
	}
	return "at the end"
}

// eachKill calls report with what is wrong after each kill, and returns how many
// there were. A step without an effect is the same before and after it.
func (r *rig) eachKill(ctx context.Context, report func(faults []string)) (cases int) {
	kill := func(eager bool, step int, moment hostingfake.Moment) (reached bool) {
		faults, reached := r.tryKill(ctx, eager, step, moment)
		if reached {
			cases++
		}
		if len(faults) > 0 {
			report(faults)
		}
		return reached
	}
	for _, eager := range []bool{true, false} {
		for _, step := range r.effective(ctx, eager) {
			kill(eager, step.Index, hostingfake.Before)
		}
		for step := 1; kill(eager, step, hostingfake.After); step++ {
		}
	}
	return cases
}

// effective returns the steps of an uninterrupted apply that change something.
func (r *rig) effective(ctx context.Context, eager bool) (steps []hostingfake.Step) {
	client := r.world.Clone().Connect()
	_, _ = apply(ctx, client, r.backend.clone(eager), r.want, r.decorate)
	for _, step := range client.Steps() {
		if step.Changed {
			steps = append(steps, step)
		}
	}
	return steps
}

// eachScenario runs a test in a bubble of its own for each scenario.
func eachScenario(t *testing.T, test func(*testing.T, *rig)) {
	t.Helper()
	for name, scenario := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, newRig(t, scenario)) })
		})
	}
}

func fail(t *testing.T) func(faults []string) {
	t.Helper()
	return func(faults []string) {
		t.Helper()
		t.Error(strings.Join(faults, "\n  "))
	}
}

func TestCrash_kill(t *testing.T) {
	t.Parallel()
	eachScenario(t, func(t *testing.T, rig *rig) {
		cases := rig.eachKill(t.Context(), fail(t))
		t.Logf("%d kills, after which there are %d different worlds", cases, len(rig.settled))
	})
}
