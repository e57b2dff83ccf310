package provider_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// BenchmarkChain compares the time to apply ten configurations of which each does
// two seconds of boot work and then needs one published value of the one before:
// booting together, with one readiness, and chained by depends_on through a
// readiness each. Both run the same scripts in the same round; the medians of
// three rounds and their ratio are reported.
func BenchmarkChain(b *testing.B) {
	const rounds, length = 3, 10
	for b.Loop() {
		var together, chained []time.Duration
		for range rounds {
			together = append(together, timeChain(b, benchChain(length, false)))
			chained = append(chained, timeChain(b, benchChain(length, true)))
		}
		b.ReportMetric(median(together).Seconds(), "together-s")
		b.ReportMetric(median(chained).Seconds(), "depends_on-s")
		b.ReportMetric(median(chained).Seconds()/median(together).Seconds(), "times-faster")
		b.ReportMetric(0, "ns/op")
	}
}

// timeChain applies the configuration in a workspace of its own and returns how
// long the apply took.
func timeChain(b *testing.B, config string) time.Duration {
	b.Helper()
	w := acctest.NewWorkspace(b)
	w.Write(config)
	start := time.Now()
	w.MustRun("apply", "-auto-approve")
	took := time.Since(start)
	w.MustRun("destroy", "-auto-approve")
	return took
}

func median(durations []time.Duration) time.Duration {
	slices.Sort(durations)
	return durations[len(durations)/2]
}

// benchChain returns configurations s0, s1, … with a group each.
func benchChain(length int, chained bool) string {
	var s stack
	s.unready = chained
	var text strings.Builder
	for i := range length {
		name := fmt.Sprintf("s%d", i)
		s.configurations = append(s.configurations, configuration{
			name:       name,
			boot:       "sleep 2\nprevious=$(muster param get previous)\nprintf %s $((previous + 1)) | muster output set value",
			parameters: `previous = { deferred = true, required_for = "ready" }`,
			outputs:    "value = {}",
		})
		next, wire := group{name: name, size: 1}, injection{into: name + ".previous", arguments: `value = "0"`}
		if i > 0 {
			wire = injection{into: name + ".previous", from: []string{fmt.Sprintf("s%d.value", i-1)}}
		}
		if chained {
			if i > 0 {
				next.arguments = fmt.Sprintf("depends_on = [muster_server_readiness.s%d]", i-1)
			}
			fmt.Fprintf(&text, "resource \"muster_server_readiness\" %q {\n  groups = [%s.handle]\n  after = [%s.wire]\n}\n",
				name, groupAddress(name), injectionAddress(wire.name()))
		}
		s.groups = append(s.groups, next)
		s.injections = append(s.injections, wire)
	}
	return s.String() + text.String()
}
