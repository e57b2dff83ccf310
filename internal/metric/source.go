// Package metric is the port to where the samples of signals come from.
//
// The doc comments are the contract; the package metrictest holds the suite that
// every implementation passes.
package metric

import (
	"context"
	"time"
)

// Source answers queries. Its methods may be called concurrently.
//
// It retries nothing: the next refresh asks again, and a policy says what is to
// be done without an answer.
type Source interface {
	// Check reports whether the source can understand the query, without any I/O.
	// The error is a [*QueryError], which wraps ErrQuery.
	Check(query Query) error

	// Fetch answers all queries in as few calls as it can. Result i answers
	// queries[i], and there are exactly as many results as queries: a query that
	// fails never takes the others with it. Fetch honours the end of its context
	// promptly; what has no answer by then is ErrUnavailable. It doesn't alter
	// queries.
	Fetch(ctx context.Context, queries []Query) []Result
}

// Query asks for the samples of one signal. Each kind of source has fields of its
// own and refuses those of others.
type Query struct {
	// Path is where an HTTP source finds the document, relative to its base URL;
	// it may have a query string.
	Path string
	// Value is where in that document the number is, as a gjson path; empty: the
	// whole document is the number.
	Value string
}

// Result is the answer to one query: samples or an error, never both and never
// neither.
type Result struct {
	// Samples are sorted from the oldest to the newest. Their values are finite.
	Samples []Sample
	// Err wraps one of the sentinels of this package. Its text is the same for the
	// same failure, says nothing of addresses, credentials or answers, and is
	// fit to be stored in Terraform's state.
	Err error
}

// Sample is one measured value. A true zero is a value; the absence of one is
// ErrNoData.
type Sample struct {
	At    time.Time
	Value float64
}
