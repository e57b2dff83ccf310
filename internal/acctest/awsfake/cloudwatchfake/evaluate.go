package cloudwatchfake

import (
	"fmt"
	"strings"
	"time"
)

// series is one series of a query's value.
type series struct {
	label string
	line  timeline
	// period in seconds; 0: unknown.
	period  int
	trouble Trouble
}

// value is what a query or a part of an expression comes to: a number, or series. A
// list is what has several series even where it has one.
type value struct {
	number *float64
	series []series
	list   bool
}

// evaluation is the evaluation of one call.
type evaluation struct {
	service *Service
	request Request
	now     time.Time
	// done are the values of queries by ID; one that is being evaluated is nil.
	done map[string]*value
}

// evaluate returns the results of all queries that are to be returned, whole. The
// caller holds the lock.
func (s *Service) evaluate(request Request) ([]evaluated, *apiError) {
	e := &evaluation{service: s, request: request, now: s.now(), done: make(map[string]*value)}
	var results []evaluated
	for _, query := range request.Queries {
		found, err := e.query(query)
		if err == nil && found.number != nil && !query.Hidden {
			err = fmt.Errorf("the result is not a time series")
		}
		if err != nil {
			return nil, invalid(fmt.Sprintf("Error in expression '%s': %s", query.ID, err))
		}
		if query.Hidden {
			continue
		}
		for _, series := range found.series {
			results = append(results, evaluated{id: query.ID, series: series.labelled(query, found.list)})
		}
		if len(found.series) == 0 && !found.list {
			results = append(results, evaluated{id: query.ID})
		}
	}
	return results, nil
}

// evaluated is one series that is returned.
type evaluated struct {
	series

	id string
}

// labelled returns the series with the label that it is returned with.
func (s series) labelled(query Query, list bool) series {
	switch {
	case query.Label != "" && list:
		s.label = query.Label + " " + s.label
	case query.Label != "":
		s.label = query.Label
	case query.Stat == nil && !list:
		s.label = query.ID
	}
	return s
}

func (e *evaluation) query(query Query) (value, error) {
	if found, begun := e.done[query.ID]; begun {
		if found == nil {
			return value{}, fmt.Errorf("%s refers to itself", query.ID)
		}
		return *found, nil
	}
	e.done[query.ID] = nil
	found, err := e.compute(query)
	if err != nil {
		return value{}, err
	}
	e.done[query.ID] = &found
	return found, nil
}

func (e *evaluation) compute(query Query) (value, error) {
	switch {
	case query.Stat != nil:
		return value{series: []series{e.metric(*query.Stat)}}, nil
	case isInsights(query.Expression):
		return e.insights(query)
	}
	return e.math(query)
}

func (e *evaluation) metric(stat Stat) series {
	found := series{label: stat.Name, line: timeline{}, period: stat.Period}
	stored := e.service.metrics[stat.key()]
	if stored == nil {
		return found
	}
	found.trouble = stored.trouble
	found.line = e.summarize(stored.points, stat.Stat, stat.Period)
	return found
}

// summarize returns the statistic by period in the call's range.
func (e *evaluation) summarize(points []Point, statistic string, period int) timeline {
	if !retained(e.request.Start, period, e.now) {
		return timeline{}
	}
	return buckets(points, statistic, rounded(e.request.Start, period, e.now), e.request.End, period)
}

// aggregates are the statistics by the functions of Metrics Insights.
func aggregates() map[string]string {
	return map[string]string{"AVG": "Average", "SUM": "Sum", "MIN": "Minimum", "MAX": "Maximum", "COUNT": "SampleCount"}
}

// insights answers SELECT AVG(metric) FROM "namespace" [GROUP BY dimension].
func (e *evaluation) insights(query Query) (value, error) {
	words := strings.Fields(query.Expression)
	if len(words) < 4 || !strings.EqualFold(words[2], "FROM") {
		return value{}, fmt.Errorf("the query is not understood")
	}
	function, name, ok := strings.Cut(strings.TrimSuffix(words[1], ")"), "(")
	statistic := aggregates()[strings.ToUpper(function)]
	if !ok || statistic == "" || query.Period == 0 {
		return value{}, fmt.Errorf("the query is not understood, or has no period")
	}
	dimension := ""
	if len(words) == 7 && strings.EqualFold(words[4]+words[5], "GROUPBY") {
		dimension = words[6]
	}
	groups, found := make(map[string][]Point), value{list: dimension != ""}
	var labels []string
	for _, stored := range e.service.sorted() {
		label := stored.Dimensions[dimension]
		if stored.Namespace != strings.Trim(words[3], `"`) || stored.Name != name || dimension != "" && label == "" {
			continue
		}
		if groups[label] == nil {
			labels = append(labels, label)
		}
		groups[label] = append(groups[label], stored.points...)
	}
	for _, label := range labels {
		found.series = append(found.series, series{label: label, line: e.summarize(groups[label], statistic, query.Period), period: query.Period})
	}
	return found, nil
}
