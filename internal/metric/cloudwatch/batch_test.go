package cloudwatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// many returns n queries for different metrics, of which the fake has all.
func many(fake *cloudwatchfake.Service, n int) []metric.Query {
	queries := make([]metric.Query, 0, n)
	for i := range n {
		name := fmt.Sprintf("M%d", i)
		fake.Put(app(name), ago(time.Minute, float64(i)))
		queries = append(queries, named(name))
	}
	return queries
}

// sizes returns how many entries each call had, in no order.
func sizes(fake *cloudwatchfake.Service) map[int]int {
	sizes := make(map[int]int)
	for _, request := range fake.Requests() {
		sizes[len(request.Queries)]++
	}
	return sizes
}

func TestSource_Fetch_calls(t *testing.T) {
	t.Parallel()
	servers := func(n int) []string {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("i-%d", i))
		}
		return ids
	}
	long := func(name string, period, window time.Duration) metric.Query {
		query := named(name)
		query.Period, query.Window = period, window
		return query
	}
	tests := map[string]struct {
		queries func(*cloudwatchfake.Service) []metric.Query
		// want counts the calls by the number of their entries.
		want map[int]int
	}{
		"500 metrics":   {func(fake *cloudwatchfake.Service) []metric.Query { return many(fake, 500) }, map[int]int{500: 1}},
		"501 metrics":   {func(fake *cloudwatchfake.Service) []metric.Query { return many(fake, 501) }, map[int]int{500: 1, 1: 1}},
		"1,201 metrics": {func(fake *cloudwatchfake.Service) []metric.Query { return many(fake, 1201) }, map[int]int{500: 2, 201: 1}},
		"1,201 servers": {
			func(*cloudwatchfake.Service) []metric.Query {
				return []metric.Query{perServer("Load", servers(1200)...), named("Jobs")}
			},
			map[int]int{500: 2, 201: 1},
		},
		"what belongs together stays together": {
			func(fake *cloudwatchfake.Service) []metric.Query {
				query := computed("a + b", "a", "b")
				query.PerServer = &metric.PerServer{Dimension: "InstanceId", Servers: servers(3)}
				return append(many(fake, 493), query) // Three times three entries; there is room for seven.
			},
			map[int]int{499: 1, 3: 1},
		},
		"too many datapoints for one call": {
			func(*cloudwatchfake.Service) []metric.Query {
				var queries []metric.Query
				for i := range 71 {
					queries = append(queries, long(fmt.Sprintf("M%d", i), time.Minute, 24*time.Hour))
				}
				return queries
			},
			map[int]int{70: 1, 1: 1},
		},
		"a long window doesn't blow up short ones": {
			func(fake *cloudwatchfake.Service) []metric.Query {
				// 500 series of a minute over a day would be 720,000 datapoints.
				return append(many(fake, 400), long("Day", time.Minute, 24*time.Hour))
			},
			map[int]int{400: 1, 1: 1},
		},
		"one query of Metrics Insights per call": {
			func(*cloudwatchfake.Service) []metric.Query {
				return []metric.Query{
					computed(`SELECT SUM(A) FROM "App"`), computed(`SELECT SUM(B) FROM "App"`), named("Jobs"), computed(`select sum(C) from "App"`),
				}
			},
			map[int]int{2: 1, 1: 2},
		},
		"equal queries are one": {
			func(*cloudwatchfake.Service) []metric.Query {
				return []metric.Query{named("Jobs"), named("Jobs"), perServer("Load", "i-1"), perServer("Load", "i-1"), perServer("Load", "i-2")}
			},
			map[int]int{3: 1},
		},
		"nothing to ask": {func(*cloudwatchfake.Service) []metric.Query { return []metric.Query{perServer("Load"), {}} }, map[int]int{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake()
			newSource(fake.Client()).Fetch(t.Context(), test.queries(fake))
			if diff := cmp.Diff(test.want, sizes(fake)); diff != "" {
				t.Errorf("calls by their size (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSource_Fetch_manyAnswers(t *testing.T) {
	t.Parallel()
	fake := newFake()
	for i, result := range newSource(fake.Client()).Fetch(t.Context(), many(fake, 1201)) {
		if want := fmt.Sprintf("12:00:00=%d", i); values(result) != want {
			t.Errorf("query %d: got %s, want %s", i, values(result), want)
		}
	}
}

func TestSource_Fetch_request(t *testing.T) {
	t.Parallel()
	fake := newFake()
	rate := computed("FILL(errors, 0) / total", "errors")
	rate.CloudWatch.Queries["total"] = metric.CloudWatch{
		Namespace: "AWS/ApplicationELB", MetricName: "RequestCount", Statistic: "Sum", Dimensions: map[string]string{"LoadBalancer": "app/web/1"},
	}
	cpu := metric.Query{
		CloudWatch: &metric.CloudWatch{Namespace: "AWS/EC2", MetricName: "CPUUtilization", Dimensions: map[string]string{"Tier": "web"}},
		PerServer:  &metric.PerServer{Dimension: "InstanceId", Servers: []string{"i-1"}},
		Period:     5 * time.Minute,
	}
	search := computed(`SUM(SEARCH('{App,a} MetricName="b"', 'Sum'))`)
	newSource(fake.Client()).Fetch(t.Context(), []metric.Query{rate, cpu, search})
	stat := func(namespace, name, stat string, period int, dimensions map[string]string) *cloudwatchfake.Stat {
		return &cloudwatchfake.Stat{Metric: cloudwatchfake.Metric{Namespace: namespace, Name: name, Dimensions: dimensions}, Period: period, Stat: stat}
	}
	want := []cloudwatchfake.Request{{
		Start: time.Date(2026, 3, 8, 11, 45, 0, 0, time.UTC), End: time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC), ScanBy: "TimestampAscending",
		Queries: []cloudwatchfake.Query{
			{ID: "muster0", Label: "muster0", Expression: "FILL(muster0_errors, 0) / muster0_total"},
			{ID: "muster0_errors", Label: "muster0_errors", Hidden: true, Stat: stat("App", "errors", "Sum", 60, map[string]string{})},
			{
				ID: "muster0_total", Label: "muster0_total", Hidden: true,
				Stat: stat("AWS/ApplicationELB", "RequestCount", "Sum", 60, map[string]string{"LoadBalancer": "app/web/1"}),
			},
			{
				ID: "muster1", Label: "muster1",
				Stat: stat("AWS/EC2", "CPUUtilization", "Average", 300, map[string]string{"Tier": "web", "InstanceId": "i-1"}),
			},
			{ID: "muster2", Label: "muster2", Period: 60, Expression: `SUM(SEARCH('{App,a} MetricName="b"', 'Sum'))`},
		},
	}}
	if diff := cmp.Diff(want, fake.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// calls is reported by the benchmark: the number of calls that a fetch costs.
func BenchmarkSource_Fetch(b *testing.B) {
	for _, n := range []int{500, 1201} {
		b.Run(fmt.Sprintf("%d queries", n), func(b *testing.B) {
			fake := newFake()
			queries := many(fake, n)
			source := newSource(fake.Client())
			b.ReportAllocs()
			fetches := 0
			for b.Loop() {
				source.Fetch(b.Context(), queries)
				fetches++
			}
			b.ReportMetric(float64(fake.Calls())/float64(fetches), "calls/op")
		})
	}
}
