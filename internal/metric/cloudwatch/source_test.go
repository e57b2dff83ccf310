package cloudwatch_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
	"github.com/musterhq/terraform-provider-muster/internal/metric/metrictest"
)

// now is half a minute into a period.
func now() time.Time { return time.Date(2026, 3, 8, 12, 0, 30, 0, time.UTC) }

func newFake() *cloudwatchfake.Service {
	return cloudwatchfake.New(cloudwatchfake.Options{Now: now})
}

func newSource(client cloudwatch.API) *cloudwatch.Source {
	return cloudwatch.New(cloudwatch.Options{Client: client, Now: now})
}

// named returns the query for a metric of the namespace App, by the minute.
func named(name string) metric.Query {
	return metric.Query{CloudWatch: &metric.CloudWatch{Namespace: "App", MetricName: name, Statistic: "Sum"}}
}

// computed returns the query for an expression on metrics of the namespace App.
func computed(expression string, names ...string) metric.Query {
	query := metric.Query{CloudWatch: &metric.CloudWatch{Expression: expression, Queries: map[string]metric.CloudWatch{}}}
	for _, name := range names {
		query.CloudWatch.Queries[name] = *named(name).CloudWatch
	}
	return query
}

// perServer returns the query for a metric of each of the servers.
func perServer(name string, servers ...string) metric.Query {
	query := named(name)
	query.PerServer = &metric.PerServer{Dimension: "InstanceId", Servers: servers}
	return query
}

func app(name string) cloudwatchfake.Metric {
	return cloudwatchfake.Metric{Namespace: "App", Name: name}
}

func of(name, server string) cloudwatchfake.Metric {
	return cloudwatchfake.Metric{Namespace: "App", Name: name, Dimensions: map[string]string{"InstanceId": server}}
}

// ago returns a value of that long ago.
func ago(age time.Duration, value float64) cloudwatchfake.Point {
	return cloudwatchfake.Point{At: now().Add(-age), Value: value}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// nowhere returns a client of a port that nobody listens on.
func nowhere(t *testing.T) (client *sdk.Client, address string) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return sdk.New(sdk.Options{
		Region:       "eu-central-1",
		Credentials:  newFake().Client().Options().Credentials,
		Retryer:      aws.NopRetryer{},
		BaseEndpoint: aws.String("http://" + listener.Addr().String()),
	}), listener.Addr().String()
}

func TestSource_contract(t *testing.T) {
	t.Parallel()
	metrictest.Run(t, func(t *testing.T) metrictest.Fixture {
		t.Helper()
		fake := newFake()
		fake.Put(app("Jobs"), ago(2*time.Minute, 40), ago(time.Minute, 42.5))
		fake.Put(app("Errors"), ago(2*time.Minute, 1), ago(time.Minute, 0))
		fake.Put(app("Odd"), ago(time.Minute, nan()))
		fake.Put(of("Load", "i-1"), ago(time.Minute, 1))
		fake.Put(of("Load", "i-2"), ago(2*time.Minute, 2))
		fake.SetTrouble(app("Broken"), cloudwatchfake.Broken)
		fake.SetTrouble(app("Slow"), cloudwatchfake.Silent)
		client, address := nowhere(t)
		servers := perServer("Load", "i-1", "i-2", "i-3")
		misspelt := named("Jobs")
		misspelt.CloudWatch.Statistic = "Avg"
		both := named("Jobs")
		both.Value = "depth"
		timed, prometheus := named("Jobs"), named("Jobs")
		timed.Time, prometheus.Query = "times", "up"
		return metrictest.Fixture{
			Source:    newSource(fake.Client()),
			Number:    named("Jobs"),
			Want:      42.5,
			Zero:      named("Errors"),
			Empty:     named("Nothing"),
			Words:     named("Odd"),
			Senseless: misspelt,
			Foreign:   []metric.Query{{Path: "/queue", Value: "depth"}, {Value: "depth"}, {}, both, timed, prometheus},
			Slow:      named("Slow"),
			Failing:   named("Broken"),
			PerServer: &servers,
			Servers:   map[string]float64{"i-1": 1, "i-2": 2},
			Down:      newSource(client),
			Asked:     fake.Calls,
			Secrets:   []string{"AKIAEXAMPLE", "cloudwatch.example", address, "NaN", "InternalError"},
		}
	})
}

// values returns the result in short: "11:59=4 12:00=5", or the error.
func values(result metric.Result) string {
	if result.Err != nil {
		return result.Err.Error()
	}
	var words []string
	for _, sample := range result.Samples {
		words = append(words, fmt.Sprintf("%s=%v", sample.At.Format("15:04:05"), sample.Value))
	}
	for id, samples := range result.Servers {
		words = append(words, id+" "+values(metric.Result{Samples: samples}))
	}
	return strings.Join(words, " ")
}

func fetchOne(ctx context.Context, client cloudwatch.API, query metric.Query) string {
	return values(newSource(client).Fetch(ctx, []metric.Query{query})[0])
}

