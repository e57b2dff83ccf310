package cloudwatch

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// Limits of the API: of MetricDataQuery, Metric and Dimension in its reference.
const (
	maxExpressionBytes = 2048
	maxNameBytes       = 255
	maxValueBytes      = 1024
	maxDimensions      = 30
	// maxSubqueries keeps an expression with all that it refers to within one call,
	// whatever its window; see maxSamples.
	maxSubqueries = 50
)

var (
	// identifier is the form of a query's name, that of an Id of the API.
	identifier = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,63}$`)
	// statistic is the form of a statistic: "CloudWatch statistics definitions" in its
	// user guide.
	statistic = regexp.MustCompile(`^(SampleCount|Average|Sum|Minimum|Maximum|IQM|` +
		`(p|tm|wm|tc|ts)(100|[0-9]{1,2}(\.[0-9]{1,10})?)|` +
		`(TM|WM|TC|TS|PR)\([0-9.%]*:[0-9.%]*\))$`)
)

// question is a query that makes sense, with its defaults filled in.
type question struct {
	metric.Query
}

// interpret returns the question that a query asks. The error is a
// [*metric.QueryError].
func interpret(query metric.Query) (question, error) {
	switch {
	case query.Path != "":
		return question{}, fault("path", "can't be asked of CloudWatch; it is for HTTP services")
	case query.Value != "":
		return question{}, fault("value", "can't be asked of CloudWatch; it is for HTTP services")
	case query.Time != "":
		return question{}, fault("time", "can't be asked of CloudWatch; it is for HTTP services")
	case query.Query != "":
		return question{}, fault("query", "can't be asked of CloudWatch; it is for Prometheus")
	case query.CloudWatch == nil:
		return question{}, fault("metric_name", "is missing")
	}
	asked, err := withDefaults(query)
	if err != nil {
		return question{}, err
	}
	for _, check := range []func() error{asked.checkSubject, asked.checkReferences, asked.checkPerServer} {
		if err := check(); err != nil {
			return question{}, err
		}
	}
	return asked, nil
}

func fault(field, format string, args ...any) error {
	return &metric.QueryError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// entry is the metric or the expression of a question, or a query that it refers to.
type entry struct {
	metric.CloudWatch

	// prefix leads to the entry's fields; name is that of the query, or empty.
	prefix, name string
}

// entries returns all of them, the question's own first, in a fixed order.
func (q question) entries() []entry {
	entries := []entry{{CloudWatch: *q.CloudWatch}}
	for _, name := range slices.Sorted(maps.Keys(q.CloudWatch.Queries)) {
		entries = append(entries, entry{CloudWatch: q.CloudWatch.Queries[name], prefix: "queries." + name + ".", name: name})
	}
	return entries
}

// checkSubject checks the metric or the expression, and what that refers to.
func (q question) checkSubject() error {
	switch count := len(q.CloudWatch.Queries); {
	case count > 0 && q.CloudWatch.Expression == "":
		return fault("queries", "is of use only with an expression")
	case count > maxSubqueries:
		return fault("queries", "has %d entries, and may have at most %d", count, maxSubqueries)
	}
	for _, entry := range q.entries() {
		if entry.prefix != "" && !identifier.MatchString(entry.name) {
			return fault("queries", "has %q, which is not a valid name: use letters, digits and underscores, and begin with a small letter", entry.name)
		}
		if err := entry.check(); err != nil {
			return err
		}
	}
	return nil
}

func (e entry) check() error {
	if e.Expression == "" {
		return e.checkMetric()
	}
	switch {
	case e.Namespace != "":
		return fault(e.prefix+"namespace", "can't be combined with expression")
	case e.MetricName != "":
		return fault(e.prefix+"metric_name", "can't be combined with expression")
	case len(e.Dimensions) > 0:
		return fault(e.prefix+"dimensions", "can't be combined with expression")
	case e.Statistic != "":
		return fault(e.prefix+"statistic", "can't be combined with expression")
	case len(e.Expression) > maxExpressionBytes:
		return fault(e.prefix+"expression", "is longer than %d bytes", maxExpressionBytes)
	case callsMetrics(e.Expression):
		return fault(e.prefix+"expression", "must not call METRICS(), which would also return what other signals ask for; list what is meant, for example SUM([m1, m2])")
	}
	return nil
}

func (e entry) checkMetric() error {
	switch {
	case e.MetricName == "":
		return fault(e.prefix+"metric_name", "is missing; without it there must be an expression")
	case e.Namespace == "":
		return fault(e.prefix+"namespace", "is missing; it is for example AWS/EC2")
	case len(e.MetricName) > maxNameBytes:
		return fault(e.prefix+"metric_name", "is longer than %d bytes", maxNameBytes)
	case len(e.Namespace) > maxNameBytes:
		return fault(e.prefix+"namespace", "is longer than %d bytes", maxNameBytes)
	case e.Statistic != "" && !statistic.MatchString(e.Statistic):
		return fault(e.prefix+"statistic", "%q is not a statistic of CloudWatch; write for example Average, Sum, Maximum or p99", e.Statistic)
	case len(e.Dimensions) > maxDimensions:
		return fault(e.prefix+"dimensions", "has %d entries, and may have at most %d", len(e.Dimensions), maxDimensions)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Dimensions)) {
		if value := e.Dimensions[name]; name == "" || value == "" || len(name) > maxNameBytes || len(value) > maxValueBytes {
			return fault(e.prefix+"dimensions", "has a name or a value that is empty or too long: %q", name)
		}
	}
	return nil
}

// checkReferences holds the expressions against the names of the queries.
func (q question) checkReferences() error {
	used := make(map[string]bool)
	selects := 0
	for _, entry := range q.entries() {
		if isInsights(entry.Expression) {
			selects++
		}
		for _, name := range references(entry.Expression) {
			if _, declared := q.CloudWatch.Queries[name]; !declared {
				return fault(entry.prefix+"expression", "refers to %q, which is not in queries", name)
			}
			used[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q.CloudWatch.Queries)) {
		if !used[name] {
			return fault("queries", "has %q, which no expression uses; remove it", name)
		}
	}
	if selects > 1 {
		return fault("expression", "comes to %d queries of Metrics Insights (SELECT), and CloudWatch takes one", selects)
	}
	return nil
}

func (q question) checkPerServer() error {
	if q.PerServer == nil {
		return nil
	}
	dimension := q.PerServer.Dimension
	if dimension == "" || len(dimension) > maxNameBytes {
		return fault("per_server.dimension", "is empty or too long; for the metrics of EC2 it is InstanceId")
	}
	metrics := 0
	for _, entry := range q.entries() {
		if entry.Expression != "" {
			continue
		}
		metrics++
		if _, taken := entry.Dimensions[dimension]; taken {
			return fault(entry.prefix+"dimensions", "must not have %q, whose values are the servers' IDs", dimension)
		}
		if len(entry.Dimensions) == maxDimensions {
			return fault(entry.prefix+"dimensions", "has no room for that of per_server: there may be %d", maxDimensions)
		}
	}
	if metrics == 0 {
		return fault("per_server", "needs a metric, which gets the dimension, and the expression has none in queries")
	}
	return nil
}

// insights reports whether a query of Metrics Insights is part of the question.
func (q question) insights() bool {
	return slices.ContainsFunc(q.entries(), func(e entry) bool { return isInsights(e.Expression) })
}

func isInsights(expression string) bool {
	words := strings.Fields(expression)
	return len(words) > 0 && strings.EqualFold(words[0], "SELECT")
}
