package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// BenchmarkPlanOnEC2_thousandMembers measures "terraform plan" with a refresh of 1,000
// members on EC2 and of an injection into them, of which nothing changes, where each
// call takes 100 ms; and counts the calls.
func BenchmarkPlanOnEC2_thousandMembers(b *testing.B) {
	cloud := acctest.NewCloud(b, acctest.CloudSpec{Idle: true, Latency: 100 * time.Millisecond})
	w := cloud.NewWorkspace(b)
	stack := crowd(1000)
	stack.injections = []injection{{into: "crowd.seed", arguments: `value = "grain"`}}
	w.Write(stack.String())
	w.MustRun("apply", "-auto-approve")
	w.MustRun("apply", "-auto-approve")
	for b.Loop() {
		cloud.ResetCalls()
		start := time.Now()
		result := w.Run("plan", "-detailed-exitcode")
		took := time.Since(start)
		if result.ExitCode != acctest.NothingToDo {
			b.Fatalf("the plan ends with exit code %d:\n%s", result.ExitCode, result.Output)
		}
		describes, all := 0, 0
		for operation, calls := range cloud.Calls() {
			all += calls
			if strings.Contains(operation, "Describe") {
				describes += calls
			}
		}
		b.ReportMetric(took.Seconds(), "plan-s")
		b.ReportMetric(float64(describes), "describes")
		b.ReportMetric(float64(all), "calls")
		b.ReportMetric(0, "ns/op")
	}
}
