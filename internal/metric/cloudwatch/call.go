package cloudwatch

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// askOne gives every unit of a batch its answer, with more calls than one where the
// service refuses a query and with it the call.
func (s *Source) askOne(ctx context.Context, b *batch) {
	found, err := s.call(ctx, b)
	refused, ok := refusalOf(err)
	if !ok || found.pages > 0 {
		found.answer(b, err)
		return
	}
	all, named := b.inquiries(), refused.inquiries(b)
	if len(all) == 1 || len(named) == len(all) {
		for _, inquiry := range all {
			refused.tell(inquiry, b)
		}
		return
	}
	if len(named) == 0 {
		named = half(all)
	}
	with, without := b.split(named)
	s.askOne(ctx, with)
	s.askOne(ctx, without)
}

func half(inquiries []*inquiry) map[*inquiry]bool {
	chosen := make(map[*inquiry]bool)
	for _, inquiry := range inquiries[:len(inquiries)/2] {
		chosen[inquiry] = true
	}
	return chosen
}

// call makes one call and reads all its pages. It returns what it has, also with an
// error.
func (s *Source) call(ctx context.Context, b *batch) (findings, error) {
	found := findings{series: make(map[string]*series)}
	input := b.input()
	for {
		output, err := s.client.GetMetricData(ctx, input)
		if err != nil {
			return found, err
		}
		found.add(output)
		token := aws.ToString(output.NextToken)
		if token == "" || token == aws.ToString(input.NextToken) {
			return found, nil
		}
		input.NextToken = output.NextToken
	}
}

// findings are the results in the pages of one call.
type findings struct {
	pages  int
	series map[string]*series
	// message: the service has something to say about the call as a whole, which it
	// does where it has not done all of it.
	message bool
}

// series is what the pages say about one Id.
type series struct {
	// labels tell one series from another, of which a search has several. most is how
	// many there were on one page.
	labels map[string]bool
	most   int
	status cwtypes.StatusCode
	times  []time.Time
	values []float64
	// torn: there are more times than values, or fewer.
	torn bool
}

func (f *findings) add(output *sdk.GetMetricDataOutput) {
	f.pages++
	f.message = f.message || len(output.Messages) > 0
	onPage := make(map[string]int)
	for _, result := range output.MetricDataResults {
		id := aws.ToString(result.Id)
		found := f.series[id]
		if found == nil {
			found = &series{labels: make(map[string]bool)}
			f.series[id] = found
		}
		onPage[id]++
		found.add(result, onPage[id])
	}
}

// add takes the nth result of one Id on a page.
func (s *series) add(result cwtypes.MetricDataResult, nth int) {
	s.labels[aws.ToString(result.Label)] = true
	s.most = max(s.most, nth)
	s.status = result.StatusCode
	s.times = append(s.times, result.Timestamps...)
	s.values = append(s.values, result.Values...)
	s.torn = s.torn || len(result.Timestamps) != len(result.Values)
}

// answer gives every unit of the batch what was found for it. err is why something
// may be missing; nil where the call has come to its end.
func (f *findings) answer(b *batch, err error) {
	missing := describe(err)
	if missing == nil {
		missing = &metric.FetchError{Kind: metric.ErrUnavailable, Message: "CloudWatch has answered only a part of the query"}
	}
	for _, unit := range b.units {
		found := f.series[unit.id]
		switch {
		case found == nil && (err != nil || f.message):
			unit.err = missing
		case found == nil:
			// No data.
		case found.status == cwtypes.StatusCodeInternalError:
			unit.err = &metric.FetchError{Kind: metric.ErrUnavailable, Message: "CloudWatch had an internal error"}
		case found.status != cwtypes.StatusCodeComplete:
			unit.err = missing
		default:
			unit.samples, unit.err = found.samples(unit.span)
		}
	}
}

// samples returns the samples of the span, the oldest first.
func (s *series) samples(of span) ([]metric.Sample, error) {
	malformed := func(message string) ([]metric.Sample, error) {
		return nil, &metric.FetchError{Kind: metric.ErrMalformed, Message: message}
	}
	switch {
	case len(s.labels) > 1 || s.most > 1:
		return malformed("the expression gives several series; make one of them, for example with SUM")
	case s.torn:
		return malformed("CloudWatch's answer has times without values")
	}
	var samples []metric.Sample
	for i, begun := range s.times {
		if !of.covers(begun) {
			continue
		}
		if math.IsNaN(s.values[i]) || math.IsInf(s.values[i], 0) {
			return malformed("a value is not a finite number")
		}
		samples = append(samples, metric.Sample{At: begun.Add(of.period).UTC(), Value: s.values[i]})
	}
	slices.SortStableFunc(samples, func(a, b metric.Sample) int { return a.At.Compare(b.At) })
	return samples, nil
}
