package provider_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// crowd is a group of that many members with an injection from itself and a
// readiness. It is called as the world's quick servers are.
func crowd(size int) stack {
	return stack{
		configurations: []configuration{{
			name: "crowd", boot: "true",
			parameters: `seed = { deferred = true, required_for = "ready" }`, outputs: `version = {}`,
		}},
		groups:     []group{{name: "crowd", size: size}},
		injections: []injection{{into: "crowd.seed", from: []string{"crowd.private_ip"}}},
	}
}

// BenchmarkPlan_thousandMembers measures "terraform plan" with a refresh, the start
// of all processes included, of 1,000 members of which none changes, and of the step
// to 1,001. The hosting service in memory answers at once, so this is what Terraform
// and the provider cost.
func BenchmarkPlan_thousandMembers(b *testing.B) {
	const rounds = 5
	w := acctest.NewCrowdedWorkspace(b)
	w.Write(crowd(1000).String())
	w.MustRun("apply", "-auto-approve")
	for b.Loop() {
		w.Write(crowd(1000).String())
		still, peak := timePlans(b, w, rounds, acctest.NothingToDo)
		w.Write(crowd(1001).String())
		out, _ := timePlans(b, w, rounds, acctest.ToDo)
		b.ReportMetric(still.Seconds(), "unchanged-s")
		b.ReportMetric(out.Seconds(), "scale-out-s")
		b.ReportMetric(peak/1e6, "provider-MB-peak")
		b.ReportMetric(0, "ns/op")
	}
}

// timePlans returns the median duration of the plans, and the largest peak memory of
// the provider in bytes.
func timePlans(b *testing.B, w *acctest.Workspace, rounds, wantExit int) (middle time.Duration, peak float64) {
	b.Helper()
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
