package prometheus

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

const (
	maxQueryBytes = 8 << 10
	maxLabelBytes = 100

	defaultPeriod = time.Minute
	defaultWindow = 15 * time.Minute
	// defaultPeriods is how many periods the window has at least where it isn't set.
	defaultPeriods = 3

	// maxPeriods bounds a series. Prometheus itself allows 11,000 points.
	maxPeriods = 1440
	maxPeriod  = 24 * time.Hour
	maxOffset  = 10 * 365 * 24 * time.Hour
)

// question is what the server is asked. Queries with equal ones share a call.
type question struct {
	text                   string
	period, window, offset time.Duration
}

// interpret returns the question that a query asks. The error is a
// [*metric.QueryError].
func interpret(query metric.Query) (question, error) {
	if err := refuseForeign(query); err != nil {
		return question{}, err
	}
	asked := question{text: query.Query, period: cmp.Or(query.Period, defaultPeriod), offset: query.Offset}
	asked.window = cmp.Or(query.Window, max(defaultWindow, defaultPeriods*asked.period))
	switch {
	case strings.TrimSpace(asked.text) == "":
		return question{}, fault("query", "is missing; it is for example sum(rate(http_requests_total[5m]))")
	case len(asked.text) > maxQueryBytes:
		return question{}, fault("query", "is longer than %d bytes", maxQueryBytes)
	case !utf8.ValidString(asked.text):
		return question{}, fault("query", "is not valid text")
	}
	if err := asked.checkTimes(); err != nil {
		return question{}, err
	}
	return asked, checkPerServer(query.PerServer)
}

func (q question) checkTimes() error {
	switch {
	case q.period < time.Second || q.period > maxPeriod:
		return fault("period", "must be from 1s to 24h")
	case q.period%time.Millisecond != 0:
		return fault("period", "must be a whole number of milliseconds")
	case q.window < q.period:
		return fault("window", "must not be shorter than the period, %s", q.period)
	case q.window > maxPeriods*q.period:
		return fault("window", "is longer than %d periods; take a longer period", maxPeriods)
	case q.offset < 0:
		return fault("offset", "must not be negative")
	case q.offset > maxOffset:
		return fault("offset", "must not be longer than 10 years")
	}
	return nil
}

// refuseForeign refuses what other kinds of sources are asked.
func refuseForeign(query metric.Query) error {
	const services = "can't be asked of Prometheus; it is for HTTP services"
	switch {
	case query.Path != "":
		return fault("path", services)
	case query.Value != "":
		return fault("value", services)
	case query.Time != "":
		return fault("time", services)
	case query.CloudWatch != nil:
		return fault("cloudwatch", "can't be asked of Prometheus")
	}
	return nil
}

func checkPerServer(perServer *metric.PerServer) error {
	switch {
	case perServer == nil:
		return nil
	case perServer.Dimension == "":
		return fault("per_server", "must name the label that tells the servers apart, for example instance")
	case len(perServer.Dimension) > maxLabelBytes:
		return fault("per_server", "names a label of more than %d bytes", maxLabelBytes)
	case !utf8.ValidString(perServer.Dimension) || strings.ContainsFunc(perServer.Dimension, control):
		return fault("per_server", "names a label that is not plain text")
	}
	return nil
}

func fault(field, format string, args ...any) error {
	return &metric.QueryError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// span returns the instants at which the question is evaluated, when it is asked: one
// every period, of which the last is the window's end, whether or not the window is a
// multiple of the period.
func (q question) span(now time.Time) (start, end time.Time) {
	// Whole seconds are exact on their way, where times are fractions.
	end = now.Add(-q.offset).Truncate(time.Second)
	return end.Add(-q.window.Truncate(q.period)), end
}
