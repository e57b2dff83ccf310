// Package http is the [metric.Source] that reads numbers, and series of them, from JSON
// documents of one HTTP service.
//
// A query's path can't leave the base URL; what else keeps the requests at the service,
// and its credentials with it, is in package origin.
package http

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

// DefaultTimeout is how long one request may take.
const DefaultTimeout = 10 * time.Second

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
	var faults []metric.Fault
	add := func(message string, path ...string) {
		if message != "" {
			faults = append(faults, metric.Fault{Path: path, Message: message})
		}
	}
	base, fault := origin.ParseURL(c.BaseURL, c.AllowLinkLocal)
	add(fault, "base_url")
	for _, header := range slices.Sorted(maps.Keys(c.Headers)) {
		add(origin.CheckHeader(header, c.Headers[header]), "headers", header)
	}
	if c.Timeout < 0 {
		add("must not be negative", "timeout")
	}
	if len(faults) > 0 {
		return nil, &metric.ConfigError{Faults: faults}
	}
	return base, nil
}
