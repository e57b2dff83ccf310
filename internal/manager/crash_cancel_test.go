package manager_test

import (
	"context"
	"errors"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// Whoever isn't killed saves the state in the end, so it makes no difference here when
// it is saved.
const eager = true

// tryCancel cancels the apply at a step, as a signal does: the step completes.
// reached is false where the apply was over before.
func (r *rig) tryCancel(ctx context.Context, step int) (faults []string, reached bool) {
	a := r.try(ctx, eager, func(client *hostingfake.Service, cancel context.CancelFunc) {
		client.At(step, hostingfake.After, func() {
			reached = true
			cancel()
		})
	})
	if !reached {
		return nil, false
	}
	return a.explain("cancelled at", step), true
}

func (r *rig) eachCancel(ctx context.Context, report func(faults []string)) (cases int) {
	for step := 1; ; step++ {
		faults, reached := r.tryCancel(ctx, step)
		if !reached {
			return cases
		}
		cases++
		if len(faults) > 0 {
			report(faults)
		}
	}
}

func TestCrash_cancel(t *testing.T) {
	t.Parallel()
	eachScenario(t, func(t *testing.T, rig *rig) {
		cases := rig.eachCancel(t.Context(), fail(t))
		t.Logf("%d cancellations, after which there are %d different worlds", cases, len(rig.settled))
	})
}

var errNoAnswer = errors.New("no answer")

// tryFault lets a step fail once, with its effect or without.
func (r *rig) tryFault(ctx context.Context, step int, fault hostingfake.Fault) (faults []string, reached bool) {
	a := r.try(ctx, eager, func(client *hostingfake.Service, _ context.CancelFunc) {
		client.Interfere(func(at hostingfake.Step) hostingfake.Fault {
			if at.Index != step {
				return hostingfake.Fault{}
			}
			reached = true
			return fault
		})
	})
	if !reached {
		return nil, false
	}
	return a.explain("failed at", step), true
}

// eachFault lets every step fail without its effect, and those that have one with it.
func (r *rig) eachFault(ctx context.Context, report func(faults []string)) (cases int) {
	fail := func(step int, loss hostingfake.Loss) (reached bool) {
		faults, reached := r.tryFault(ctx, step, hostingfake.Fault{Loss: loss, Err: errNoAnswer})
		if reached {
			cases++
		}
		if len(faults) > 0 {
			report(faults)
		}
		return reached
	}
	for _, step := range r.effective(ctx, eager) {
		fail(step.Index, hostingfake.LostResponse)
	}
	for step := 1; fail(step, hostingfake.LostRequest); step++ {
	}
	return cases
}

func TestCrash_failure(t *testing.T) {
	t.Parallel()
	eachScenario(t, func(t *testing.T, rig *rig) {
		cases := rig.eachFault(t.Context(), fail(t))
		t.Logf("%d failures, after which there are %d different worlds", cases, len(rig.settled))
	})
}
