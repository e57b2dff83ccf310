package cloudwatchfake

import "net/http"

// Faults are what goes wrong. The zero Faults: nothing.
type Faults struct {
	// Throttled, Failing and Denied are how many calls from now on are answered with a
	// throttling error, with an internal one, and with a refusal of the credentials.
	// They come in this order.
	Throttled, Failing, Denied int
	// PageSize is how many datapoints a page has at most; 0: as the service has.
	PageSize int
	// Message is what the service says about a call as a whole; empty: nothing. It
	// leaves out the last result then.
	Message string
}

// SetFaults replaces the faults.
func (s *Service) SetFaults(faults Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults
}

// strike returns the error that the next call is answered with, if any.
func (f *Faults) strike() *apiError {
	switch {
	case f.Throttled > 0:
		f.Throttled--
		return &apiError{status: http.StatusBadRequest, code: "Throttling", message: "Rate exceeded"}
	case f.Failing > 0:
		f.Failing--
		return &apiError{status: http.StatusInternalServerError, code: "InternalFailure", message: "out of order"}
	case f.Denied > 0:
		f.Denied--
		return &apiError{
			status: http.StatusForbidden, code: "AccessDenied",
			message: "User: arn:aws:iam::123456789012:user/runner is not authorized to perform: cloudwatch:GetMetricData",
		}
	}
	return nil
}

// Trouble is what is wrong with one metric.
type Trouble int

// The troubles.
const (
	// NoTrouble: nothing is wrong.
	NoTrouble Trouble = iota
	// Broken: its result is an internal error.
	Broken
	// Silent: its result is cut off, and the page on which it goes on never comes.
	Silent
	// CutOff: its result is cut off, and there is no further page.
	CutOff
)

// SetTrouble makes trouble for a metric.
func (s *Service) SetTrouble(metric Metric, trouble Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(metric).trouble = trouble
}
