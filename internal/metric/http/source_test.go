package http_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/http"
	"github.com/musterhq/terraform-provider-muster/internal/metric/metrictest"
)

func now() time.Time { return time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC) }

func source(t *testing.T, config http.Config) *http.Source {
	t.Helper()
	built, err := http.New(config, now)
	if err != nil {
		t.Fatalf("building the source: %v", err)
	}
	return built
}

// serve returns the base URL of a server.
func serve(t *testing.T, handler nethttp.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func answering(t *testing.T, body string) string {
	t.Helper()
	return serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) { _, _ = io.WriteString(w, body) })
}

// nowhere returns the base URL of a port that nobody listens on.
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

func TestSource_contract(t *testing.T) {
	t.Parallel()
	metrictest.Run(t, func(t *testing.T) metrictest.Fixture {
		t.Helper()
		var asked atomic.Int32
		base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			asked.Add(1)
			switch r.URL.Path {
			case "/slow":
				<-r.Context().Done()
			case "/failing":
				nethttp.Error(w, "out of order, "+r.Header.Get("X-Token"), nethttp.StatusInternalServerError)
			default:
				_, _ = io.WriteString(w, `{"depth": 42.5, "zero": 0, "words": "many", "null": null}`)
			}
		})
		down := nowhere(t)
		headers := map[string]string{"X-Token": "hush"}
		return metrictest.Fixture{
			Source:    source(t, http.Config{BaseURL: base, Headers: headers}),
			Number:    metric.Query{Path: "/queue", Value: "depth"},
			Want:      42.5,
			Zero:      metric.Query{Path: "/queue", Value: "zero"},
			Empty:     metric.Query{Path: "/queue", Value: "null"},
			Words:     metric.Query{Path: "/queue", Value: "words"},
			Senseless: metric.Query{Path: "../admin"},
			Foreign: []metric.Query{
				{CloudWatch: &metric.CloudWatch{Namespace: "AWS/SQS", MetricName: "ApproximateAgeOfOldestMessage"}},
				{Query: "sum(depth)"},
				{Path: "/queue", Value: "depth", Window: time.Hour},
				{Path: "/queue", Value: "depth", Period: time.Minute},
				{Path: "/queue", Value: "depth", Offset: time.Minute},
			},
			Slow:    metric.Query{Path: "/slow"},
			Failing: metric.Query{Path: "/failing"},
			Down:    source(t, http.Config{BaseURL: down, Headers: headers}),
			Asked:   func() int { return int(asked.Load()) },
			Secrets: []string{"hush", "many", "out of order", strings.TrimPrefix(base, "http://"), strings.TrimPrefix(down, "http://"), "127.0.0.1"},
		}
	})
}

