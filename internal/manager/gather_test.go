package manager_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// sourceFunc is a source that is nothing but its Fetch.
type sourceFunc func(ctx context.Context, queries []metric.Query) []metric.Result

func (sourceFunc) Check(metric.Query) error { return nil }

func (f sourceFunc) Fetch(ctx context.Context, queries []metric.Query) []metric.Result {
	return f(ctx, queries)
}

func unavailable(message string) metric.Result {
	return metric.Result{Err: &metric.FetchError{Kind: metric.ErrUnavailable, Message: message}}
}

func TestGather(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	lengths := sourceFunc(func(_ context.Context, queries []metric.Query) []metric.Result {
		var results []metric.Result
		for _, query := range queries {
			if query.PerServer != nil {
				results = append(results, metric.Result{Servers: map[string][]metric.Sample{"srv-1": {{At: at, Value: 1}}}})
				continue
			}
			if query.Path == "" {
				results = append(results, unavailable("connection refused"))
				continue
			}
			results = append(results, metric.Result{Samples: []metric.Sample{{At: at, Value: float64(len(query.Path))}}})
		}
		return results
	})
	sources := map[string]metric.Source{
		"good": lengths,
		"patient": sourceFunc(func(ctx context.Context, _ []metric.Query) []metric.Result {
			<-ctx.Done()
			return []metric.Result{unavailable("no answer in time")}
		}),
		"hung":    sourceFunc(func(context.Context, []metric.Query) []metric.Result { time.Sleep(time.Hour); return nil }),
		"broken":  sourceFunc(func(context.Context, []metric.Query) []metric.Result { panic("oops") }),
		"short":   sourceFunc(func(context.Context, []metric.Query) []metric.Result { return nil }),
		"unknown": nil,
	}
	requests := map[string]manager.SignalRequest{
		"a":       {Source: "good", Query: metric.Query{Path: "xx"}},
		"b":       {Source: "good"},
		"c":       {Source: "good", Query: metric.Query{Path: "xxx"}},
		"servers": {Source: "good", Query: metric.Query{PerServer: &metric.PerServer{Servers: []string{"srv-1", "srv-2"}}}},
		"broken":  {Source: "broken"},
		"hung":    {Source: "hung"},
		"missing": {Source: "missing"},
		"patient": {Source: "patient"},
		"short":   {Source: "short"},
		"unknown": {Source: "unknown"},
	}
	one := func(value float64) []policy.Sample { return []policy.Sample{{At: at, Value: value}} }
	seen := func(value float64) policy.Observation {
		return policy.Observation{Samples: one(value)}
	}
	failed := func(cause string) policy.Observation {
		return policy.Observation{Error: cause}
	}
	pending := func(cause string) policy.Observation {
		return policy.Observation{Pending: cause}
	}
	want := map[string]policy.Observation{
		"a":       seen(2),
		"b":       failed("good: connection refused"),
		"c":       seen(3),
		"servers": {Servers: []policy.ServerSamples{{ID: "srv-1", Samples: one(1)}}},
		"broken":  failed("broken: the metric source has crashed; this is a bug, please report it"),
		"hung":    failed("hung: no answer in time"),
		"missing": pending(`the metric source "missing" was not known at the last refresh`),
		"patient": failed("patient: no answer in time"),
		"short":   failed("short: 0 answers to 1 queries"),
		"unknown": pending(`the metric source "unknown" was not known at the last refresh`),
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := manager.Gather(t.Context(), sources, requests, 10*time.Second)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
		if took := time.Since(start); took != 11*time.Second {
			t.Errorf("took %s, want the deadline and a second", took)
		}
		time.Sleep(time.Hour) // the hung source returns, so that the bubble can end
	})
}

func TestGather_nothing(t *testing.T) {
	t.Parallel()
	if got := manager.Gather(t.Context(), nil, nil, time.Second); len(got) != 0 {
		t.Errorf("got %v for no requests", got)
	}
}
