package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// BenchmarkDecide is a decision with its trace and its sentence.
func BenchmarkDecide(b *testing.B) {
	for name, size := range map[string]struct{ rules, servers, samples int }{
		"3 rules of 60 samples":                      {3, 0, 60},
		"20 signals of 1000 servers with 10 samples": {20, 1000, 10},
	} {
		b.Run(name, func(b *testing.B) {
			spec, snapshot := crowd(size.rules, size.servers, size.samples)
			compiled := compile(b, spec)
			if got := compiled.Decide(snapshot); got.Reason != policy.ReasonReadyForNewScale || len(got.Trace.Rules) != size.rules {
				b.Fatalf("the decision is %q", got.Sentence)
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = compiled.Decide(snapshot)
			}
		})
	}
}

// crowd returns a policy of as many rules on signals of the group or, where there are
// servers, of single servers, which asks for more servers, and a full snapshot.
func crowd(rules, servers, samples int) (policy.Spec, policy.Snapshot) {
	spec := policy.Spec{Min: 1, Max: 1 << 20, Signals: map[string]policy.Signal{}, Rules: map[string]policy.Rule{}}
	snapshot := policy.Snapshot{Now: now(), Basis: running(max(servers, 4)), Signals: map[string]policy.Observation{}}
	for i := range servers {
		snapshot.Servers = append(snapshot.Servers, policy.Server{
			ID: fmt.Sprintf("i-%04d", i), Launched: now().Add(-time.Hour), State: policy.ServerInService,
		})
	}
	for i := range rules {
		name := fmt.Sprintf("s%02d", i)
		signal := policy.Signal{Period: time.Minute}
		observation := policy.Observation{}
		if servers > 0 {
			signal.PerServer = &policy.PerServer{}
			for _, server := range snapshot.Servers {
				observation.Servers = append(observation.Servers, policy.ServerSamples{ID: server.ID, Samples: minutely(samples, 80)})
			}
		} else {
			observation.Samples = minutely(samples, 400+float64(i))
		}
		spec.Signals[name], snapshot.Signals[name] = signal, observation
		spec.Rules[name] = ruleOf(name, 50, policy.TargetAverage)
	}
	return spec, snapshot
}

// minutely returns samples of the last minutes around a value.
func minutely(n int, value float64) []policy.Sample {
	samples := make([]policy.Sample, 0, n)
	for i := range n {
		at := now().Add(-time.Duration(n-1-i) * time.Minute)
		samples = append(samples, policy.Sample{At: at, Value: value + float64(i%3)})
	}
	return samples
}
