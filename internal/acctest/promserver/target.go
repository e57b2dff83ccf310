package promserver

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Target is a process that exposes values to Prometheus, as its text format has them.
type Target struct {
	// Address is where it is scraped.
	Address string

	mu     sync.Mutex
	values map[string]float64
}

// NewTarget returns a target without values, which ends with the test.
func NewTarget(t testing.TB) *Target {
	t.Helper()
	target := &Target{values: make(map[string]float64)}
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	target.Address = strings.TrimPrefix(server.URL, "http://")
	return target
}

// Set sets the value of a series, which is written as in PromQL: name{label="value"}.
func (t *Target) Set(series string, value float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.values[series] = value
}

// ServeHTTP implements [http.Handler].
func (t *Target) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, series := range slices.Sorted(maps.Keys(t.values)) {
		fmt.Fprintf(w, "%s %v\n", series, t.values[series])
	}
}
