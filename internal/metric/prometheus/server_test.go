package prometheus_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/promserver"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/prometheus"
)

// history is what a real Prometheus knows at now.
func history() []promserver.Point {
	at := func(series string, ago time.Duration, value float64) promserver.Point {
		return promserver.Point{Series: series, At: now().Add(-ago), Value: value}
	}
	return []promserver.Point{
		at("depth", 2*time.Minute, 1), at("depth", time.Minute, 2), at("depth", 0, 4),
		at("idle", 0, 0),
		at(`load{instance="10.0.0.1:9100"}`, 0, 1), at(`load{instance="[fd00::2]:9100"}`, 0, 2), at(`load{instance="10.0.0.9:9100"}`, 0, 9),
		at(`jobs{queue="a"}`, 0, 1), at(`jobs{queue="b"}`, 0, 2), at(`jobs{queue="c"}`, 0, 3),
	}
}

func TestServer_queries(t *testing.T) {
	t.Parallel()
	s := source(t, prometheus.Config{URL: promserver.Start(t, promserver.Options{History: history()}).URL})
	over := func(query string, window time.Duration) metric.Query {
		return metric.Query{Query: query, Window: window}
	}
	perServer := func(query string) metric.Query {
		return metric.Query{Query: query, Window: time.Minute, PerServer: &metric.PerServer{
			Dimension: "instance", Servers: []string{"srv-1", "srv-2", "srv-3"}, Names: map[string]string{"10.0.0.1": "srv-1", "fd00::2": "srv-2"},
		}}
	}
	late := over("depth", time.Minute)
	late.Offset = time.Minute
	tests := map[string]struct {
		query metric.Query
		want  string
		kind  error
	}{
		"a gauge over time":         {over("depth", 2*time.Minute), "11:58:00=1 11:59:00=2 12:00:00=4", nil},
		"a gauge some time ago":     {late, "11:58:00=1 11:59:00=2", nil},
		"a true zero":               {over("idle", time.Minute), "12:00:00=0", nil},
		"an aggregate":              {over("sum(jobs)", time.Minute), "12:00:00=6", nil},
		"a constant":                {over("1 + 1", time.Minute), "11:59:00=2 12:00:00=2", nil},
		"no number":                 {over("idle / idle", time.Minute), "the query gives no finite number in the window", metric.ErrNoData},
		"no such metric":            {over("nothing", time.Minute), "the query gives no series in the window", metric.ErrNoData},
		"several series":            {over("jobs", time.Minute), "the query gives 3 series; aggregate them, for example with sum(), or set per_server", metric.ErrMalformed},
		"by address and port":       {perServer("load"), "srv-1 12:00:00=1 srv-2 12:00:00=2", nil},
		"by another label":          {perServer("jobs"), "no series of the query has the label instance", metric.ErrNoData},
		"twice by server":           {perServer(`load or label_replace(load, "copy", "1", "", "")`), "the query gives several series for one server; aggregate them, for example with sum by (instance)", metric.ErrMalformed},
		"a mistake in PromQL":       {over("sum(", time.Minute), "Prometheus refuses the query: 1:5: parse error: unclosed left parenthesis", metric.ErrQuery},
		"an unknown function":       {over("total(depth)", time.Minute), `Prometheus refuses the query: 1:1: parse error: unknown function with name "total"`, metric.ErrQuery},
		"a range in place of value": {over("depth[5m]", time.Minute), `Prometheus refuses the query: invalid expression type "range vector" for range query, must be Scalar or instant Vector`, metric.ErrQuery},
		"text":                      {over(`"depth"`, time.Minute), `Prometheus refuses the query: invalid expression type "string" for range query, must be Scalar or instant Vector`, metric.ErrQuery},
		"a join of many with many":  {over("jobs * on() jobs", time.Minute), "the query joins series of which several match; aggregate them first, or use on() with group_left()", metric.ErrQuery},
	}
	t.Run("one at a time", func(t *testing.T) {
		t.Parallel()
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				expect(t, fetchOne(t, s, test.query), test.want, test.kind)
			})
		}
	})
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		var queries []metric.Query
		var wants []string
		for _, test := range tests {
			queries, wants = append(queries, test.query), append(wants, test.want)
		}
		for i, result := range s.Fetch(t.Context(), queries) {
			if got := values(result); got != wants[i] {
				t.Errorf("%s: got %s, want %s", queries[i].Query, got, wants[i])
			}
		}
	})
}

// What a process exposes now is what a signal has.
func TestServer_scraped(t *testing.T) {
	t.Parallel()
	target := promserver.NewTarget(t)
	server := promserver.Start(t, promserver.Options{Targets: []string{target.Address}})
	// A value that is not a second old must count too.
	s, err := prometheus.New(prometheus.Config{URL: server.URL}, func() time.Time { return time.Now().Add(time.Second) })
	if err != nil {
		t.Fatal(err)
	}
	query := metric.Query{Query: `max(depth)`, Period: time.Second, Window: 2 * time.Second}
	for _, want := range []float64{3, 8} {
		target.Set(`depth{queue="mail"}`, want)
		server.Await(t, fmt.Sprintf("depth == %v", want))
		result := fetchOne(t, s, query)
		if result.Err != nil || result.Samples[len(result.Samples)-1].Value != want {
			t.Errorf("got %s, want %v", values(result), want)
		}
	}
}

func TestServer_behindFront(t *testing.T) {
	t.Parallel()
	front := promserver.Start(t, promserver.Options{History: history()}).Front(t, "hush")
	query := metric.Query{Query: "depth", Window: time.Minute}
	tests := map[string]struct {
		token, authority string
		want             string
		kind             error
	}{
		"with token and authority": {"hush", front.CACertificate, "11:59:00=2 12:00:00=4", nil},
		"with another token":       {"hash", front.CACertificate, "status 401 Unauthorized", metric.ErrUnavailable},
		"without the token":        {"", front.CACertificate, "status 401 Unauthorized", metric.ErrUnavailable},
		"without the authority":    {"hush", "", "its certificate is signed by an unknown authority", metric.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, prometheus.Config{URL: front.URL, BearerToken: test.token, TLS: prometheus.TLS{CACertificate: test.authority}})
			expect(t, fetchOne(t, s, query), test.want, test.kind)
		})
	}
}
