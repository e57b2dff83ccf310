package http

import (
	"math"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

const (
	// maxPoints bounds a series, gaps included.
	maxPoints = 10_000

	// firstMilliseconds is the first time that is read as milliseconds; as seconds it
	// would lie in the year 5138. Later than lastMilliseconds are only the times of
	// those who count in microseconds.
	firstMilliseconds, lastMilliseconds = 1e11, 1e14
)

// timed returns the series of the numbers in one list and their times in another. A
// number that is no list, and a time, are lists of one.
func timed(values, times gjson.Result) ([]metric.Sample, error) {
	numbers, err := elements(values)
	if err != nil {
		return nil, err
	}
	instants, err := elements(times)
	if err != nil {
		return nil, err
	}
	if len(instants) != len(numbers) {
		return nil, malformed("there are %d times for %d values", len(instants), len(numbers))
	}
	var points []point
	for i := range numbers {
		points = append(points, point{at: instants[i], value: numbers[i]})
	}
	return series(points)
}

// paired returns the series of a list of pairs of a time and a number.
func paired(list gjson.Result) ([]metric.Sample, error) {
	pairs, err := elements(list)
	if err != nil {
		return nil, err
	}
	var points []point
	for _, pair := range pairs {
		if pair.Type == gjson.Null {
			continue
		}
		if !pair.IsArray() {
			return nil, malformed("the value is a list without times; set time to where in the answer they are")
		}
		parts, err := elements(pair)
		if err != nil || len(parts) != 2 {
			return nil, malformed("the value is a list of lists, not all of which are a time and a number")
		}
		points = append(points, point{at: parts[0], value: parts[1]})
	}
	return series(points)
}

// elements returns those of a list, or what is no list as the only one.
func elements(list gjson.Result) ([]gjson.Result, error) {
	if !list.IsArray() {
		if !list.Exists() || list.Type == gjson.Null {
			return nil, nil
		}
		return []gjson.Result{list}, nil
	}
	var found []gjson.Result
	list.ForEach(func(_, element gjson.Result) bool {
		found = append(found, element)
		return len(found) <= maxPoints
	})
	if len(found) > maxPoints {
		return nil, malformed("the value has more than %d points", maxPoints)
	}
	return found, nil
}

// point is a number of a series as the document has it.
type point struct{ at, value gjson.Result }

// series returns the samples of the points, without the gaps.
func series(points []point) ([]metric.Sample, error) {
	var samples []metric.Sample
	for _, point := range points {
		if point.value.Type == gjson.Null {
			continue
		}
		at, err := instant(point.at)
		if err != nil {
			return nil, err
		}
		value, err := convert(point.value)
		if err != nil {
			return nil, err
		}
		samples = append(samples, metric.Sample{At: at, Value: value})
	}
	if len(samples) == 0 {
		return nil, noData("the value is a list without a number")
	}
	slices.SortStableFunc(samples, func(a, b metric.Sample) int { return a.At.Compare(b.At) })
	return samples, nil
}

// instant reads a time: Unix seconds or milliseconds, or text as in RFC 3339.
func instant(at gjson.Result) (time.Time, error) {
	if at.Type == gjson.String {
		parsed, err := time.Parse(time.RFC3339, at.Str)
		if err != nil || parsed.Unix() <= 0 {
			return time.Time{}, malformed("a time is text that is not one; it must be as in 2006-01-02T15:04:05Z")
		}
		return parsed.UTC(), nil
	}
	number := at.Num
	switch {
	case at.Type != gjson.Number:
		return time.Time{}, malformed("a time is neither a number nor text")
	case number <= 0 || number >= lastMilliseconds || math.IsNaN(number):
		return time.Time{}, malformed("a time is neither in Unix seconds nor in milliseconds")
	case number < firstMilliseconds:
		number *= 1000
	}
	return time.UnixMilli(int64(math.Round(number))).UTC(), nil
}
