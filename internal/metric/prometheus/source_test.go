package prometheus_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/metrictest"
	"github.com/musterhq/terraform-provider-muster/internal/metric/prometheus"
)

func now() time.Time { return time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC) }

func source(t *testing.T, config prometheus.Config) *prometheus.Source {
	t.Helper()
	built, err := prometheus.New(config, now)
	if err != nil {
		t.Fatalf("building the source: %v", err)
	}
	return built
}

// serve returns the URL of a server.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func answering(t *testing.T, status int, body string) string {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// nowhere returns the URL of a port that nobody listens on.
func nowhere(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}

func fetchOne(t *testing.T, s metric.Source, query metric.Query) metric.Result {
	t.Helper()
	return s.Fetch(t.Context(), []metric.Query{query})[0]
}

func asking(query string) metric.Query { return metric.Query{Query: query} }

// point is a value of a series a number of seconds ago.
func point(ago int64, value string) string {
	return fmt.Sprintf("[%d, %q]", now().Unix()-ago, value)
}

// stream is one series of a matrix: its labels in JSON, and its values.
func stream(labels string, points ...string) string {
	return fmt.Sprintf(`{"metric": %s, "values": [%s]}`, labels, strings.Join(points, ", "))
}

// matrix is what Prometheus answers to a range query.
func matrix(streams ...string) string {
	return fmt.Sprintf(`{"status": "success", "data": {"resultType": "matrix", "result": [%s]}}`, strings.Join(streams, ", "))
}

func refusing(kind, message string) string {
	encoded, err := json.Marshal(map[string]string{"status": "error", "errorType": kind, "error": message})
	if err != nil {
		panic(err) // Text always encodes.
	}
	return string(encoded)
}

// values returns the result in short: "11:59:00=4 12:00:00=5", or the error.
func values(result metric.Result) string {
	if result.Err != nil {
		return result.Err.Error()
	}
	var words []string
	for _, sample := range result.Samples {
		words = append(words, fmt.Sprintf("%s=%v", sample.At.Format("15:04:05.999"), sample.Value))
	}
	for id, samples := range result.Servers {
		words = append(words, id+" "+values(metric.Result{Samples: samples}))
	}
	if result.Servers != nil {
		slices.Sort(words)
	}
	return strings.Join(words, " ")
}

func TestSource_contract(t *testing.T) {
	t.Parallel()
	metrictest.Run(t, func(t *testing.T) metrictest.Fixture {
		t.Helper()
		answers := map[string]string{
			"depth":  matrix(stream(`{}`, point(60, "40"), point(0, "42.5"))),
			"zero":   matrix(stream(`{}`, point(60, "1"), point(0, "0"))),
			"absent": matrix(),
			"many":   matrix(stream(`{"a": "secretive"}`, point(0, "1")), stream(`{"a": "2"}`, point(0, "1"))),
			"load": matrix(
				stream(`{"instance": "10.0.0.1:9100"}`, point(0, "1")), stream(`{"instance": "srv-2"}`, point(0, "2")),
				stream(`{"instance": "10.9.9.9:9100"}`, point(0, "9")),
			),
		}
		var asked atomic.Int32
		base := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			switch query := r.FormValue("query"); query {
			case "slow":
				<-r.Context().Done()
			case "failing":
				http.Error(w, "out of order, "+r.Header.Get("Authorization"), http.StatusInternalServerError)
			default:
				_, _ = io.WriteString(w, answers[query])
			}
		})
		down := nowhere(t)
		servers := asking("load")
		servers.PerServer = &metric.PerServer{
			Dimension: "instance", Servers: []string{"srv-1", "srv-2", "srv-3"}, Names: map[string]string{"10.0.0.1": "srv-1", "10.0.0.3": "srv-3"},
		}
		both := asking("depth")
		both.CloudWatch = &metric.CloudWatch{Namespace: "AWS/SQS", MetricName: "ApproximateAgeOfOldestMessage"}
		return metrictest.Fixture{
			Source:    source(t, prometheus.Config{URL: base, BearerToken: "hush"}),
			Number:    asking("depth"),
			Want:      42.5,
			Zero:      asking("zero"),
			Empty:     asking("absent"),
			Words:     asking("many"),
			Senseless: metric.Query{Query: "depth", Window: time.Second},
			Foreign:   []metric.Query{{Path: "/queue", Query: "depth"}, {Value: "depth", Query: "depth"}, {Time: "t", Query: "depth"}, both, {}},
			PerServer: &servers,
			Servers:   map[string]float64{"srv-1": 1, "srv-2": 2},
			Slow:      asking("slow"),
			Failing:   asking("failing"),
			Down:      source(t, prometheus.Config{URL: down, BearerToken: "hush"}),
			Asked:     func() int { return int(asked.Load()) },
			Secrets:   []string{"hush", "secretive", "out of order", strings.TrimPrefix(base, "http://"), strings.TrimPrefix(down, "http://"), "127.0.0.1"},
		}
	})
}

