// Package metric is the port to where the samples of signals come from.
//
// The doc comments are the contract; the package metrictest holds the suite that
// every implementation passes.
package metric

import (
	"context"
	"time"
)

// CloudWatchSource is the name of the source on Amazon CloudWatch, which is asked where
// a signal has CloudWatch's own arguments. No other source may have it.
const CloudWatchSource = "cloudwatch"

// Source answers queries. Its methods may be called concurrently.
//
// It asks once, though its client may send again what was throttled or got lost: the
// next refresh asks anew, and a policy says what is to be done without an answer.
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
// own and refuses those of others: an HTTP source knows Path, Value and Time,
// Prometheus Query, and CloudWatch CloudWatch. Sources with a history know the rest.
type Query struct {
	// Path is where an HTTP source finds the document, relative to its base URL;
	// it may have a query string.
	Path string
	// Value is where in that document the number is, as a gjson path; empty: the
	// whole document is the number. It may also lead to a series: a list of pairs of a
	// time and a number, or a list of numbers whose times are at Time. An element that
	// is null, or whose number is, is a gap.
	Value string
	// Time is where in that document the times of the numbers are, as a gjson path to a
	// list as long as theirs, or to the one time of one number. A time is in Unix
	// seconds, in Unix milliseconds from 1e11 on, or text as in RFC 3339. Empty: the
	// pairs have the times, and a single number is true when it is read.
	Time string

	// Query is what Prometheus is asked for, in PromQL.
	Query string

	// CloudWatch is what CloudWatch is asked for.
	CloudWatch *CloudWatch

	// Period is the length of time that one sample of a source with a history stands
	// for; 0: the source's default.
	Period time.Duration
	// Window is how far back the samples of a source with a history reach; 0: the
	// source's default.
	Window time.Duration
	// Offset is how far in the past the window ends, for values that still change when
	// they first show.
	Offset time.Duration

	// PerServer asks for the samples of every server by itself; nil: for one series.
	PerServer *PerServer
}

// CloudWatch is a metric of Amazon CloudWatch, or an expression.
type CloudWatch struct {
	// Namespace, MetricName and Dimensions name a metric.
	Namespace, MetricName string
	Dimensions            map[string]string
	// Statistic is what becomes of the values within a period, as CloudWatch calls it,
	// for example "Sum" or "p99"; empty: "Average".
	Statistic string
	// Expression is an expression of metric math, or a query of Metrics Insights, in
	// place of a metric.
	Expression string
	// Queries are what the expression refers to, by name. They have no Queries.
	Queries map[string]CloudWatch
}

// PerServer asks for one series per server.
type PerServer struct {
	// Dimension is what tells the series of the servers apart, a dimension of
	// CloudWatch or a label of Prometheus: its value is a server's ID.
	Dimension string
	// Servers are the IDs. Check takes none.
	Servers []string
	// Names are other names of servers, for example keys, private addresses and DNS
	// names, with the ID of the server that each stands for. A source whose values
	// aren't IDs knows a server by any of them, also with a port behind it; the others
	// ignore Names. Check takes none.
	Names map[string]string
}

// Result is the answer to one query: samples or an error, never both and never
// neither.
type Result struct {
	// Samples are sorted from the oldest to the newest. Their values are finite.
	Samples []Sample
	// Servers are the samples by server ID, in place of Samples, where the query asks
	// for them per server. A server that has none is absent.
	Servers map[string][]Sample
	// Err wraps one of the sentinels of this package. Its text is the same for the
	// same failure, says nothing of addresses, credentials or answers, and is
	// fit to be stored in Terraform's state.
	Err error
}

// Sample is one measured value. A true zero is a value; the absence of one is
// ErrNoData.
type Sample struct {
	// At is when the value was measured; of a value over a period, its end.
	At    time.Time
	Value float64
}
