package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// SignalRequest says where the samples of a signal come from.
type SignalRequest struct {
	// Source is the name of a metric source.
	Source string
	Query  metric.Query
}

// Gather fetches the signals, from all sources at the same time and each within
// the deadline, and returns one observation per request. What goes wrong with one
// source is in the observations of its signals and nowhere else: not even a source
// that hangs or panics touches the others. A source that is absent from sources,
// or nil because its configuration isn't known yet, leaves its signals pending.
func Gather(ctx context.Context, sources map[string]metric.Source, requests map[string]SignalRequest, deadline time.Duration) map[string]policy.Observation {
	bySource := make(map[string][]string)
	for _, signal := range slices.Sorted(maps.Keys(requests)) {
		source := requests[signal].Source
		bySource[source] = append(bySource[source], signal)
	}
	observations := make(map[string]policy.Observation, len(requests))
	var (
		mu  sync.Mutex
		all sync.WaitGroup
	)
	for source, signals := range bySource {
		all.Go(func() {
			results := gatherFrom(ctx, source, sources[source], queriesOf(requests, signals), deadline)
			mu.Lock()
			defer mu.Unlock()
			for i, signal := range signals {
				observations[signal] = results[i]
			}
		})
	}
	all.Wait()
	return observations
}

func queriesOf(requests map[string]SignalRequest, signals []string) []metric.Query {
	queries := make([]metric.Query, 0, len(signals))
	for _, signal := range signals {
		queries = append(queries, requests[signal].Query)
	}
	return queries
}

// gatherFrom returns one observation per query, no later than the deadline also
// where the source breaks its contract and doesn't return.
func gatherFrom(ctx context.Context, name string, source metric.Source, queries []metric.Query, deadline time.Duration) []policy.Observation {
	if source == nil {
		return repeat(policy.Observation{Pending: fmt.Sprintf("the metric source %q was not known at the last refresh", name)}, len(queries))
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	done := make(chan []policy.Observation, 1)
	go func() { done <- fetchFrom(ctx, name, source, queries) }()
	select {
	case observations := <-done:
		return observations
	case <-ctx.Done():
	}
	// A source that keeps its contract returns now, with what it has.
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), gatherGrace)
	defer stop()
	select {
	case observations := <-done:
		return observations
	case <-grace.Done():
		return repeat(policy.Observation{Error: name + ": no answer in time"}, len(queries))
	}
}

// gatherGrace is how long a source may take to return after its context has
// ended.
const gatherGrace = time.Second

// fetchFrom turns results into observations. A panic must not pass: in a goroutine
// it would end the provider with everything that it is doing.
func fetchFrom(ctx context.Context, name string, source metric.Source, queries []metric.Query) (observations []policy.Observation) {
	defer func() {
		if recover() != nil {
			observations = repeat(policy.Observation{Error: name + ": the metric source has crashed; this is a bug, please report it"}, len(queries))
		}
	}()
	results := source.Fetch(ctx, queries)
	if len(results) != len(queries) {
		return repeat(policy.Observation{Error: fmt.Sprintf("%s: %d answers to %d queries", name, len(results), len(queries))}, len(queries))
	}
	for _, result := range results {
		observations = append(observations, toObservation(name, result))
	}
	return observations
}

func toObservation(source string, result metric.Result) policy.Observation {
	if result.Err != nil {
		return policy.Observation{Error: source + ": " + result.Err.Error()}
	}
	observation := policy.Observation{Samples: toSamples(result.Samples)}
	for _, id := range slices.Sorted(maps.Keys(result.Servers)) {
		observation.Servers = append(observation.Servers, policy.ServerSamples{ID: id, Samples: toSamples(result.Servers[id])})
	}
	return observation
}

func toSamples(measured []metric.Sample) []policy.Sample {
	var samples []policy.Sample
	for _, sample := range measured {
		samples = append(samples, policy.Sample{At: sample.At, Value: sample.Value})
	}
	return samples
}

func repeat(observation policy.Observation, n int) []policy.Observation {
	return slices.Repeat([]policy.Observation{observation}, n)
}
