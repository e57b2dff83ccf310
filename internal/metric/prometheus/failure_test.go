package prometheus_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/prometheus"
)

func metricErrorIs(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func TestSource_Fetch_errors(t *testing.T) {
	t.Parallel()
	const (
		joined   = "the query joins series of which several match; aggregate them first, or use on() with group_left()"
		unparsed = "the server can't parse the query"
		error5xx = "the server answers with an error"
	)
	tests := map[string]struct {
		status     int
		body, want string
		kind       error
	}{
		"a mistake in PromQL":            {400, refusing("bad_data", `invalid parameter "query": 1:5: parse error: unclosed left parenthesis`), "Prometheus refuses the query: 1:5: parse error: unclosed left parenthesis", metric.ErrQuery},
		"a mistake on two lines":         {400, refusing("bad_data", "1:5: parse error:\n\tunexpected \x1b[31m<EOF>"), "Prometheus refuses the query: 1:5: parse error: unexpected [31m<EOF>", metric.ErrQuery},
		"a long story":                   {400, refusing("bad_data", strings.Repeat("x", 300)), "Prometheus refuses the query: " + strings.Repeat("x", 120) + "…", metric.ErrQuery},
		"a story with the token":         {400, refusing("bad_data", "who is Bearer hush?"), "Prometheus refuses the query", metric.ErrQuery},
		"a story with a header":          {400, refusing("bad_data", "who is tenant-1?"), "Prometheus refuses the query", metric.ErrQuery},
		"a story with the address":       {400, refusing("bad_data", "127.0.0.1:9090 says no"), "Prometheus refuses the query", metric.ErrQuery},
		"series that match twice":        {422, refusing("execution", `found duplicate series for the match group {} on the right hand-side of the operation: [{a="secret"}];many-to-many matching not allowed: matching labels must be unique on one side`), joined, metric.ErrQuery},
		"series with equal labels":       {422, refusing("execution", "vector cannot contain metrics with the same labelset"), "the query gives several series with the same labels; aggregate them", metric.ErrQuery},
		"too many samples":               {422, refusing("execution", "query processing would load too many samples into memory in query execution"), "the query reads more samples than the server allows; shorten the window or the query's ranges", metric.ErrQuery},
		"a store that is down":           {422, refusing("execution", "expanding series: proxy Series(): rpc error: 10.0.0.1:10901"), "the server can't evaluate the query", metric.ErrUnavailable},
		"a mistake at VictoriaMetrics":   {422, refusing("422", `error when executing query="sum(": cannot parse "sum(": missing ")"`), unparsed, metric.ErrQuery},
		"a slow query":                   {503, refusing("timeout", "query timed out in expression evaluation"), "the query takes longer than the server allows", metric.ErrUnavailable},
		"a query that was given up":      {503, refusing("canceled", "query was canceled"), "the server has given the query up", metric.ErrUnavailable},
		"another error of the API":       {400, refusing("internal", "secret"), error5xx, metric.ErrUnavailable},
		"no token":                       {401, "secret", "status 401 Unauthorized", metric.ErrUnavailable},
		"not there":                      {404, "404 page not found", "status 404 Not Found", metric.ErrUnavailable},
		"too many requests":              {429, "secret", "status 429 Too Many Requests", metric.ErrUnavailable},
		"down":                           {502, "<html>secret</html>", "status 502 Bad Gateway", metric.ErrUnavailable},
		"a page with a status of theirs": {400, "<html>secret</html>", "status 400 Bad Request", metric.ErrUnavailable},
		"a redirect to nowhere":          {304, "", "status 304 Not Modified", metric.ErrUnavailable},
		"a status that is unheard of":    {599, "", "status 599", metric.ErrUnavailable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, prometheus.Config{
				URL: answering(t, test.status, test.body), BearerToken: "hush", Headers: map[string]string{"X-Scope-OrgID": "tenant-1"},
			})
			expect(t, fetchOne(t, s, asking("depth")), test.want, test.kind)
		})
	}
}

