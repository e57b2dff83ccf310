// Package prometheus is the [metric.Source] on a Prometheus server, or on what speaks
// its HTTP API: Thanos, Mimir, VictoriaMetrics and others.
//
// Every query is evaluated over a range of time and gives one series, or with PerServer
// one for each server. What keeps the requests at the server, and its credentials with
// it, is in package origin.
package prometheus

import (
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

// DefaultTimeout is how long one query may take.
const DefaultTimeout = 10 * time.Second

// Config is the configuration of a source.
type Config struct {
	// URL is the http or https URL below which /api/v1 lies, without user, query and
	// fragment. It may have a path.
	URL string
	// BearerToken is sent with every request, as RFC 6750 has it; empty: none is.
	BearerToken string
	// Headers are sent with every request. Their values may be secrets.
	Headers map[string]string
	// TLS is how https is spoken.
	TLS TLS
	// Timeout is how long one query may take, until its whole answer is read; 0 means
	// [DefaultTimeout].
	Timeout time.Duration
	// AllowLinkLocal lifts the ban on link-local addresses. A literal one in the URL is
	// a fault otherwise; one that a name resolves to is refused when a connection is
	// made.
	AllowLinkLocal bool
}

// TLS is how a source knows its server, and the server the source. Its zero value is
// what browsers do.
type TLS struct {
	// CACertificate are the certificates, in PEM, of which one must have signed the
	// server's; empty: those of the system.
	CACertificate string
	// ClientCertificate and ClientKey, in PEM, are what the source shows; empty: nothing.
	ClientCertificate, ClientKey string
	// ServerName is whom the server's certificate must be for; empty: the URL's host.
	ServerName string
}

// faults are what is wrong with a configuration.
type faults []metric.Fault

// add adds a fault, unless the message is empty. It must not quote a value.
func (f *faults) add(message string, path ...string) {
	if message != "" {
		*f = append(*f, metric.Fault{Path: path, Message: message})
	}
}

// open returns the origin of a configuration. The error is a [*metric.ConfigError].
func (c Config) open() (origin.Origin, error) {
	var found faults
	base, fault := origin.ParseURL(c.URL, c.AllowLinkLocal)
	if fault == "" {
		fault = checkPath(base)
	}
	found.add(fault, "url")
	headers := c.checkHeaders(&found)
	settings := c.checkTLS(base, &found)
	if c.Timeout < 0 {
		found.add("must not be negative", "timeout")
	}
	if len(found) > 0 {
		return origin.Origin{}, &metric.ConfigError{Faults: found}
	}
	return origin.Origin{
		URL:            base,
		Headers:        headers,
		AllowLinkLocal: c.AllowLinkLocal,
		TLS:            settings,
		MaxConns:       maxRequests,
		MaxBytes:       maxAnswerBytes,
	}, nil
}

func checkPath(base *url.URL) (fault string) {
	switch path := strings.TrimRight(base.Path, "/"); {
	case base.RawPath != "":
		return "must not have a slash that is written with a percent sign in its path"
	case strings.HasSuffix(path, "/api/v1") || strings.Contains(path, "/api/v1/"):
		return "must end before /api/v1, which is added to it"
	}
	return ""
}

// checkHeaders returns all headers.
func (c Config) checkHeaders(found *faults) map[string]string {
	headers := make(map[string]string)
	for _, header := range slices.Sorted(maps.Keys(c.Headers)) {
		fault := origin.CheckHeader(header, c.Headers[header])
		switch name := http.CanonicalHeaderKey(header); {
		case fault != "":
		case name == "Content-Type":
			fault = "Content-Type is set by the client itself; remove it"
		case name == "Authorization" && c.BearerToken != "":
			fault = "can't be combined with bearer_token; remove one of the two"
		}
		found.add(fault, "headers", header)
		headers[header] = c.Headers[header]
	}
	if c.BearerToken != "" {
		found.add(origin.CheckValue(c.BearerToken), "bearer_token")
		headers["Authorization"] = "Bearer " + c.BearerToken
	}
	return headers
}

// checkTLS returns nil where nothing is out of the ordinary.
func (c Config) checkTLS(base *url.URL, found *faults) *tls.Config {
	if c.TLS == (TLS{}) {
		return nil
	}
	if base != nil && base.Scheme != "https" {
		found.add("is of use only with a url that begins with https://", "tls")
	}
	settings := &tls.Config{ServerName: c.TLS.ServerName, MinVersion: tls.VersionTLS12}
	if c.TLS.CACertificate != "" {
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM([]byte(c.TLS.CACertificate)) {
			found.add("holds no certificate in PEM", "tls", "ca_certificate")
		}
	}
	switch shown, key := c.TLS.ClientCertificate, c.TLS.ClientKey; {
	case shown == "" && key == "":
	case shown == "":
		found.add("is missing; client_key is of use only with it", "tls", "client_certificate")
	case key == "":
		found.add("is missing; client_certificate is of use only with it", "tls", "client_key")
	default:
		pair, err := tls.X509KeyPair([]byte(shown), []byte(key))
		if err != nil { // Its text may quote what was meant to be a key.
			found.add("is not the certificate, in PEM, of client_key", "tls", "client_certificate")
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings
}