func TestSource_Fetch_values(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, value string
		want        float64
		kind        error
		message     string
	}{
		"a bare number":                {body: "17\n", want: 17},
		"a bare number with exponent":  {body: "1.5e3", want: 1500},
		"a bare decimal":               {body: ".5", want: 0.5},
		"a quoted number":              {body: `"17"`, want: 17},
		"a nested value":               {body: `{"a": {"b": [1, 2.5]}}`, value: "a.b.1", want: 2.5},
		"a count of a list":            {body: `{"jobs": [1, 2, 3]}`, value: "jobs.#", want: 3},
		"a numeric string":             {body: `{"a": " -3 "}`, value: "a", want: -3},
		"a true zero":                  {body: `{"a": 0}`, value: "a", want: 0},
		"a missing value":              {body: `{"a": 0}`, value: "b", kind: metric.ErrNoData, message: "the answer doesn't have the value"},
		"null":                         {body: `{"a": null}`, value: "a", kind: metric.ErrNoData, message: "the value is null"},
		"a bare null":                  {body: "null", kind: metric.ErrNoData, message: "the value is null"},
		"an empty answer":              {body: " ", kind: metric.ErrNoData, message: "the answer is empty"},
		"not JSON":                     {body: "<html>secret</html>", value: "a", kind: metric.ErrMalformed, message: "the answer is not JSON"},
		"a cut-off document":           {body: `{"a": 1`, value: "a", kind: metric.ErrMalformed, message: "the answer is not JSON"},
		"words":                        {body: `{"a": "secret"}`, value: "a", kind: metric.ErrMalformed, message: "the value is text that is not a number"},
		"text that only Go calls that": {body: `{"a": "0x10"}`, value: "a", kind: metric.ErrMalformed, message: "the value is text that is not a number"},
		"infinity in words":            {body: `{"a": "inf"}`, value: "a", kind: metric.ErrMalformed, message: "the value is text that is not a number"},
		"an object":                    {body: `{"a": {}}`, value: "a", kind: metric.ErrMalformed, message: "the value is an object, not a number"},
		"a list":                       {body: `[1]`, kind: metric.ErrMalformed, message: "the value is a list without times; set time to where in the answer they are"},
		"true":                         {body: `{"a": true}`, value: "a", kind: metric.ErrMalformed, message: "the value is not a number"},
		"more than a float holds":      {body: `{"a": 1e999}`, value: "a", kind: metric.ErrMalformed, message: "the value is too large"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, http.Config{BaseURL: answering(t, test.body)})
			got := fetchOne(t, s, metric.Query{Value: test.value})
			if test.kind != nil {
				if !errors.Is(got.Err, test.kind) || got.Err.Error() != test.message {
					t.Errorf("got %v, want %s", got.Err, test.message)
				}
				return
			}
			want := metric.Result{Samples: []metric.Sample{{At: now(), Value: test.want}}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSource_Fetch_series(t *testing.T) {
	t.Parallel()
	const noTimes = "the value is a list without times; set time to where in the answer they are"
	tests := map[string]struct {
		body, value, time string
		// want has the samples in short, and else the error.
		want string
		kind error
	}{
		"pairs":                             {body: `[[1772971140, 1], [1772971200, 2.5]]`, want: "11:59:00=1 12:00:00=2.5"},
		"pairs in milliseconds":             {body: `[[1772971140000, 1], [1772971200250, 2]]`, want: "11:59:00=1 12:00:00.25=2"},
		"pairs of text":                     {body: `[["2026-03-08T13:00:00+01:00", "2"], ["2026-03-08T11:59:00Z", 1]]`, want: "11:59:00=1 12:00:00=2"},
		"fractions of a second":             {body: `[[1772971200.781, "1"]]`, want: "12:00:00.781=1"},
		"gaps":                              {body: `[null, [1772971140, null], [1772971200, 2]]`, want: "12:00:00=2"},
		"a gap needs no time":               {body: `{"v": [null, 2], "t": [null, 1772971200]}`, value: "v", time: "t", want: "12:00:00=2"},
		"two lists":                         {body: `{"v": [1, 2], "t": [1772971140, 1772971200]}`, value: "v", time: "t", want: "11:59:00=1 12:00:00=2"},
		"two lists from the newest":         {body: `{"v": [2, 1], "t": [1772971200, 1772971140]}`, value: "v", time: "t", want: "11:59:00=1 12:00:00=2"},
		"a list of objects":                 {body: `{"p": [{"t": 1772971140, "v": 1}, {"t": 1772971200, "v": 2}]}`, value: "p.#.v", time: "p.#.t", want: "11:59:00=1 12:00:00=2"},
		"one number with its time":          {body: `{"v": 3, "t": "2026-03-08T11:00:00Z"}`, value: "v", time: "t", want: "11:00:00=3"},
		"two at the same time keep order":   {body: `[[1772971200, 1], [1772971200, 2]]`, want: "12:00:00=1 12:00:00=2"},
		"the last second that is a second":  {body: `[[99999999999, 1]]`, want: "09:46:39=1"},
		"the first millisecond that is one": {body: `[[100000000000, 1]]`, want: "09:46:40=1"},

		"no times":                    {body: `{"v": [1, 2]}`, value: "v", want: noTimes, kind: metric.ErrMalformed},
		"an empty list":               {body: `[]`, want: "the value is a list without a number", kind: metric.ErrNoData},
		"only gaps":                   {body: `[null, null]`, want: "the value is a list without a number", kind: metric.ErrNoData},
		"no list of times":            {body: `{"v": [1, 2]}`, value: "v", time: "t", want: "there are 0 times for 2 values", kind: metric.ErrMalformed},
		"a time too many":             {body: `{"v": [1], "t": [1772971140, 1772971200]}`, value: "v", time: "t", want: "there are 2 times for 1 values", kind: metric.ErrMalformed},
		"a number without its time":   {body: `{"v": [1], "t": [null]}`, value: "v", time: "t", want: "a time is neither a number nor text", kind: metric.ErrMalformed},
		"microseconds":                {body: `[[1772971200000000, 1]]`, want: "a time is neither in Unix seconds nor in milliseconds", kind: metric.ErrMalformed},
		"a time before time":          {body: `[[-1, 1]]`, want: "a time is neither in Unix seconds nor in milliseconds", kind: metric.ErrMalformed},
		"a time without a zone":       {body: `[["2026-03-08T12:00:00", 1]]`, want: "a time is text that is not one; it must be as in 2006-01-02T15:04:05Z", kind: metric.ErrMalformed},
		"triples":                     {body: `[[1772971200, 1, 2]]`, want: "the value is a list of lists, not all of which are a time and a number", kind: metric.ErrMalformed},
		"a word in a series":          {body: `[[1772971200, "secret"]]`, want: "the value is text that is not a number", kind: metric.ErrMalformed},
		"a list in a series":          {body: `{"v": [[1]], "t": [1772971200]}`, value: "v", time: "t", want: "the value is a list, not a number", kind: metric.ErrMalformed},
		"more points than are useful": {body: "[" + strings.Repeat("null,", 10_000) + "null]", want: "the value has more than 10000 points", kind: metric.ErrMalformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, http.Config{BaseURL: answering(t, test.body)})
			result := fetchOne(t, s, metric.Query{Value: test.value, Time: test.time})
			var got []string
			for _, sample := range result.Samples {
				got = append(got, fmt.Sprintf("%s=%v", sample.At.Format("15:04:05.999"), sample.Value))
			}
			if result.Err != nil {
				got = []string{result.Err.Error()}
			}
			if said := strings.Join(got, " "); said != test.want || !errors.Is(result.Err, test.kind) {
				t.Errorf("got %s (%v), want %s", said, result.Err, test.want)
			}
		})
	}
}

