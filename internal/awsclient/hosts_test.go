package awsclient_test

import (
	"fmt"
	"net/http"
)

// hostRecorder is an HTTP client that answers as STS does, and keeps the hosts that
// it was to reach.
type hostRecorder struct{ hosts []string }

// Do implements the SDK's interface.
func (h *hostRecorder) Do(r *http.Request) (*http.Response, error) {
	h.hosts = append(h.hosts, r.URL.Host)
	return respond(r, answer{
		status: http.StatusOK,
		body:   fmt.Sprintf("<R><GetCallerIdentityResult><Account>%s</Account></GetCallerIdentityResult></R>", account),
	}, ""), nil
}
