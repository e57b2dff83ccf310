// Package http is the [metric.Source] that reads numbers from JSON documents of
// one HTTP service.
//
// A base URL with its headers is one origin: a query's path can't leave it, a
// redirect can't either, and so the headers, which may hold credentials, are sent
// nowhere else. Link-local addresses are refused when a connection is made, after
// the name has been resolved, because the metadata services of clouds answer
// there. Behind a proxy of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) the
// connection is made to the proxy, which resolves the name itself; then only a
// literal address in the base URL can be refused here.
package http

import (
	"fmt"
	"maps"
	nethttp "net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 10 * time.Second

// token is the form of a header's name (RFC 9110, section 5.6.2).
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// Config is the configuration of a source.
type Config struct {
	// BaseURL is an http or https URL without user, query and fragment.
	BaseURL string
	// Headers are sent with every request. Their values may be secrets.
	Headers map[string]string
	// Timeout is how long one request may take, until its whole answer is read;
	// 0 means [DefaultTimeout].
	Timeout time.Duration
	// AllowLinkLocal lifts the ban on link-local addresses. A literal one in the
	// base URL is a fault otherwise; one that a name resolves to is refused when a
	// connection is made.
	AllowLinkLocal bool
}

// check returns the base URL or every fault.
func (c Config) check() (*url.URL, error) {
	base, faults := c.checkURL()
	for _, header := range slices.Sorted(maps.Keys(c.Headers)) {
		if message := checkHeader(header, c.Headers[header]); message != "" {
			faults = append(faults, metric.Fault{Path: []string{"headers", header}, Message: message})
		}
	}
	if c.Timeout < 0 {
		faults = append(faults, metric.Fault{Path: []string{"timeout"}, Message: "must not be negative"})
	}
	if len(faults) > 0 {
		return nil, &metric.ConfigError{Faults: faults}
	}
	return base, nil
}

func (c Config) checkURL() (*url.URL, []metric.Fault) {
	fault := func(message string) (*url.URL, []metric.Fault) {
		return nil, []metric.Fault{{Path: []string{"base_url"}, Message: message}}
	}
	// An error of url.Parse quotes the URL, which may hold a password.
	base, err := url.Parse(c.BaseURL)
	switch {
	case err != nil:
		return fault("is not a valid URL")
	case base.Scheme != "http" && base.Scheme != "https":
		return fault("must begin with http:// or https://")
	case base.User != nil:
		return fault("must not hold a user or password, which would show up in logs; use headers")
	case base.Hostname() == "":
		return fault("must name a host")
	case !c.AllowLinkLocal && literalLinkLocal(base.Hostname()):
		return fault("is a link-local address, at which clouds hand out credentials; if that is meant, set allow_link_local = true")
	case base.RawQuery != "" || base.ForceQuery:
		return fault("must not have a query string; put it into the signal's path")
	case strings.Contains(c.BaseURL, "#"):
		return fault("must not have a fragment")
	case climbs(base.Path):
		return fault(`must not have "." or ".." in its path`)
	}
	return base, nil
}

// checkHeader never quotes the value, which may be a secret.
func checkHeader(header, value string) string {
	if !token.MatchString(header) {
		return "is not a valid name of a header"
	}
	switch nethttp.CanonicalHeaderKey(header) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding":
		return fmt.Sprintf("%s is set by the client itself; remove it", header)
	}
	for _, char := range []byte(value) {
		if char < ' ' && char != '\t' || char == 0x7f {
			return "has a control character, for example a line break, in its value"
		}
	}
	return ""
}

// climbs reports whether the decoded path has a segment that leads upwards, or
// one that a server might take for such.
func climbs(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}