func TestSource_Fetch_requests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ base, path, want string }{
		"below the base":                  {"/v1/", "/queue", "/v1/queue"},
		"without slashes":                 {"/v1", "queue", "/v1/queue"},
		"with a query string":             {"/v1", "queue?name=a%20b&x=1", "/v1/queue?name=a%20b&x=1"},
		"the base itself":                 {"/v1/depth", "", "/v1/depth"},
		"the base with its slash":         {"/v1/", "", "/v1/"},
		"only a query string":             {"/v1", "?x=1", "/v1?x=1"},
		"the root":                        {"", "", "/"},
		"an escaped slash remains":        {"/v1", "a%2Fb", "/v1/a%2Fb"},
		"a trailing slash remains":        {"/v1", "queue/", "/v1/queue/"},
		"a colon is part of a path":       {"/v1", "queue:depth", "/v1/queue:depth"},
		"dots within a name are no climb": {"/v1", "a..b/...", "/v1/a..b/..."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan string, 1)
			base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
				seen <- r.RequestURI
				_, _ = io.WriteString(w, "1")
			})
			result := fetchOne(t, source(t, http.Config{BaseURL: base + test.base}), metric.Query{Path: test.path})
			if result.Err != nil {
				t.Fatal(result.Err)
			}
			if got := <-seen; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestSource_Check_refusals(t *testing.T) {
	t.Parallel()
	tests := map[string]metric.Query{
		"up":                   {Path: "../admin"},
		"up in the middle":     {Path: "a/../../admin"},
		"up in percent signs":  {Path: "%2e%2E/admin"},
		"up past an escaped /": {Path: "a%2f..%2f..%2fadmin"},
		"up by backslash":      {Path: `..\admin`},
		"an escaped backslash": {Path: "a%5cb"},
		"here":                 {Path: "./a"},
		"another host":         {Path: "//evil.example/x"},
		"a whole URL":          {Path: "http://evil.example/x"},
		"a fragment":           {Path: "a#b"},
		"a bad escape":         {Path: "a%zz"},
		"a line break":         {Path: "a\nb"},
		"a long path":          {Path: strings.Repeat("a", 3000)},
		"a long value":         {Value: strings.Repeat("a", 3000)},
		"a long time":          {Value: "a", Time: strings.Repeat("a", 3000)},
		"a time without value": {Time: "t"},
	}
	for name, query := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, http.Config{BaseURL: "http://api.example/v1"})
			if err := s.Check(query); !errors.Is(err, metric.ErrQuery) {
				t.Errorf("got %v, want ErrQuery", err)
			}
		})
	}
}

