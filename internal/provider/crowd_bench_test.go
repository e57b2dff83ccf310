package provider_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// crowd is a group of that many members. It is called as the world's quick servers
// are.
func crowd(size int) stack {
	return stack{
		configurations: []configuration{{
			name: "crowd", boot: "true",
			parameters: `seed = { deferred = true, required_for = "nothing" }`, outputs: `version = {}`,
		}},
		groups:  []group{{name: "crowd", size: size}},
		unready: true,
	}
}

// wired returns the stack with an injection from the crowd into itself, and a
// readiness: each has the handle, and so the members, in its state too.
func (s stack) wired() stack {
	s.unready = false
	s.injections = []injection{{into: "crowd.seed", from: []string{"crowd.private_ip"}}}
	return s
}

// BenchmarkPlan_thousandMembers measures "terraform plan" with a refresh, the start
// of all processes included, of 1,000 members of which none changes, of the step to
// 1,001, and of both with an injection and a readiness beside the group. The hosting
// service in memory answers at once, so this is what Terraform and the provider cost.
func BenchmarkPlan_thousandMembers(b *testing.B) {
	w := acctest.NewCrowdedWorkspace(b)
	for b.Loop() {
		peak := timePlans(b, w, crowd(1000), crowd(1001), "")
		timePlans(b, w, crowd(1000).wired(), crowd(1001).wired(), "-wired")
		b.ReportMetric(peak/1e6, "provider-MB-peak")
		b.ReportMetric(0, "ns/op")
	}
}

// timePlans applies the first stack, reports the median duration of plans that leave
// it as it is, and of plans that change it to the second one, and returns the largest
// peak memory of the provider in bytes.
func timePlans(b *testing.B, w *acctest.Workspace, now, next stack, suffix string) (peak float64) {
	b.Helper()
	w.Write(now.String())
	w.MustRun("apply", "-auto-approve")
	w.MustRun("apply", "-auto-approve")
	still, peak := timePlan(b, w, acctest.NothingToDo)
	w.Write(next.String())
	out, more := timePlan(b, w, acctest.ToDo)
	b.ReportMetric(still.Seconds(), "unchanged"+suffix+"-s")
	b.ReportMetric(out.Seconds(), "scale-out"+suffix+"-s")
	return max(peak, more)
}

func timePlan(b *testing.B, w *acctest.Workspace, wantExit int) (middle time.Duration, peak float64) {
	b.Helper()
	const rounds = 5
	var took []time.Duration
	for range rounds {
		start := time.Now()
		result := w.Run("plan", "-detailed-exitcode", "-out=plan")
		took = append(took, time.Since(start))
		if result.ExitCode != wantExit {
			b.Fatalf("the plan ends with exit code %d, want %d:\n%s", result.ExitCode, wantExit, result.Output)
		}
		peak = max(peak, w.ProviderPeak())
	}
	return median(took), peak
}