// everySecond is a metric with a value of 1 in every second of the last four hours.
func everySecond(fake *cloudwatchfake.Service) {
	points := make([]cloudwatchfake.Point, 0, 4*60*60)
	for age := time.Second / 2; age < 4*time.Hour; age += time.Second {
		points = append(points, ago(age, 1))
	}
	fake.Put(app("Ticks"), points...)
}

func TestSource_Fetch_ranges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		period, window, offset time.Duration
		// first and last are the newest ends of periods.
		first, last string
		count       int
		value       float64
	}{
		"the defaults":                          {0, 0, 0, "11:46:00", "12:00:00", 15, 60},
		"a long period":                         {time.Hour, 0, 0, "10:00:00", "12:00:00", 3, 3600},
		"one period":                            {5 * time.Minute, 5 * time.Minute, 0, "12:00:00", "12:00:00", 1, 300},
		"a window is rounded up":                {5 * time.Minute, 6 * time.Minute, 0, "11:55:00", "12:00:00", 2, 300},
		"a window that ends in the past":        {time.Minute, 2 * time.Minute, 3 * time.Minute, "11:56:00", "11:57:00", 2, 60},
		"seconds":                               {10 * time.Second, 30 * time.Second, 0, "12:00:10", "12:00:30", 3, 10},
		"as far back as there are seconds":      {30 * time.Second, 3 * time.Hour, 0, "09:02:00", "12:00:30", 358, 30},
		"an offset that isn't a whole period":   {time.Minute, 2 * time.Minute, 31 * time.Second, "11:58:00", "11:59:00", 2, 60},
		"an offset within the period that ends": {time.Minute, 2 * time.Minute, 30 * time.Second, "11:59:00", "12:00:00", 2, 60},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFake()
			everySecond(fake)
			query := named("Ticks")
			query.Period, query.Window, query.Offset = test.period, test.window, test.offset
			result := newSource(fake.Client()).Fetch(t.Context(), []metric.Query{query})[0]
			if len(result.Samples) != test.count {
				t.Fatalf("got %d samples, want %d: %s", len(result.Samples), test.count, values(result))
			}
			first, last := result.Samples[0], result.Samples[test.count-1]
			if first.At.Format(time.TimeOnly) != test.first || last.At.Format(time.TimeOnly) != test.last {
				t.Errorf("got samples from %s to %s, want %s to %s", first.At, last.At, test.first, test.last)
			}
			for _, sample := range result.Samples {
				if sample.Value != test.value {
					t.Errorf("at %s: got %v, want %v: a whole period", sample.At, sample.Value, test.value)
				}
			}
		})
	}
}

// The call's range is that of all queries, and each gets its own part of it, with whole
// periods only.
func TestSource_Fetch_rangesShareACall(t *testing.T) {
	t.Parallel()
	fake := newFake()
	everySecond(fake)
	ranges := map[time.Duration]time.Duration{
		10 * time.Second: time.Minute, time.Minute: 52 * time.Minute, 5 * time.Minute: 20 * time.Minute, 15 * time.Minute: 45 * time.Minute,
	}
	var queries []metric.Query
	for period, window := range ranges {
		query := named("Ticks")
		query.Period, query.Window = period, window
		queries = append(queries, query)
	}
	for i, result := range newSource(fake.Client()).Fetch(t.Context(), queries) {
		period := queries[i].Period
		if want := int(ranges[period] / period); len(result.Samples) != want {
			t.Errorf("of period %s: got %d samples, want %d: %s", period, len(result.Samples), want, values(result))
		}
		for _, sample := range result.Samples {
			if sample.Value != period.Seconds() || sample.At.After(now()) || now().Sub(sample.At) > ranges[period]+period {
				t.Errorf("of period %s: got %v at %s", period, sample.Value, sample.At)
			}
		}
	}
	if fake.Calls() != 1 {
		t.Errorf("%d calls, want one", fake.Calls())
	}
	request := fake.Requests()[0]
	if got := request.Start.Format(time.TimeOnly) + " " + request.End.Format(time.TimeOnly); got != "11:00:00 12:00:30" {
		t.Errorf("the range of the call is %s", got)
	}
}

// What would have no data in one range gets calls of its own.
func TestSource_Fetch_rangesThatDontFit(t *testing.T) {
	t.Parallel()
	fake := newFake()
	everySecond(fake)
	fine, long, longer := named("Ticks"), named("Ticks"), named("Ticks")
	fine.Period, fine.Window = 10*time.Second, time.Minute
	long.Window = 4 * time.Hour
	longer.Period, longer.Window = 5*time.Minute, 5*24*time.Hour
	results := newSource(fake.Client()).Fetch(t.Context(), []metric.Query{fine, long, longer})
	for i, want := range []int{6, 239, 48} {
		if got := len(results[i].Samples); got < want || got > want+1 {
			t.Errorf("query %d: got %d samples, want %d or one more", i, got, want)
		}
	}
	if fake.Calls() != 2 {
		t.Errorf("%d calls, want 2: seconds are kept for three hours, the others share one", fake.Calls())
	}
}

