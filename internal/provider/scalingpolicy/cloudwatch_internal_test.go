package scalingpolicy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

func TestAggregation_of(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	at := func(minute int, value float64) policy.Sample {
		return policy.Sample{At: begin.Add(time.Duration(minute) * time.Minute), Value: value}
	}
	servers := map[string][]policy.Sample{
		"i-0": {at(1, 99), at(3, 10)},
		"i-1": {at(5, 40), at(4, 99)},
		"i-2": {at(2, -5)},
	}
	for aggregation, want := range map[aggregation]float64{
		aggregationAverage: 15, aggregationMaximum: 40, aggregationMinimum: -5, aggregationSum: 45,
	} {
		// The newest of each counts, and the oldest of these says how old it is.
		if diff := cmp.Diff(at(2, want), aggregation.of(servers)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", aggregation, diff)
		}
	}
}

func TestSilent(t *testing.T) {
	t.Parallel()
	samples := map[string][]policy.Sample{"i-0": {{Value: 1}}, "i-1": {}}
	tests := map[string]struct {
		servers []string
		want    string
	}{
		"all have one": {[]string{"i-0"}, ""},
		"one has none": {[]string{"i-0", "i-1"}, "it has no sample of server i-1"},
		"two of three": {[]string{"i-2", "i-0", "i-1"}, "it has no sample of 2 of 3 servers, i-2 among them"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := silent(test.servers, samples); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
