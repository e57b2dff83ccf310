// Package origin lets a metric source over HTTP reach one origin and nothing else.
//
// An origin is a URL with headers, which may hold credentials. They are sent nowhere
// else, because no redirect leads away from it. Link-local addresses are refused when
// a connection is made, after the name has been resolved, because the metadata services
// of clouds answer there. Behind a proxy of the environment (HTTP_PROXY, HTTPS_PROXY,
// NO_PROXY) the connection is made to the proxy, which resolves the name itself; then
// only a literal address in the URL can be refused here.
package origin

import (
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// UserAgent is what requests say they come from.
const UserAgent = "terraform-provider-muster"

// Origin is what a client is for.
type Origin struct {
	// URL is checked by [ParseURL].
	URL *url.URL
	// Headers are sent with every request, in place of those that it has. They are
	// checked by [CheckHeader].
	Headers map[string]string
	// Timeout bounds every step of a request. The caller bounds the whole by its context.
	Timeout time.Duration
	// AllowLinkLocal lifts the ban on link-local addresses.
	AllowLinkLocal bool
	// TLS is how https is spoken; nil: as usual.
	TLS *tls.Config
	// MaxConns is how many connections there are at once.
	MaxConns int
	// MaxBytes bounds an answer, after decompression.
	MaxBytes int64
}

// NewClient returns a client that reaches the origin only. [Describe] knows its errors.
func (o Origin) NewClient() *http.Client {
	return &http.Client{
		Transport:     &tripper{next: o.transport(), headers: maps.Clone(o.Headers), maxBytes: o.MaxBytes},
		CheckRedirect: o.checkRedirect,
	}
}

func (o Origin) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: o.Timeout}
	proxy := proxyFunc(http.ProxyFromEnvironment)
	if !o.AllowLinkLocal {
		dialer.Control = refuseLinkLocal
		proxy = unlessLinkLocal(proxy)
	}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        o.TLS,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    o.Timeout,
		ResponseHeaderTimeout:  o.Timeout,
		IdleConnTimeout:        o.Timeout,
		MaxConnsPerHost:        o.MaxConns,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// tripper adds the headers to requests and bounds the answers.
type tripper struct {
	next     http.RoundTripper
	headers  map[string]string
	maxBytes int64
}

// RoundTrip implements [http.RoundTripper].
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	// A round tripper must not alter the request.
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", UserAgent)
	for header, value := range t.headers {
		req.Header.Set(header, value)
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: t.maxBytes, max: t.maxBytes}
	return resp, nil
}

// same reports whether a URL is of the origin; host and port have several spellings.
func (o Origin) same(u *url.URL) bool {
	return u.Scheme == o.URL.Scheme && hostPort(u) == hostPort(o.URL) && u.User == nil
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
