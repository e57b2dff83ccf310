package cloudwatchfake

import (
	"fmt"
	"regexp"
	"strings"
)

// Limits of one call.
const (
	maxQueries         = 500
	maxExpressionBytes = 2048
	maxDatapoints      = 100_800
)

var identifier = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// validate returns the error of a call that isn't valid. It has a line for every
// mistake that the service finds at once.
func validate(request Request) *apiError {
	switch {
	case len(request.Queries) == 0:
		return invalid("The parameter MetricDataQueries is required.")
	case len(request.Queries) > maxQueries:
		return invalid(fmt.Sprintf("The collection MetricDataQueries must not have a size greater than %d.", maxQueries))
	case !request.Start.Before(request.End):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	var lines []string
	seen := make(map[string]bool)
	selects := 0
	for i, query := range request.Queries {
		lines = append(lines, query.mistakes(i+1)...)
		if seen[query.ID] {
			lines = append(lines, fmt.Sprintf("The values for parameter id in MetricDataQueries are not unique: %s.", query.ID))
		}
		seen[query.ID] = true
		if isInsights(query.Expression) {
			selects++
		}
	}
	if selects > 1 {
		lines = append(lines, "Maximum number of queries (1) exceeded")
	}
	if len(lines) > 0 {
		return invalid(strings.Join(lines, "\n"))
	}
	return nil
}

// mistakes returns what is wrong with the nth query, in the service's words.
func (q Query) mistakes(n int) []string {
	parameter := fmt.Sprintf("MetricDataQueries.member.%d.", n)
	var lines []string
	if !identifier.MatchString(q.ID) {
		lines = append(lines, fmt.Sprintf("The value %s for parameter %sId is not matching the expected pattern %s.", q.ID, parameter, identifier))
	}
	switch {
	case (q.Stat == nil) == (q.Expression == ""):
		return append(lines, fmt.Sprintf("Exactly one of MetricStat and Expression must be in %s", strings.TrimSuffix(parameter, ".")))
	case q.Stat == nil && len(q.Expression) > maxExpressionBytes:
		return append(lines, fmt.Sprintf("The parameter %sExpression must be shorter than %d characters.", parameter, maxExpressionBytes+1))
	case q.Stat == nil:
		return lines
	}
	if !isStatistic(q.Stat.Stat) {
		lines = append(lines, fmt.Sprintf("The value for parameter %sMetricStat.Stat is not a valid statistic.", parameter))
	}
	if !isPeriod(q.Stat.Period) {
		lines = append(lines, fmt.Sprintf("The value %d for parameter %sMetricStat.Period is not a valid period.", q.Stat.Period, parameter))
	}
	if q.Stat.Namespace == "" || q.Stat.Name == "" {
		lines = append(lines, fmt.Sprintf("The parameter %sMetricStat.Metric must name a metric.", parameter))
	}
	return lines
}

func isPeriod(seconds int) bool {
	switch seconds {
	case 1, 5, 10, 20, 30:
		return true
	}
	return seconds > 0 && seconds%60 == 0
}

func isInsights(expression string) bool {
	return strings.HasPrefix(strings.ToUpper(strings.TrimSpace(expression)), "SELECT ")
}