func TestSource_Fetch_oneRequestPerDocument(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	base := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		requests.Add(1)
		_, _ = io.WriteString(w, `{"a": 1, "b": 2}`)
	})
	s := source(t, http.Config{BaseURL: base})
	s.Fetch(t.Context(), []metric.Query{{Path: "x", Value: "a"}, {Path: "/x", Value: "b"}, {Path: "y", Value: "a"}})
	if got := requests.Load(); got != 2 {
		t.Errorf("got %d requests, want 2", got)
	}
}

func TestSource_Fetch_headers(t *testing.T) {
	t.Parallel()
	seen := make(chan nethttp.Header, 1)
	base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		seen <- r.Header
		_, _ = io.WriteString(w, "1")
	})
	s := source(t, http.Config{BaseURL: base, Headers: map[string]string{"authorization": "Bearer x", "Accept": "text/plain"}})
	fetchOne(t, s, metric.Query{})
	header := <-seen
	if got := header.Get("Authorization") + " " + header.Get("Accept"); got != "Bearer x text/plain" {
		t.Errorf("got %s", got)
	}
}

func TestSource_Fetch_status(t *testing.T) {
	t.Parallel()
	base := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.WriteHeader(nethttp.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "secret")
	})
	got := fetchOne(t, source(t, http.Config{BaseURL: base}), metric.Query{})
	if !errors.Is(got.Err, metric.ErrUnavailable) || got.Err.Error() != "status 503 Service Unavailable" {
		t.Errorf("got %v", got.Err)
	}
}

func TestSource_Fetch_size(t *testing.T) {
	t.Parallel()
	tests := map[string]nethttp.HandlerFunc{
		"plain": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			_, _ = io.WriteString(w, strings.Repeat(" ", 1<<20)+"1")
		},
		"compressed": func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zipped := gzip.NewWriter(w)
			_, _ = io.WriteString(zipped, strings.Repeat(" ", 1<<20)+"1")
			_ = zipped.Close()
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fetchOne(t, source(t, http.Config{BaseURL: serve(t, handler)}), metric.Query{})
			if !errors.Is(got.Err, metric.ErrMalformed) || got.Err.Error() != "the answer has more than 1048576 bytes" {
				t.Errorf("got %v", got.Err)
			}
		})
	}
}

