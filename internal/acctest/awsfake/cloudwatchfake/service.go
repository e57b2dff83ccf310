// Package cloudwatchfake is an endpoint that answers GetMetricData as Amazon CloudWatch
// does, over the protocol that the SDK speaks (Smithy RPC v2 CBOR). Only tests import
// it.
//
// It is meant to be as unpleasant as the service: periods are counted from the start of
// the call's range, the end of which is exclusive; the period that is still open has
// the value of what there is so far; a range that begins too long ago for a period has
// no data at all; the newest comes first unless asked otherwise; long answers come in
// pages; and one query that isn't valid takes the call with it.
//
// Of metric math it knows numbers, the operators + - * / and parentheses, lists, SUM,
// AVG, MIN, MAX, FILL and SEARCH, of Metrics Insights SELECT without WHERE; anything
// else is refused, as a mistake would be.
package cloudwatchfake

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// pathPrefix leads to the operations of the service.
	pathPrefix = "/service/GraniteServiceVersion20100801/operation/"

	// maxBodyBytes bounds a request.
	maxBodyBytes = 4 << 20
)

// Options are what a [Service] needs.
type Options struct {
	// Now is the clock.
	Now func() time.Time
}

// Service is CloudWatch in one account and region. Its methods may be called
// concurrently.
type Service struct {
	now func() time.Time

	mu       sync.Mutex
	metrics  map[string]*stored
	faults   Faults
	requests []Request
	// cursors are, by token, where an answer goes on.
	cursors map[string]cursor
}

var _ http.Handler = (*Service)(nil)

// New returns a service without metrics.
func New(options Options) *Service {
	return &Service{now: options.Now, metrics: make(map[string]*stored), cursors: make(map[string]cursor)}
}

// Calls returns how many calls of GetMetricData have come, each page counted.
func (s *Service) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// Requests returns the calls of GetMetricData so far, the oldest first.
func (s *Service) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ServeHTTP answers one call.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, ok := strings.CutPrefix(r.URL.Path, pathPrefix)
	switch {
	case !ok || r.Method != http.MethodPost:
		http.NotFound(w, r)
		return
	case r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" || r.Header.Get("Content-Type") != "application/cbor":
		fail(w, &apiError{status: http.StatusBadRequest, code: "UnsupportedProtocol", message: "only rpc-v2-cbor is spoken here"})
		return
	case operation != "GetMetricData":
		fail(w, &apiError{status: http.StatusBadRequest, code: "UnknownOperationException", message: operation})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		fail(w, &apiError{status: http.StatusBadRequest, code: "SerializationException", message: err.Error()})
		return
	}
	request, err := decodeRequest(body)
	if err != nil {
		fail(w, &apiError{status: http.StatusBadRequest, code: "SerializationException", message: err.Error()})
		return
	}
	s.getMetricData(w, r, request)
}

// getMetricData answers one page of a call.
func (s *Service) getMetricData(w http.ResponseWriter, r *http.Request, request Request) {
	page, err := s.page(request)
	if err != nil {
		fail(w, err)
		return
	}
	if page.silent {
		// Never answered: whoever waits gives up.
		<-r.Context().Done()
		return
	}
	write(w, http.StatusOK, page.encode())
}

// page records the call and returns what it is answered with.
func (s *Service) page(request Request) (page, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
	if err := s.faults.strike(); err != nil {
		return page{}, err
	}
	if err := validate(request); err != nil {
		return page{}, err
	}
	series, err := s.evaluate(request)
	if err != nil {
		return page{}, err
	}
	return s.paginate(request, series)
}