// A range that begins where longer periods do may begin too early for short ones.
func TestSource_Fetch_rangesThatAlignmentWouldSpoil(t *testing.T) {
	t.Parallel()
	fake := newFake()
	everySecond(fake)
	hours, seconds := named("Ticks"), named("Ticks")
	hours.Period, hours.Window = time.Hour, 2*time.Hour
	seconds.Period, seconds.Window = 30*time.Second, 3*time.Hour
	results := newSource(fake.Client()).Fetch(t.Context(), []metric.Query{hours, seconds})
	if len(results[0].Samples) != 2 || len(results[1].Samples) != 358 || fake.Calls() != 2 {
		t.Errorf("got %d hours and %d half minutes in %d calls, want 2 and 358 in 2", len(results[0].Samples), len(results[1].Samples), fake.Calls())
	}
}

func TestSource_Fetch_pages(t *testing.T) {
	t.Parallel()
	fake := newFake()
	everySecond(fake)
	fake.Put(app("Rare"), ago(time.Minute, 7))
	fake.SetFaults(cloudwatchfake.Faults{PageSize: 4})
	queries := []metric.Query{named("Ticks"), named("Nothing"), named("Rare")}
	results := newSource(fake.Client()).Fetch(t.Context(), queries)
	var want []string
	for minute := range 15 {
		want = append(want, fmt.Sprintf("%s=60", now().Truncate(time.Minute).Add(time.Duration(minute-14)*time.Minute).Format(time.TimeOnly)))
	}
	if diff := cmp.Diff(strings.Join(want, " "), values(results[0])); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if got := values(results[1]) + "; " + values(results[2]); got != "CloudWatch has no data in the window; 12:00:00=7" {
		t.Errorf("got %s", got)
	}
	if fake.Calls() != 4 {
		t.Errorf("%d calls, want 4 pages", fake.Calls())
	}
}

func TestSource_Fetch_expressions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query metric.Query
		want  string
	}{
		"a rate":                         {computed("errors / requests * 100", "errors", "requests"), "11:59:00=5 12:00:00=10"},
		"a number with an exponent":      {computed("errors / (errors + 1e0)", "errors"), "11:59:00=0.5 12:00:00=0.6666666666666666"},
		"names that begin like others":   {computed("SUM([errors, errors2])", "errors", "errors2"), "11:59:00=11 12:00:00=2"},
		"a search":                       {computed(`SUM(SEARCH('{App,InstanceId} MetricName="Load"', 'Sum'))`), "12:00:00=3"},
		"Metrics Insights":               {computed(`SELECT SUM(Load) FROM "App"`), "12:00:00=3"},
		"several series":                 {computed(`SEARCH('{App,InstanceId} MetricName="Load"', 'Sum')`), "the expression gives several series; make one of them, for example with SUM"},
		"a search that finds nothing":    {computed(`SEARCH('{App,InstanceId} MetricName="Disk"', 'Sum')`), "CloudWatch has no data in the window"},
		"a division by zero":             {computed("requests / (errors - errors)", "errors", "requests"), "CloudWatch has no data in the window"},
		"a mistake":                      {computed("errors +", "errors"), "CloudWatch refuses the query: Error in expression 'expression': the expression is not understood"},
		"a mistake that names a subject": {computed("MEDIAN(errors)", "errors"), "CloudWatch refuses the query: Error in expression 'expression': unsupported function MEDIAN"},
	}
	fake := newFake()
	fake.Put(app("errors"), ago(2*time.Minute, 1), ago(time.Minute, 2))
	fake.Put(app("errors2"), ago(2*time.Minute, 10))
	fake.Put(app("requests"), ago(2*time.Minute, 20), ago(time.Minute, 20))
	fake.Put(of("Load", "i-1"), ago(time.Minute, 1))
	fake.Put(of("Load", "i-2"), ago(time.Minute, 2))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fetchOne(t.Context(), fake.Client(), test.query); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("in one call they don't see each other", func(t *testing.T) {
		t.Parallel()
		var queries []metric.Query
		var want []string
		for _, test := range tests {
			queries, want = append(queries, test.query), append(want, test.want)
		}
		for i, result := range newSource(fake.Client()).Fetch(t.Context(), queries) {
			if got := values(result); got != want[i] {
				t.Errorf("got %s, want %s", got, want[i])
			}
		}
	})
}

func TestSource_Fetch_expressionPerServer(t *testing.T) {
	t.Parallel()
	fake := newFake()
	fake.Put(of("used", "i-1"), ago(time.Minute, 1))
	fake.Put(of("total", "i-1"), ago(time.Minute, 4))
	fake.Put(of("used", "i-2"), ago(time.Minute, 1))
	fake.Put(of("total", "i-2"), ago(time.Minute, 2))
	fake.Put(app("used"), ago(time.Minute, 100))
	query := computed("100 * used / total", "used", "total")
	query.PerServer = &metric.PerServer{Dimension: "InstanceId", Servers: []string{"i-1", "i-2", "i-3"}}
	result := newSource(fake.Client()).Fetch(t.Context(), []metric.Query{query})[0]
	at := now().Truncate(time.Minute)
	want := metric.Result{Servers: map[string][]metric.Sample{"i-1": {{At: at, Value: 25}}, "i-2": {{At: at, Value: 50}}}}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}