func TestSource_Fetch_timeout(t *testing.T) {
	t.Parallel()
	tests := map[string]nethttp.HandlerFunc{
		"before the headers": func(_ nethttp.ResponseWriter, r *nethttp.Request) { <-r.Context().Done() },
		"within the body": func(w nethttp.ResponseWriter, r *nethttp.Request) {
			_, _ = io.WriteString(w, "1")
			_ = nethttp.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, http.Config{BaseURL: serve(t, handler), Timeout: 50 * time.Millisecond})
			got := fetchOne(t, s, metric.Query{})
			if !errors.Is(got.Err, metric.ErrUnavailable) || got.Err.Error() != "no answer in time" {
				t.Errorf("got %v", got.Err)
			}
		})
	}
}

func TestSource_Fetch_redirects(t *testing.T) {
	t.Parallel()
	t.Run("three on the same origin are followed, four are not", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			var left int
			_, _ = fmt.Sscanf(r.URL.Path, "/%d", &left)
			if left == 0 {
				_, _ = io.WriteString(w, "7")
				return
			}
			nethttp.Redirect(w, r, fmt.Sprintf("/%d", left-1), nethttp.StatusFound)
		})
		s := source(t, http.Config{BaseURL: base})
		if got := fetchOne(t, s, metric.Query{Path: "3"}); got.Err != nil || got.Samples[0].Value != 7 {
			t.Errorf("got %+v", got)
		}
		got := fetchOne(t, s, metric.Query{Path: "4"})
		if got.Err == nil || got.Err.Error() != "redirect refused: more than 3 redirects" {
			t.Errorf("got %v", got.Err)
		}
	})
	t.Run("another port sees nothing", func(t *testing.T) {
		t.Parallel()
		var reached atomic.Bool
		other := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) { reached.Store(true) })
		base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(w, r, other, nethttp.StatusFound)
		})
		s := source(t, http.Config{BaseURL: base, Headers: map[string]string{"Authorization": "secret"}})
		got := fetchOne(t, s, metric.Query{})
		if got.Err == nil || got.Err.Error() != "redirect refused: it leads to another scheme, host or port" {
			t.Errorf("got %v", got.Err)
		}
		if reached.Load() {
			t.Error("the redirect was followed")
		}
	})
	t.Run("another scheme on the same port", func(t *testing.T) {
		t.Parallel()
		base := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			nethttp.Redirect(w, r, "https://"+r.Host+"/", nethttp.StatusFound)
		})
		got := fetchOne(t, source(t, http.Config{BaseURL: base}), metric.Query{})
		if got.Err == nil || got.Err.Error() != "redirect refused: it leads to another scheme, host or port" {
			t.Errorf("got %v", got.Err)
		}
	})
}

func TestSource_Fetch_causes(t *testing.T) {
	t.Parallel()
	encrypted := httptest.NewTLSServer(nethttp.NotFoundHandler())
	t.Cleanup(encrypted.Close)
	encrypted.Config.ErrorLog = nil
	tests := map[string]struct{ base, want string }{
		"nobody listens":       {nowhere(t), "connection refused"},
		"an unknown authority": {encrypted.URL, "its certificate is signed by an unknown authority"},
		"no TLS":               {strings.Replace(answering(t, "1"), "http:", "https:", 1), "it doesn't speak TLS"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fetchOne(t, source(t, http.Config{BaseURL: test.base}), metric.Query{})
			if !errors.Is(got.Err, metric.ErrUnavailable) || got.Err.Error() != test.want {
				t.Errorf("got %v, want %s", got.Err, test.want)
			}
		})
	}
}

func TestSource_Fetch_linkLocalAllowed(t *testing.T) {
	t.Parallel()
	s := source(t, http.Config{BaseURL: "http://169.254.0.1:9", AllowLinkLocal: true, Timeout: 50 * time.Millisecond})
	if got := fetchOne(t, s, metric.Query{}); got.Err == nil || strings.Contains(got.Err.Error(), "link-local") {
		t.Errorf("got %v, want another failure", got.Err)
	}
}
