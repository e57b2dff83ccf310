package cloudwatchfake

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call reads the arguments of a function, and calls it.
func (p *parser) call(function string) (value, error) {
	if _, ok := p.accept("("); !ok {
		return value{}, errSyntax
	}
	if function == "SEARCH" {
		return p.until(")", p.search)
	}
	operand, err := p.sum()
	if err != nil {
		return value{}, err
	}
	if function == "FILL" {
		return p.until(")", func() (value, error) { return p.fill(operand) })
	}
	return p.until(")", func() (value, error) { return reduce(function, operand) })
}

// reduce makes one series of a list, and a number of a series.
func reduce(function string, operand value) (value, error) {
	statistic, known := aggregates()[function]
	if !known || function == "COUNT" || operand.number != nil {
		return value{}, fmt.Errorf("unsupported function %s", function)
	}
	if operand.list {
		return value{series: []series{together(operand.series, function, statistic)}}, nil
	}
	all := slices.Collect(maps.Values(operand.series[0].line))
	if len(all) == 0 {
		return value{}, errors.New("there is no data")
	}
	return numeric(summarize(all, statistic)), nil
}

// together returns the statistic of all series at every time.
func together(list []series, label, statistic string) series {
	values := make(map[time.Time][]float64)
	reduced := series{label: label, line: make(timeline)}
	for _, series := range list {
		reduced.trouble, reduced.period = max(reduced.trouble, series.trouble), series.period
		for at, number := range series.line {
			values[at] = append(values[at], number)
		}
	}
	for at, inside := range values {
		slices.Sort(inside)
		reduced.line[at] = summarize(inside, statistic)
	}
	return reduced
}

// fill gives the periods without a value one.
func (p *parser) fill(operand value) (value, error) {
	if _, ok := p.accept(","); !ok || operand.number != nil || operand.list || operand.series[0].period == 0 {
		return value{}, errSyntax
	}
	with, err := p.sum()
	if err != nil || with.number == nil {
		return value{}, errSyntax
	}
	filled := operand.series[0]
	filled.line = make(timeline)
	width := time.Duration(filled.period) * time.Second
	for at := rounded(p.request.Start, filled.period, p.now); at.Before(p.request.End); at = at.Add(width) {
		filled.line[at] = *with.number
		if number, ok := operand.series[0].line[at]; ok {
			filled.line[at] = number
		}
	}
	return value{series: []series{filled}}, nil
}

// search reads the arguments of SEARCH: '{namespace,dimension…} MetricName="name"',
// 'statistic' and a period, which may be left out.
func (p *parser) search() (value, error) {
	form := regexp.MustCompile(`^'\{([^,}]+),?([^}]*)\} MetricName="([^"]+)"'$`)
	parts := form.FindStringSubmatch(p.next())
	_, comma := p.accept(",")
	statistic := strings.Trim(p.next(), "'")
	if parts == nil || !comma || !isStatistic(statistic) {
		return value{}, errSyntax
	}
	period := p.query.Period
	if _, more := p.accept(","); more {
		seconds, err := strconv.Atoi(p.next())
		if err != nil {
			return value{}, errSyntax
		}
		period = seconds
	}
	if !isPeriod(period) {
		return value{}, errors.New("the search has no valid period")
	}
	found := value{list: true}
	for _, stored := range p.service.sorted() {
		if stored.Namespace == parts[1] && stored.Name == parts[3] && stored.hasDimensions(parts[2]) {
			line := p.summarize(stored.points, statistic, period)
			found.series = append(found.series, series{label: stored.key(), line: line, period: period, trouble: stored.trouble})
		}
	}
	return found, nil
}

// hasDimensions reports whether the metric has exactly the dimensions in a list with
// commas.
func (m Metric) hasDimensions(names string) bool {
	wanted := strings.FieldsFunc(names, func(r rune) bool { return r == ',' })
	for _, name := range wanted {
		if _, ok := m.Dimensions[name]; !ok {
			return false
		}
	}
	return len(wanted) == len(m.Dimensions)
}