func TestSource_Fetch_answers(t *testing.T) {
	t.Parallel()
	const strange = "the answer is not one of Prometheus"
	typed := func(kind, result string) string {
		return fmt.Sprintf(`{"status": "success", "data": {"resultType": %q, "result": %s}}`, kind, result)
	}
	warned := func(text string) string {
		return strings.Replace(matrix(stream(`{}`, point(0, "3"))), `"data"`, fmt.Sprintf(`"warnings": [%q], "data"`, text), 1)
	}
	tests := map[string]struct {
		body string
		want string
		kind error
	}{
		"several points":                  {body: matrix(stream(`{}`, point(60, "1"), point(0, "2.5"))), want: "11:59:00=1 12:00:00=2.5"},
		"points from the newest":          {body: matrix(stream(`{}`, point(0, "2"), point(60, "1"))), want: "11:59:00=1 12:00:00=2"},
		"no numbers among them":           {body: matrix(stream(`{}`, point(120, "NaN"), point(60, "1"), point(30, "+Inf"), point(0, "-Inf"))), want: "11:59:00=1"},
		"what lies in the future":         {body: matrix(stream(`{}`, point(0, "1"), point(-30, "2"))), want: "12:00:00=1"},
		"only no numbers":                 {body: matrix(stream(`{}`, point(0, "NaN"))), want: "the query gives no finite number in the window", kind: metric.ErrNoData},
		"nothing":                         {body: matrix(), want: "the query gives no series in the window", kind: metric.ErrNoData},
		"three series":                    {body: matrix(stream(`{"a": "1"}`, point(0, "1")), stream(`{"a": "2"}`), stream(`{"a": "3"}`)), want: "the query gives 3 series; aggregate them, for example with sum(), or set per_server", kind: metric.ErrMalformed},
		"a histogram":                     {body: matrix(fmt.Sprintf(`{"metric": {}, "histograms": [[%d, {"count": "1", "sum": "2", "buckets": [[1, "0", "1", "1"]]}]]}`, now().Unix())), want: "the query gives histograms, not numbers; make them numbers, for example with histogram_quantile()", kind: metric.ErrMalformed},
		"an instant vector":               {body: typed("vector", fmt.Sprintf(`[{"metric": {}, "value": %s}]`, point(0, "7"))), want: "12:00:00=7"},
		"a scalar":                        {body: typed("scalar", point(0, "7")), want: "12:00:00=7"},
		"a string":                        {body: typed("string", point(0, "secret")), want: strange, kind: metric.ErrMalformed},
		"a type of the future":            {body: typed("tensor", "[]"), want: strange, kind: metric.ErrMalformed},
		"no data":                         {body: `{"status": "success"}`, want: strange, kind: metric.ErrMalformed},
		"null in a matrix":                {body: matrix("null"), want: strange, kind: metric.ErrMalformed},
		"null in a vector":                {body: typed("vector", "[null]"), want: strange, kind: metric.ErrMalformed},
		"a page":                          {body: "<html>secret</html>", want: strange, kind: metric.ErrMalformed},
		"a value that is none":            {body: matrix(stream(`{}`, point(0, "secret"))), want: strange, kind: metric.ErrMalformed},
		"too much":                        {body: strings.Repeat(" ", 16<<20) + matrix(), want: "the answer has more than 16777216 bytes", kind: metric.ErrMalformed},
		"an error with a good status":     {body: refusing("bad_data", "1:5: parse error: unclosed left parenthesis"), want: "Prometheus refuses the query: 1:5: parse error: unclosed left parenthesis", kind: metric.ErrQuery},
		"a remark on the query":           {body: warned(`PromQL info: metric might not be a counter`), want: "12:00:00=3"},
		"a warning that data are missing": {body: warned(`receive series from store-secret:10901: rpc error`), want: "the answer is incomplete: the server could not read all of its data", kind: metric.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, prometheus.Config{URL: answering(t, http.StatusOK, test.body)})
			expect(t, fetchOne(t, s, asking("depth")), test.want, test.kind)
		})
	}
}

