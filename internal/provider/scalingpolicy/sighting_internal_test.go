package scalingpolicy

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// crowded is a policy on as many signals of single servers, and what is seen of them:
// numbers with that many decimals.
func crowded(t *testing.T, signals, servers, samples, decimals int) (*policy.Policy, map[string]signalModel, sighting, map[string]policy.Observation) {
	t.Helper()
	seen := sighting{ObservedAt: time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC), Exists: true, Intended: servers, InService: servers}
	for i := range servers {
		seen.Servers = append(seen.Servers, seenServer{ID: fmt.Sprintf("i-%017d", i), State: policy.ServerInService})
	}
	unit := math.Pow10(decimals)
	numbers := rand.New(rand.NewPCG(1, 2))
	spec := policy.Spec{Max: 10 * servers, Signals: map[string]policy.Signal{}, Rules: map[string]policy.Rule{}}
	models, observations := make(map[string]signalModel), make(map[string]policy.Observation)
	for i := range signals {
		name := fmt.Sprintf("s%02d", i)
		spec.Signals[name] = policy.Signal{Period: time.Minute, PerServer: &policy.PerServer{}}
		spec.Rules[name] = policy.Rule{Target: &policy.Target{Signal: name, Value: 50}}
		models[name] = signalModel{}
		var observation policy.Observation
		for _, server := range seen.Servers {
			own := policy.ServerSamples{ID: server.ID}
			for k := range samples {
				at := seen.ObservedAt.Add(-time.Duration(k) * time.Minute)
				own.Samples = append(own.Samples, policy.Sample{At: at, Value: 60 + math.Round(numbers.Float64()*unit)/unit})
			}
			observation.Servers = append(observation.Servers, own)
		}
		observations[name] = observation
	}
	compiled, err := policy.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	return compiled, models, seen, observations
}

// What is kept has room in the private state, whatever there is to see: first the past
// goes, and at last what no plan could carry.
func TestSighting_keep(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		signals, servers, decimals int
		whole, pending             bool
	}{
		"one signal of a hundred servers":                    {1, 100, 15, true, false},
		"two signals of a thousand servers":                  {2, 1000, 15, true, false},
		"eight signals of a thousand servers, two decimals":  {8, 1000, 2, true, false},
		"fifteen signals of a thousand servers":              {15, 1000, 15, false, false},
		"twenty signals of a thousand servers, two decimals": {20, 1000, 2, false, false},
		"thirty signals of a thousand servers":               {30, 1000, 15, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compiled, models, seen, observations := crowded(t, test.signals, test.servers, 10, test.decimals)
			if whole := seen.keep(compiled, models, observations, sighting{}); whole != test.whole {
				t.Errorf("it is %v that all samples are kept", whole)
			}
			if size := seen.size(); size > maxSightingBytes {
				t.Errorf("%d bytes are kept, want at most %d", size, maxSightingBytes)
			}
			decision := compiled.Decide(seen.snapshot(model{}, models, memory{}, 0))
			if pending := decision.Direction == policy.DirectionHold; pending != test.pending {
				t.Errorf("the decision is %q", decision.Sentence)
			}
		})
	}
}

// A sighting that has been in the private state is what it was.
func TestSighting_JSON(t *testing.T) {
	t.Parallel()
	compiled, models, seen, observations := crowded(t, 2, 3, 4, 15)
	observations["s00"] = policy.Observation{Error: "timeout"}
	before := sighting{Signals: map[string]seenSignal{"s00": {Query: models["s00"].digest(), LastGood: seen.ObservedAt.Add(-time.Hour)}}}
	seen.keep(compiled, models, observations, before)
	content, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	var read sighting
	if err := json.Unmarshal(content, &read); err != nil {
		t.Fatal(err)
	}
	want := compiled.Decide(seen.snapshot(model{}, models, memory{}, 0))
	got := compiled.Decide(read.snapshot(model{}, models, memory{}, 0))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the decision (-want +got):\n%s", diff)
	}
	if good := read.Signals["s00"].LastGood; !good.Equal(seen.ObservedAt.Add(-time.Hour)) {
		t.Errorf("the signal's last value is forgotten: %s", good)
	}
}
