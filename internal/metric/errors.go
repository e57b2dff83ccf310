package metric

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of failure.
var (
	// ErrNoData: the source answered that it has no value.
	ErrNoData = errors.New("no data")
	// ErrUnavailable: the source can't be reached, didn't answer in time, or
	// answered with an error.
	ErrUnavailable = errors.New("source unavailable")
	// ErrMalformed: the source answered with something that isn't the number that
	// was asked for.
	ErrMalformed = errors.New("malformed answer")
	// ErrQuery: the query makes no sense to this source.
	ErrQuery = errors.New("invalid query")
)

// FetchError says why a query has no answer.
type FetchError struct {
	// Kind is the sentinel: ErrNoData, ErrUnavailable or ErrMalformed; ErrQuery where
	// only the service can tell that a query makes no sense.
	Kind error
	// Message says what happened in a few words, for example "connection
	// refused". The sentinel's text would add nothing to it.
	Message string
}

// Error returns the message.
func (e *FetchError) Error() string { return e.Message }

// Unwrap returns the sentinel.
func (e *FetchError) Unwrap() error { return e.Kind }

// QueryError says what is wrong with a query.
type QueryError struct {
	// Field is the field of [Query] by the name that users know it by, for example
	// "path" or "queries.errors.statistic".
	Field string
	// Message says what is wrong, as a clause that continues the field's name.
	Message string
}

// Error names the field.
func (e *QueryError) Error() string { return e.Field + " " + e.Message }

// Unwrap returns ErrQuery.
func (e *QueryError) Unwrap() error { return ErrQuery }

// Fault is one mistake in the configuration of a source.
type Fault struct {
	// Path leads to the mistake by the names that the user writes, for example
	// ["headers", "Accept"].
	Path []string
	// Message says what is wrong and never quotes a value, which may be a secret.
	Message string
}

// ConfigError holds every fault of the configuration of a source. It is never
// empty.
type ConfigError struct{ Faults []Fault }

// Error lists all faults, one per line.
func (e *ConfigError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, fault := range e.Faults {
		lines = append(lines, fmt.Sprintf("%s: %s", strings.Join(fault.Path, "."), fault.Message))
	}
	return strings.Join(lines, "\n")
}
