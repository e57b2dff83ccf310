package cloudwatchfake

import (
	"errors"
	"math"
)

func numeric(number float64) value { return value{number: &number} }

// combine applies an operator to numbers, or to series at the times that both have.
func combine(left, right value, operator string) (value, error) {
	switch {
	case left.number != nil && right.number != nil:
		return numeric(apply(*left.number, *right.number, operator)), nil
	case left.list && right.list:
		return value{}, errors.New("two lists can't be combined")
	case left.number != nil || right.list:
		return each(right, func(s series) series { return withLeft(left, s, operator) }), nil
	case right.number != nil:
		return each(left, func(s series) series { return withNumber(s, *right.number, operator) }), nil
	}
	return each(left, func(s series) series { return both(s, right.series[0], operator) }), nil
}

func withLeft(left value, s series, operator string) series {
	if left.number == nil {
		return both(left.series[0], s, operator)
	}
	line := make(timeline)
	for at, number := range s.line {
		line.set(at, apply(*left.number, number, operator))
	}
	s.line = line
	return s
}

func withNumber(s series, number float64, operator string) series {
	line := make(timeline)
	for at, own := range s.line {
		line.set(at, apply(own, number, operator))
	}
	s.line = line
	return s
}

func both(a, b series, operator string) series {
	line := make(timeline)
	for at, number := range a.line {
		if other, ok := b.line[at]; ok {
			line.set(at, apply(number, other, operator))
		}
	}
	return series{label: a.label, line: line, period: a.period, trouble: max(a.trouble, b.trouble)}
}

func each(operand value, change func(series) series) value {
	changed := value{list: operand.list}
	for _, s := range operand.series {
		changed.series = append(changed.series, change(s))
	}
	return changed
}

func apply(a, b float64, operator string) float64 {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	}
	if b == 0 {
		return math.NaN() // No datapoint; see set.
	}
	return a / b
}