func TestSource_Fetch_servers(t *testing.T) {
	t.Parallel()
	of := func(instance, value string) string {
		return stream(fmt.Sprintf(`{"instance": %q}`, instance), point(0, value))
	}
	tests := map[string]struct {
		streams []string
		want    string
		kind    error
	}{
		"by ID":                       {[]string{of("srv-1", "1"), of("srv-2", "2")}, "srv-1 12:00:00=1 srv-2 12:00:00=2", nil},
		"by ID with a port":           {[]string{of("srv-1:9100", "1")}, "srv-1 12:00:00=1", nil},
		"by address":                  {[]string{of("10.0.0.1", "1")}, "srv-1 12:00:00=1", nil},
		"by address with a port":      {[]string{of("10.0.0.1:9100", "1")}, "srv-1 12:00:00=1", nil},
		"by name with a port":         {[]string{of("web-2.internal:80", "2")}, "srv-2 12:00:00=2", nil},
		"by IPv6 address":             {[]string{of("fd00::2", "2")}, "srv-2 12:00:00=2", nil},
		"by IPv6 address with a port": {[]string{of("[fd00::2]:9100", "2")}, "srv-2 12:00:00=2", nil},
		"by bracketed IPv6 address":   {[]string{of("[fd00::2]", "2")}, "srv-2 12:00:00=2", nil},
		"in another spelling":         {[]string{of("[FD00:0:0::2]:9100", "2")}, "srv-2 12:00:00=2", nil},
		"an ID goes before a name":    {[]string{of("srv-2", "2")}, "srv-2 12:00:00=2", nil},
		"others are left out":         {[]string{of("10.0.0.9:9100", "9"), of("srv-1", "1"), stream(`{}`, point(0, "3"))}, "srv-1 12:00:00=1", nil},
		"a server that has left":      {[]string{of("10.0.0.3:9100", "9"), of("srv-1", "1")}, "srv-1 12:00:00=1", nil},
		"a server without a number":   {[]string{of("srv-2", "NaN"), of("srv-1", "1")}, "srv-1 12:00:00=1", nil},

		"two for one server":        {[]string{of("srv-1", "1"), of("10.0.0.1:9100", "2")}, "the query gives several series for one server; aggregate them, for example with sum by (instance)", metric.ErrMalformed},
		"no label":                  {[]string{stream(`{"node": "srv-1"}`, point(0, "1"))}, "no series of the query has the label instance", metric.ErrNoData},
		"none of the group":         {[]string{of("10.0.0.9:9100", "9")}, "no series of the query is of a server of the group by its label instance", metric.ErrNoData},
		"none with a finite number": {[]string{of("srv-1", "NaN")}, "the query gives no finite number in the window", metric.ErrNoData},
		"nothing":                   {nil, "the query gives no series in the window", metric.ErrNoData},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			query := asking("load")
			query.PerServer = &metric.PerServer{Dimension: "instance", Servers: []string{"srv-1", "srv-2"}, Names: map[string]string{
				"10.0.0.1": "srv-1", "web-2.internal": "srv-2", "fd00::2": "srv-2", "srv-2": "srv-1", "10.0.0.3": "srv-3",
			}}
			s := source(t, prometheus.Config{URL: answering(t, http.StatusOK, matrix(test.streams...))})
			expect(t, fetchOne(t, s, query), test.want, test.kind)
		})
	}
}

