package scalingpolicy_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// timed is a world in which time passes as a test says.
type timed struct {
	*world

	mu  sync.Mutex
	now time.Time
}

func newTimed(t *testing.T) *timed {
	t.Helper()
	w := &timed{world: newWorld(t), now: time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)}
	w.clock = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	return w
}

// after lets time pass; then the group has as many servers, and the signal that value.
func (w *timed) after(passed time.Duration, servers int, value float64) func() {
	return func() {
		w.mu.Lock()
		w.now = w.now.Add(passed)
		w.mu.Unlock()
		w.runs(servers)()
		w.set(func(w *world) { w.value, w.err = value, nil })
	}
}

// What the policy has done is remembered from apply to apply.
func TestScalingPolicy_remembers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		behavior string
		// second is what the load is a minute after the first change, from 2 to 4 servers.
		second float64
		held   string
		// wait is after how long the number is no longer held, and then it is that.
		wait time.Duration
		then int64
	}{
		"what was needed five minutes ago": {
			"", 1000, "4: held: requests 1000 under 1000 per server (x0.25, tolerance 0.10); scale_in.stabilization_window 5m raised 1 -> 4", 5 * time.Minute, 2,
		},
		"a cooldown": {
			`scale_out = { cooldown = "10m" }`, 9000, "4: held: requests 9000 over 1000 per server (x2.25, tolerance 0.10); scale_out.cooldown 10m holds 4", 9 * time.Minute, 9,
		},
		"a limit per time": {
			`scale_out = { max_change = [{ count = 2, period = "1h" }] }`, 9000, "4: held: requests 9000 over 1000 per server (x2.25, tolerance 0.10); scale_out.max_change 2/1h limited 9 -> 4", time.Hour, 6,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTimed(t)
			config := requests(2, 20, "behavior = { "+test.behavior+" }")
			const first = "2 -> 4: requests 4000 over 1000 per server (x2.00, tolerance 0.10)"
			run(t, w.world,
				resource.TestStep{Config: config},
				resource.TestStep{
					PreConfig: w.after(time.Minute, 2, 4000), Config: config,
					ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 4), ConfigStateChecks: holds(4, first),
				},
				resource.TestStep{
					PreConfig: w.after(time.Minute, 4, test.second), Config: config,
					ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 4), ConfigStateChecks: holds(4, first),
					Check: evaluates(test.held),
				},
				resource.TestStep{
					PreConfig: w.after(test.wait, 4, test.second), Config: config,
					ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, test.then),
				},
			)
		})
	}
}

func TestScalingPolicy_recommends(t *testing.T) {
	t.Parallel()
	w := newTimed(t)
	config := requests(2, 20, `mode = "recommend"`)
	run(t, w.world,
		resource.TestStep{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 2)},
		resource.TestStep{
			PreConfig: w.after(time.Minute, 2, 9000), Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2),
			Check:            evaluates(`mode recommend holds 2, it would be 9","recommended":9`),
		},
		resource.TestStep{
			Config:           requests(2, 20, `mode = "on"`),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 9),
		},
	)
}

// Schedules are looked up at the time of the refresh, so a saved plan stays what it is.
func TestScalingPolicy_schedules(t *testing.T) {
	t.Parallel()
	w := newTimed(t)
	config := requests(2, 20, `
  schedules = {
    noon  = { start = "30 12 * * *", duration = "1h", min = 6 }
    night = { start = "0 20 * * *", end = "0 6 * * *", time_zone = "Europe/Berlin", exact = 3 }
  }`)
	run(t, w.world,
		resource.TestStep{Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 2)},
		resource.TestStep{
			PreConfig: w.after(29*time.Minute, 2, 2000), Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2),
		},
		resource.TestStep{
			PreConfig: w.after(time.Minute, 2, 2000), Config: config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 6),
			ConfigStateChecks: holds(6, "2 -> 6: requests 2000 at 1000 per server (x1.00, within tolerance 0.10); schedule noon raised 2 -> 6"),
		},
		resource.TestStep{
			PreConfig: w.after(8*time.Hour, 6, 9000), Config: config,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 3),
			ConfigStateChecks: holds(3, "6 -> 3: requests 9000 over 1000 per server (x1.50, tolerance 0.10); schedule night limited 9 -> 3"),
		},
	)
}

// When a signal had its last value is known across refreshes.
func TestScalingPolicy_fallbackAfter(t *testing.T) {
	t.Parallel()
	w := newTimed(t)
	config := strings.Replace(requests(2, 20, ""), `path = "load"`, `path = "load", on_missing = "fallback", fallback = 8, fallback_after = "10m"`, 1)
	fails := func(passed time.Duration) func() {
		return func() {
			w.after(passed, 2, 0)()
			w.set(func(w *world) { w.err = &metric.FetchError{Kind: metric.ErrUnavailable, Message: "connection refused"} })
		}
	}
	run(t, w.world,
		resource.TestStep{Config: config},
		resource.TestStep{PreConfig: w.after(time.Minute, 2, 2000), Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2)},
		resource.TestStep{
			PreConfig: fails(9 * time.Minute), Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2),
			Check:            evaluates("its fallback 8 is not used before it has had no data for 10m"),
		},
		resource.TestStep{
			PreConfig: fails(time.Minute), Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 8),
		},
	)
}

// No server is taken away while another warms up.
func TestScalingPolicy_warmup(t *testing.T) {
	t.Parallel()
	w := newTimed(t)
	config := requests(1, 20, `behavior = { warmup = "10m", scale_in = { stabilization_window = "0s" } }`)
	young := func(passed time.Duration) func() {
		return func() {
			w.after(passed, 3, 500)()
			w.set(func(w *world) {
				for _, id := range []string{"i-0", "i-1", "i-2"} {
					launched := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
					server := policy.Server{ID: id, Launched: launched, State: policy.ServerInService}
					w.basis.Servers = append(w.basis.Servers, manager.BasisServer{Server: server})
				}
			})
		}
	}
	run(t, w.world,
		resource.TestStep{Config: strings.Replace(config, "max_servers", "initial_servers = 3\n  max_servers", 1)},
		resource.TestStep{
			PreConfig: young(9 * time.Minute), Config: config,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 3),
			Check:            evaluates("3 of 3 servers warming up, which holds 3"),
		},
		resource.TestStep{PreConfig: young(time.Minute), Config: config, ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 1)},
	)
}
