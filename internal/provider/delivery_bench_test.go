package provider_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// BenchmarkDelivery measures how long a value is under way on the local hosting service: from
// the moment before a server publishes it until the script of the server that waits for it
// goes on. Between the two are the report, the readiness that collects it, the ledger
// and the delivery. The servers form a chain, so that nobody waits for two values at once;
// median and worst of all links of three rounds are reported.
func BenchmarkDelivery(b *testing.B) {
	const rounds, length = 3, 12
	for b.Loop() {
		var took []time.Duration
		for range rounds {
			took = append(took, timeLinks(b, length)...)
		}
		b.ReportMetric(float64(median(took).Microseconds())/1000, "median-ms")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-ms")
		b.ReportMetric(float64(len(took)), "values")
		b.ReportMetric(0, "ns/op")
	}
}

// timeLinks returns how long the value of each link was under way.
func timeLinks(b *testing.B, length int) []time.Duration {
	b.Helper()
	w := acctest.NewWorkspace(b)
	w.Write(linked(length).String())
	w.MustRun("apply", "-auto-approve")
	instant := func(server int, name string) time.Time {
		text := acctest.Member(b, w.Directory(), fmt.Sprintf("s%d-0", server)).File(b, name)
		nanoseconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return time.Unix(0, nanoseconds)
	}
	var took []time.Duration
	for i := 1; i < length; i++ {
		took = append(took, instant(i, "got").Sub(instant(i-1, "published")))
	}
	w.MustRun("destroy", "-auto-approve")
	return took
}

// linked returns a chain of servers: each waits for the value of the one before.
func linked(length int) stack {
	var s stack
	for i := range length {
		name := fmt.Sprintf("s%d", i)
		s.configurations = append(s.configurations, configuration{
			name:       name,
			boot:       "previous=$(muster param get previous)\nprintf %s $(date +%s%N) >got\nprintf %s $(date +%s%N) >published\nprintf %s $((previous + 1)) | muster output set value",
			parameters: `previous = { deferred = true, required_for = "ready" }`,
			outputs:    "value = {}",
		})
		wire := injection{into: name + ".previous", arguments: `value = "0"`}
		if i > 0 {
			wire = injection{into: name + ".previous", from: []string{fmt.Sprintf("s%d.value", i-1)}}
		}
		s.groups, s.injections = append(s.groups, group{name: name, size: 1}), append(s.injections, wire)
	}
	return s
}
