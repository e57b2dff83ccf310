package awsfake

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// journal is what was asked of the world.
type journal struct {
	calls    map[string]int
	records  []Record
	unlisted []string
	// losable counts the calls whose answers could have been lost, refusable those of
	// each operation, since the faults were set.
	losable   int
	refusable map[string]int
}

// Record is one call that has reached the world.
type Record struct {
	// Service is the name that requests to it are signed with, like "ec2".
	Service, Operation string
	// ErrorCode is the API's; empty where the call has succeeded.
	ErrorCode string
	// Caller is the ARN of who has called; empty where nobody has signed.
	Caller string
	At     time.Time
}

func newJournal() journal { return journal{calls: map[string]int{}, refusable: map[string]int{}} }

func (j *journal) note(req *request, err error) {
	j.calls[req.operation]++
	record := Record{Service: req.service, Operation: req.operation, At: now()}
	if req.caller != nil {
		record.Caller = req.caller.arn
	}
	var refused *apiError
	switch {
	case errors.As(err, &refused):
		record.ErrorCode = refused.code
	case err != nil:
		record.ErrorCode = "InternalError"
	}
	j.records = append(j.records, record)
}

// loses reports whether the answer to a call that has taken effect is to be lost.
func (w *World) loses(req *request) bool {
	lost := w.faults.Lost
	if len(lost.Operations) > 0 && !slices.Contains(lost.Operations, req.operation) {
		return false
	}
	w.journal.losable++
	n := w.journal.losable
	return slices.Contains(lost.Calls, n) || lost.Every > 0 && n%lost.Every == 0 || w.chance(lost.Share)
}

// refuses returns the error by which a test wants the call to fail.
func (w *World) refuses(req *request) error {
	w.journal.refusable[req.operation]++
	n := w.journal.refusable[req.operation]
	for _, r := range w.faults.Refuse {
		if r.Operation == req.operation && (len(r.Calls) == 0 || slices.Contains(r.Calls, n)) {
			return fault(r.Status, r.Code, "%s", r.Message)
		}
	}
	return nil
}

// Calls returns how often each operation was called, the refused and throttled calls
// included.
func (w *World) Calls() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.journal.calls)
}

// Records returns all calls in their order.
func (w *World) Records() []Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.journal.records)
}

// unknown notes a request to a service that isn't faked.
func (w *World) unknown(req *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	target := req.http.Header.Get("X-Amz-Target")
	w.journal.unlisted = append(w.journal.unlisted, strings.TrimSpace(req.http.Method+" "+req.http.URL.Path+" "+target+req.operation))
}

// Unlisted returns the operations, like "ec2.StopInstances", that were called although
// they aren't among those that this fake offers; see [Operations]. A call of another
// service is there with its method, its path, and its operation if that is known.
func (w *World) Unlisted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.journal.unlisted)
}

// ResetCalls forgets what was called.
func (w *World) ResetCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.journal.calls)
	w.journal.records, w.journal.unlisted = nil, nil
}
