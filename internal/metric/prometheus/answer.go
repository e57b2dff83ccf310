package prometheus

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// answer are the series that a query gives.
type answer []series

type series struct {
	labels  model.Metric
	samples []metric.Sample
	// histogram says that it has values which are not numbers.
	histogram bool
}

// read returns the series of a value. A range query gives a matrix; the other types are
// those of an instant query, which a server must have evaluated in its place. Of a server
// that extends the range to its liking, what lies behind the end is dropped.
func read(value model.Value, end time.Time) (answer, error) {
	var found answer
	switch value := value.(type) {
	case model.Matrix:
		for _, stream := range value {
			if stream == nil {
				return nil, malformed("the answer is not one of Prometheus")
			}
			found = append(found, series{
				labels: stream.Metric, samples: samples(stream.Values, end), histogram: len(stream.Histograms) > 0,
			})
		}
	case model.Vector:
		for _, sample := range value {
			if sample == nil {
				return nil, malformed("the answer is not one of Prometheus")
			}
			one := []model.SamplePair{{Timestamp: sample.Timestamp, Value: sample.Value}}
			if sample.Histogram != nil {
				one = nil
			}
			found = append(found, series{labels: sample.Metric, samples: samples(one, end), histogram: sample.Histogram != nil})
		}
	case *model.Scalar:
		found = answer{{samples: samples([]model.SamplePair{{Timestamp: value.Timestamp, Value: value.Value}}, end)}}
	default:
		return nil, malformed("the answer is not one of Prometheus")
	}
	return found, nil
}

// samples returns the finite ones, from the oldest to the newest: no number is what
// PromQL has for the absence of one.
func samples(pairs []model.SamplePair, end time.Time) []metric.Sample {
	var finite []metric.Sample
	for _, pair := range pairs {
		value, at := float64(pair.Value), pair.Timestamp.Time().UTC()
		if math.IsNaN(value) || math.IsInf(value, 0) || at.After(end) {
			continue
		}
		finite = append(finite, metric.Sample{At: at, Value: value})
	}
	slices.SortStableFunc(finite, func(a, b metric.Sample) int { return a.At.Compare(b.At) })
	return finite
}

// single returns the samples of the only series.
func (a answer) single() ([]metric.Sample, error) {
	switch {
	case len(a) == 0:
		return nil, noData("the query gives no series in the window")
	case len(a) > 1:
		return nil, malformed("the query gives %d series; aggregate them, for example with sum(), or set per_server", len(a))
	case len(a[0].samples) == 0 && a[0].histogram:
		return nil, errHistogram()
	case len(a[0].samples) == 0:
		return nil, noData("the query gives no finite number in the window")
	}
	return a[0].samples, nil
}

// byServer returns the samples of each server that is known. Other series belong to
// somebody else.
func (a answer) byServer(perServer *metric.PerServer) (map[string][]metric.Sample, error) {
	label := model.LabelName(perServer.Dimension)
	known, seen := newRoll(perServer), make(map[string]bool)
	labelled, histogram := false, false
	servers := make(map[string][]metric.Sample)
	for _, series := range a {
		value, ok := series.labels[label]
		labelled = labelled || ok
		id, ok := known.find(string(value))
		if !ok {
			continue
		}
		if seen[id] {
			return nil, malformed("the query gives several series for one server; aggregate them, for example with sum by (%s)", label)
		}
		seen[id] = true
		if len(series.samples) > 0 {
			servers[id] = series.samples
		}
		histogram = histogram || series.histogram
	}
	if len(servers) > 0 {
		return servers, nil
	}
	switch {
	case len(a) == 0:
		return nil, noData("the query gives no series in the window")
	case !labelled:
		return nil, noData("no series of the query has the label %s", label)
	case len(seen) == 0:
		return nil, noData("no series of the query is of a server of the group by its label %s", label)
	case histogram:
		return nil, errHistogram()
	}
	return nil, noData("the query gives no finite number in the window")
}

func errHistogram() error {
	return malformed("the query gives histograms, not numbers; make them numbers, for example with histogram_quantile()")
}