// A server that takes no POST is asked with GET.
func TestSource_Fetch_withoutPost(t *testing.T) {
	t.Parallel()
	s := source(t, prometheus.Config{URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if r.FormValue("query") == "depth" {
			_, _ = io.WriteString(w, matrix(stream(`{}`, point(0, "3"))))
		}
	})})
	expect(t, fetchOne(t, s, asking("depth")), "12:00:00=3", nil)
}

func TestSource_Fetch_redirects(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Bool
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) })
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch prefix := strings.TrimSuffix(r.URL.Path, "/api/v1/query_range"); prefix {
		case "/moved":
			http.Redirect(w, r, "/new/api/v1/query_range", http.StatusTemporaryRedirect)
		case "/found":
			http.Redirect(w, r, "/new/api/v1/query_range", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other, http.StatusTemporaryRedirect)
		default:
			_, _ = io.WriteString(w, matrix(stream(`{}`, point(0, "3"))))
		}
	})
	tests := map[string]struct {
		want string
		kind error
	}{
		"/moved": {"12:00:00=3", nil},
		"/found": {"redirect refused: what was asked would get lost; use the URL to which it leads", metric.ErrUnavailable},
		"/away":  {"redirect refused: it leads to another scheme, host or port", metric.ErrUnavailable},
	}
	for prefix, test := range tests {
		s := source(t, prometheus.Config{URL: base + prefix, BearerToken: "hush"})
		expect(t, fetchOne(t, s, asking("depth")), test.want, test.kind)
	}
	if elsewhere.Load() {
		t.Error("the redirect was followed")
	}
}

func TestSource_Fetch_timeout(t *testing.T) {
	t.Parallel()
	tests := map[string]http.HandlerFunc{
		"before the headers": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"within the body": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"status"`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := source(t, prometheus.Config{URL: serve(t, handler), Timeout: 50 * time.Millisecond})
			expect(t, fetchOne(t, s, asking("depth")), "no answer in time", metric.ErrUnavailable)
		})
	}
}

func TestSource_Fetch_TLS(t *testing.T) {
	t.Parallel()
	shown := newPair(t, "client.example")
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM([]byte(shown.certificate))
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, matrix(stream(`{}`, point(0, "3"))))
	})
	open, mutual := httptest.NewTLSServer(handler), httptest.NewUnstartedServer(handler)
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	mutual.StartTLS()
	for _, server := range []*httptest.Server{open, mutual} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(server.Close)
	}
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: open.Certificate().Raw}))
	tests := map[string]struct {
		url  string
		tls  prometheus.TLS
		want string
	}{
		"an authority of one's own": {open.URL, prometheus.TLS{CACertificate: authority}, ""},
		"the system's":              {open.URL, prometheus.TLS{}, "its certificate is signed by an unknown authority"},
		"another authority":         {open.URL, prometheus.TLS{CACertificate: shown.certificate}, "its certificate is signed by an unknown authority"},
		"a name of the certificate": {open.URL, prometheus.TLS{CACertificate: authority, ServerName: "example.com"}, ""},
		"another name":              {open.URL, prometheus.TLS{CACertificate: authority, ServerName: "prometheus.test"}, "its certificate is for another host"},
		"a client that shows itself": {mutual.URL, prometheus.TLS{
			CACertificate: authority, ClientCertificate: shown.certificate, ClientKey: shown.key,
		}, ""},
		"a client that shows nothing": {mutual.URL, prometheus.TLS{CACertificate: authority}, "it ends the TLS handshake; it may want another client certificate"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := fetchOne(t, source(t, prometheus.Config{URL: test.url, TLS: test.tls}), asking("depth"))
			if test.want == "" {
				expect(t, result, "12:00:00=3", nil)
				return
			}
			expect(t, result, test.want, metric.ErrUnavailable)
		})
	}
}
