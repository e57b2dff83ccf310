// Package cloudwatch is the [metric.Source] on Amazon CloudWatch.
//
// All queries of a fetch share as few calls of GetMetricData as the service's limits
// allow, whatever their periods and windows: 500 metrics or expressions and 100,800
// datapoints per call.
//
// A sample stands for one whole period. CloudWatch counts periods from the start of a
// call's time range, so that range begins where a period of the clock begins, for each
// of the periods in the call; and the period that is still open is left out, because
// its value changes until it ends.
package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// maxCalls is how many calls of one Fetch are under way at once.
const maxCalls = 4

// API are all calls of Amazon CloudWatch that are made.
type API interface {
	GetMetricData(context.Context, *sdk.GetMetricDataInput, ...func(*sdk.Options)) (*sdk.GetMetricDataOutput, error)
}

var (
	_ API           = (*sdk.Client)(nil)
	_ metric.Source = (*Source)(nil)
)

// Options are what a [Source] needs.
type Options struct {
	// Client makes the calls. Whatever is retried, it retries.
	Client API
	// Now is the clock: windows end at the present.
	Now func() time.Time
}

// Source reads the metrics of one account and region.
type Source struct {
	client API
	now    func() time.Time
}

// New returns a source. It makes no call.
func New(options Options) *Source {
	return &Source{client: options.Client, now: options.Now}
}

// Check implements [metric.Source].
func (s *Source) Check(query metric.Query) error {
	_, err := interpret(query)
	return err
}

// Fetch implements [metric.Source].
func (s *Source) Fetch(ctx context.Context, queries []metric.Query) []metric.Result {
	results := make([]metric.Result, len(queries))
	now := s.now()
	inquiries := newInquiries(queries, results, now)
	var units []*unit
	for _, inquiry := range inquiries {
		units = append(units, inquiry.units...)
	}
	s.ask(ctx, pack(units, now))
	for _, inquiry := range inquiries {
		result := inquiry.result()
		for _, i := range inquiry.answers {
			results[i] = result
		}
	}
	return results
}

// ask gives every unit of the batches its answer.
func (s *Source) ask(ctx context.Context, batches []*batch) {
	var all sync.WaitGroup
	slots := make(chan struct{}, maxCalls)
	for _, batch := range batches {
		all.Go(func() {
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
				s.askOne(ctx, batch)
			case <-ctx.Done():
				batch.fail(describe(ctx.Err()))
			}
		})
	}
	all.Wait()
}

// inquiry is one of the different queries of a fetch.
type inquiry struct {
	question
	span

	units []*unit
	// answers are the indexes of the results that it answers.
	answers []int
}

// newInquiries returns what is to be asked. Queries that make no sense get their
// results at once.
func newInquiries(queries []metric.Query, results []metric.Result, now time.Time) []*inquiry {
	var inquiries []*inquiry
	known := make(map[string]*inquiry)
	units := 0
	for i, query := range queries {
		key := identity(query)
		if same := known[key]; same != nil {
			same.answers = append(same.answers, i)
			continue
		}
		question, err := interpret(query)
		if err != nil {
			results[i].Err = err
			continue
		}
		asked := &inquiry{question: question, span: question.span(now), answers: []int{i}}
		asked.units = newUnits(asked, units)
		units += len(asked.units)
		known[key] = asked
		inquiries = append(inquiries, asked)
	}
	return inquiries
}

// identity is the same for equal queries.
func identity(query metric.Query) string {
	encoded, err := json.Marshal(query)
	if err != nil {
		panic(fmt.Sprintf("encoding strings and numbers: %v", err)) // They always encode.
	}
	return string(encoded)
}

// result puts the answers of the units together. A part of the servers is no answer
// where the others could not be asked for.
func (i *inquiry) result() metric.Result {
	servers := make(map[string][]metric.Sample)
	for _, unit := range i.units {
		switch {
		case unit.err != nil:
			return metric.Result{Err: unit.err}
		case i.PerServer == nil && len(unit.samples) > 0:
			return metric.Result{Samples: unit.samples}
		case len(unit.samples) > 0:
			servers[unit.server] = unit.samples
		}
	}
	switch {
	case len(i.units) == 0:
		return metric.Result{Err: &metric.FetchError{Kind: metric.ErrNoData, Message: "no server is in service"}}
	case len(servers) == 0:
		return metric.Result{Err: &metric.FetchError{Kind: metric.ErrNoData, Message: "CloudWatch has no data in the window"}}
	}
	return metric.Result{Servers: servers}
}
