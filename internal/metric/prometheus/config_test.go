package prometheus_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/prometheus"
)

// pair is a certificate that has signed itself, and its key, in PEM.
type pair struct{ certificate, key string }

func newPair(t *testing.T, name string) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
	}
}

func TestNew_faults(t *testing.T) {
	t.Parallel()
	one, other := newPair(t, "one.example"), newPair(t, "other.example")
	const url = "https://prometheus.example"
	base := func(url string) prometheus.Config { return prometheus.Config{URL: url} }
	encrypted := func(settings prometheus.TLS) prometheus.Config { return prometheus.Config{URL: url, TLS: settings} }
	at := func(names ...string) [][]string { return [][]string{names} }
	tests := map[string]struct {
		config prometheus.Config
		want   [][]string
	}{
		"nothing":                  {base(""), at("url")},
		"another scheme":           {base("file:///etc/passwd"), at("url")},
		"a password":               {base("https://user:secret@prometheus.example"), at("url")},
		"a query string":           {base(url + "/?a=secret"), at("url")},
		"a climb":                  {base(url + "/a/../secret"), at("url")},
		"the API itself":           {base(url + "/api/v1/"), at("url")},
		"a query of the API":       {base(url + "/secret/api/v1/query"), at("url")},
		"an escaped slash":         {base(url + "/a%2Fsecret"), at("url")},
		"a cloud's metadata":       {base("http://169.254.169.254/latest"), at("url")},
		"a negative timeout":       {prometheus.Config{URL: url, Timeout: -1}, at("timeout")},
		"a token with a line end":  {prometheus.Config{URL: url, BearerToken: "secret\n"}, at("bearer_token")},
		"TLS without encryption":   {prometheus.Config{URL: "http://prometheus.example", TLS: prometheus.TLS{ServerName: "secret"}}, at("tls")},
		"an authority that is not": {encrypted(prometheus.TLS{CACertificate: "secret"}), at("tls", "ca_certificate")},
		"a certificate alone":      {encrypted(prometheus.TLS{ClientCertificate: one.certificate}), at("tls", "client_key")},
		"a key alone":              {encrypted(prometheus.TLS{ClientKey: "secret"}), at("tls", "client_certificate")},
		"a key that is not":        {encrypted(prometheus.TLS{ClientCertificate: one.certificate, ClientKey: "secret"}), at("tls", "client_certificate")},
		"a key of another":         {encrypted(prometheus.TLS{ClientCertificate: one.certificate, ClientKey: other.key}), at("tls", "client_certificate")},
		"bad headers": {
			prometheus.Config{URL: url, BearerToken: "secret", Headers: map[string]string{
				"A b": "x", "Authorization": "secret", "Content-Type": "secret", "Host": "secret", "X-Fine": "1", "X-Token": "secret\r\nX-Other: 1",
			}},
			[][]string{{"headers", "A b"}, {"headers", "Authorization"}, {"headers", "Content-Type"}, {"headers", "Host"}, {"headers", "X-Token"}},
		},
		"everything at once": {
			prometheus.Config{URL: "prometheus", BearerToken: "\x00", Timeout: -1, TLS: prometheus.TLS{CACertificate: "secret"}},
			[][]string{{"url"}, {"bearer_token"}, {"tls", "ca_certificate"}, {"timeout"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := prometheus.New(test.config, now)
			var config *metric.ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			var got [][]string
			for _, fault := range config.Faults {
				got = append(got, fault.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestSource_Check(t *testing.T) {
	t.Parallel()
	timed := func(period, window, offset time.Duration) metric.Query {
		return metric.Query{Query: "depth", Period: period, Window: window, Offset: offset}
	}
	perServer := func(label string) metric.Query {
		return metric.Query{Query: "depth", PerServer: &metric.PerServer{Dimension: label}}
	}
	tests := map[string]struct {
		query metric.Query
		want  string
	}{
		"a query":                  {asking("sum(depth)"), ""},
		"all its times":            {timed(time.Second, 1440*time.Second, time.Hour), ""},
		"a long period":            {timed(24*time.Hour, 0, 0), ""},
		"per server":               {perServer("instance"), ""},
		"no query":                 {metric.Query{}, "query is missing; it is for example sum(rate(http_requests_total[5m]))"},
		"only space":               {asking(" \n"), "query is missing; it is for example sum(rate(http_requests_total[5m]))"},
		"a long query":             {asking(strings.Repeat("x", 9000)), "query is longer than 8192 bytes"},
		"a query that is no text":  {asking("depth\xff"), "query is not valid text"},
		"a path":                   {metric.Query{Query: "depth", Path: "/x"}, "path can't be asked of Prometheus; it is for HTTP services"},
		"a short period":           {timed(time.Millisecond, 0, 0), "period must be from 1s to 24h"},
		"an endless period":        {timed(25*time.Hour, 0, 0), "period must be from 1s to 24h"},
		"a fraction of a period":   {timed(time.Second+1, 0, 0), "period must be a whole number of milliseconds"},
		"a window below a period":  {timed(time.Hour, time.Minute, 0), "window must not be shorter than the period, 1h0m0s"},
		"a window of many periods": {timed(time.Second, 1441*time.Second, 0), "window is longer than 1440 periods; take a longer period"},
		"a negative window":        {timed(0, -time.Hour, 0), "window must not be shorter than the period, 1m0s"},
		"an offset to the future":  {timed(0, 0, -time.Second), "offset must not be negative"},
		"an offset to the dark":    {timed(0, 0, 1<<62), "offset must not be longer than 10 years"},
		"no label":                 {perServer(""), "per_server must name the label that tells the servers apart, for example instance"},
		"a long label":             {perServer(strings.Repeat("x", 101)), "per_server names a label of more than 100 bytes"},
		"a label on two lines":     {perServer("a\nb"), "per_server names a label that is not plain text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := source(t, prometheus.Config{URL: "http://prometheus.example"}).Check(test.query)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v", err)
			case test.want != "" && (err == nil || err.Error() != test.want || !errors.Is(err, metric.ErrQuery)):
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
