package crash

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// A suite that finds nothing in a ledger that loses a write proves nothing. As long as
// there is no crash, nobody notices that the record of a new group is written late.
func TestKill_findsALostWriteOfTheLedger(t *testing.T) {
	t.Parallel()
	create := phases()[0]
	var calls []string
	if found := findings(t, func(t testing.TB) {
		c := newChain(t, fault.Plan{Forget: true})
		c.live(create, nil)
		calls = fault.Calls(c.callsPath(create))
	}); len(found) > 0 {
		t.Fatalf("without a crash: %q", found)
	}
	launched := slices.Index(calls, "Launch") + 1
	// Calls are made at the same time, so that they come in another order in each run.
	for after := launched; after < launched+10; after++ {
		found := findings(t, func(t testing.TB) {
			newChain(t, fault.Plan{Forget: true, Kill: fault.KillBoth, After: after}).live(create, nil)
		})
		if len(found) > 0 {
			t.Logf("killed after call %d: %s", after, found[0])
			return
		}
	}
	t.Error("the suite finds nothing")
}

// findings returns what the checks find, which doesn't fail the test.
func findings(t *testing.T, check func(testing.TB)) []string {
	t.Helper()
	r := &recorder{TB: t}
	var done sync.WaitGroup
	done.Go(func() { check(r) })
	done.Wait()
	return r.found
}

// recorder records failures in the place of failing.
type recorder struct {
	testing.TB

	mu    sync.Mutex
	found []string
}

func (r *recorder) Errorf(format string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = append(r.found, fmt.Sprintf(format, arguments...))
}

func (r *recorder) Fatalf(format string, arguments ...any) {
	r.Errorf(format, arguments...)
	runtime.Goexit()
}

func (r *recorder) Fatal(arguments ...any) {
	r.Errorf("%s", fmt.Sprint(arguments...))
	runtime.Goexit()
}