// Only what makes another request costs one.
func TestSource_Fetch_sharesCalls(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	s := source(t, prometheus.Config{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, matrix(stream(`{"instance": "srv-1"}`, point(600, "1"))))
	})})
	queries := []metric.Query{
		{Query: "depth"},
		{Query: "depth", Period: time.Minute, Window: 15 * time.Minute},
		{Query: "depth", PerServer: &metric.PerServer{Dimension: "instance", Servers: []string{"srv-1"}}},
		{Query: "depth", Offset: time.Minute},
		{Query: "depth + 1"},
	}
	for i, result := range s.Fetch(t.Context(), queries) {
		if result.Err != nil {
			t.Errorf("query %d: %v", i, result.Err)
		}
	}
	nobody := metric.Query{Query: "load", PerServer: &metric.PerServer{Dimension: "instance", Names: map[string]string{"srv-1": "srv-1"}}}
	expect(t, fetchOne(t, s, nobody), "no server is in service", metric.ErrNoData)
	if got := asked.Load(); got != 3 {
		t.Errorf("the server was asked %d times, want 3", got)
	}
}

func TestSource_Fetch_requests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query metric.Query
		path  string
		want  map[string]string
	}{
		"by default": {
			asking("sum(depth)"), "",
			map[string]string{"path": "/api/v1/query_range", "query": "sum(depth)", "start": "1772970300", "end": "1772971200", "step": "60"},
		},
		"below a path": {
			asking("depth"), "/prometheus/",
			map[string]string{"path": "/prometheus/api/v1/query_range", "query": "depth", "start": "1772970300", "end": "1772971200", "step": "60"},
		},
		"with all its times": {
			metric.Query{Query: "depth", Period: 1500 * time.Millisecond, Window: time.Minute, Offset: 90 * time.Second},
			"",
			map[string]string{"path": "/api/v1/query_range", "query": "depth", "start": "1772971050", "end": "1772971110", "step": "1.5"},
		},
		"a window that is no multiple ends at its end": {
			metric.Query{Query: "depth", Period: time.Minute, Window: 150 * time.Second},
			"",
			map[string]string{"path": "/api/v1/query_range", "query": "depth", "start": "1772971080", "end": "1772971200", "step": "60"},
		},
		"the window of a long period": {
			metric.Query{Query: "depth", Period: time.Hour},
			"",
			map[string]string{"path": "/api/v1/query_range", "query": "depth", "start": "1772960400", "end": "1772971200", "step": "3600"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan map[string]string, 1)
			base := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got := map[string]string{"path": r.URL.Path}
				for _, name := range []string{"query", "start", "end", "step"} {
					got[name] = r.FormValue(name)
				}
				seen <- got
				_, _ = io.WriteString(w, matrix(stream(`{}`, point(0, "1"))))
			})
			if result := fetchOne(t, source(t, prometheus.Config{URL: base + test.path}), test.query); result.Err != nil && test.query.Offset == 0 {
				t.Fatal(result.Err)
			}
			if diff := cmp.Diff(test.want, <-seen); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSource_Fetch_headers(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 1)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header
		_, _ = io.WriteString(w, matrix(stream(`{}`, point(0, "1"))))
	})
	s := source(t, prometheus.Config{URL: base, BearerToken: "hush", Headers: map[string]string{"X-Scope-OrgID": "7"}})
	if result := fetchOne(t, s, asking("depth")); result.Err != nil {
		t.Fatal(result.Err)
	}
	header := <-seen
	if got := header.Get("Authorization") + " " + header.Get("X-Scope-OrgID") + " " + header.Get("User-Agent"); got != "Bearer hush 7 terraform-provider-muster" {
		t.Errorf("got %s", got)
	}
}

func expect(t *testing.T, result metric.Result, want string, kind error) {
	t.Helper()
	if got := values(result); got != want || kind == nil && result.Err != nil {
		t.Errorf("got %s, want %s", got, want)
	}
	if kind != nil {
		metricErrorIs(t, result.Err, kind)
	}
}
