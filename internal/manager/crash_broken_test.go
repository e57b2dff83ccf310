package manager_test

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// The suite itself is tested with hosting services that break the promises on which
// recovery rests: it must find what goes wrong with each of them.

// forgetful is a service whose launches don't keep the attempt under which they were
// recorded: a repeated launch isn't the same one.
type forgetful struct {
	hosting.Service

	attempts atomic.Int64
}

func (f *forgetful) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	request.Attempt += 1000 * int(f.attempts.Add(1))
	return f.Service.Launch(ctx, request)
}

// estranged is a service that launches under an incarnation of its own.
type estranged struct{ hosting.Service }

func (e estranged) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	request.Group.Incarnation = rand.Text()
	return e.Service.Launch(ctx, request)
}

func TestCrash_findsUnstableLaunches(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int64
	variants := map[string]func(hosting.Service) hosting.Service{
		"another attempt": func(service hosting.Service) hosting.Service {
			broken := &forgetful{Service: service}
			broken.attempts.Store(attempts.Add(1000))
			return broken
		},
		"another incarnation": func(service hosting.Service) hosting.Service { return estranged{service} },
	}
	for name, broken := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rig := newRig(t, scenarios()["scale out"])
				rig.decorate = broken
				var found [][]string
				cases := rig.eachKill(t.Context(), func(faults []string) { found = append(found, faults) })
				expectFound(t, found, cases)
			})
		})
	}
}

func TestCrash_findsLostWrites(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"create a stack", "deliver a changed value", "move a wire to another source"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rig := newRig(t, scenarios()[name])
				var found [][]string
				writes := rig.eachLostWrite(t.Context(), func(faults []string) { found = append(found, faults) })
				expectFound(t, found, writes)
			})
		})
	}
}

// eachLostWrite loses each write to the ledger once, and reports the first thing that
// goes wrong for it: without a kill, or with one after any effect that follows. It
// returns the number of writes.
func (r *rig) eachLostWrite(ctx context.Context, report func(faults []string)) (writes int) {
	steps := r.effective(ctx, true)
	for i, lost := range steps {
		if !writesLedger(lost) {
			continue
		}
		writes++
		for _, kill := range append(steps[i+1:len(steps):len(steps)], hostingfake.Step{}) {
			if faults := r.tryLostWrite(ctx, lost.Index, kill.Index); len(faults) > 0 {
				report(faults)
				break
			}
		}
	}
	return writes
}

func writesLedger(step hostingfake.Step) bool {
	return step.Call.Method == "CreateGroup" || step.Call.Method == "UpdateGroup" || step.Call.Method == "DeleteGroup"
}

// tryLostWrite loses the write of a step, and kills after another one; 0: doesn't.
func (r *rig) tryLostWrite(ctx context.Context, lost, kill int) []string {
	a := r.try(ctx, true, func(client *hostingfake.Service, _ context.CancelFunc) {
		client.Interfere(hostingfake.LoseWrites(func(step hostingfake.Step) bool { return step.Index == lost }))
		client.KillAt(kill, hostingfake.After)
	})
	if len(a.faults) == 0 {
		return nil
	}
	return a.explain("with a write lost at", lost)
}

func expectFound(t *testing.T, found [][]string, cases int) {
	t.Helper()
	if len(found) == 0 {
		t.Fatalf("nothing was found in %d cases", cases)
	}
	t.Logf("something was found in %d of %d cases, for example: %q", len(found), cases, found[0])
}
