package manager_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// eachPair kills after every effect, and kills the repair after every effect of its
// own, and then applies again. Between two effects a kill leaves the same world behind.
func (r *rig) eachPair(ctx context.Context, report func(faults []string)) (cases int) {
	for _, eager := range []bool{true, false} {
		for _, first := range r.effective(ctx, eager) {
			repair := r.afterKill(ctx, eager, first.Index)
			for _, second := range repair.effective(ctx, eager) {
				cases++
				if faults, _ := repair.tryKill(ctx, eager, second.Index, hostingfake.After); len(faults) > 0 {
					report(append([]string{"killed after step " + first.Call.String() + ", and then"}, faults...))
				}
			}
		}
	}
	return cases
}

// afterKill returns the rig of the apply after one that was killed.
func (r *rig) afterKill(ctx context.Context, eager bool, step int) *rig {
	repair := &rig{world: r.world.Clone(), backend: r.backend.clone(eager), want: r.want, instead: r.instead, settled: make(map[string]bool)}
	client := repair.world.Connect()
	client.KillAt(step, hostingfake.After)
	_, _ = apply(ctx, client, repair.backend, r.want, nil)
	repair.launches = r.launches - (repair.world.Launched() - r.world.Launched())
	return repair
}

func TestCrash_killTwice(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"create a stack", "scale in", "roll to a new configuration", "move a wire to another target", "destroy"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cases := newRig(t, scenarios()[name]).eachPair(t.Context(), fail(t))
				t.Logf("%d pairs of kills", cases)
			})
		})
	}
}
