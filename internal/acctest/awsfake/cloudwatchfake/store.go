package cloudwatchfake

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"
)

// stored is what was put of one metric.
type stored struct {
	Metric
	// points are sorted by time.
	points  []Point
	trouble Trouble
}

// Point is one value that was put.
type Point struct {
	At    time.Time
	Value float64
}

// Put adds values to a metric.
func (s *Service) Put(metric Metric, points ...Point) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.store(metric)
	stored.points = append(stored.points, points...)
	slices.SortStableFunc(stored.points, func(a, b Point) int { return a.At.Compare(b.At) })
}

// Set replaces the values of a metric.
func (s *Service) Set(metric Metric, points ...Point) {
	s.mu.Lock()
	s.store(metric).points = nil
	s.mu.Unlock()
	s.Put(metric, points...)
}

// store returns the metric, which it creates. The caller holds the lock.
func (s *Service) store(metric Metric) *stored {
	key := metric.key()
	if s.metrics[key] == nil {
		s.metrics[key] = &stored{Metric: metric}
	}
	return s.metrics[key]
}

// key is the same for equal metrics.
func (m Metric) key() string {
	dimensions := m.Dimensions
	if dimensions == nil {
		dimensions = map[string]string{}
	}
	encoded, err := json.Marshal([]any{m.Namespace, m.Name, dimensions})
	if err != nil {
		panic(err) // Texts always encode.
	}
	return string(encoded)
}

// sorted returns all metrics in a fixed order.
func (s *Service) sorted() []*stored {
	var all []*stored
	for _, key := range slices.Sorted(maps.Keys(s.metrics)) {
		all = append(all, s.metrics[key])
	}
	return all
}

// retained reports whether there is data of a period for a range that begins then: see
// GetMetricData in the API reference.
func retained(start time.Time, period int, now time.Time) bool {
	const minute, hour, day = 60, 3600, 24 * time.Hour
	switch age := now.Sub(start); {
	case age > 455*day:
		return false
	case age > 63*day:
		return period%hour == 0
	case age > 15*day:
		return period%(5*minute) == 0
	case age > 3*time.Hour:
		return period%minute == 0
	}
	return true
}

// rounded returns where a range really begins.
func rounded(start time.Time, period int, now time.Time) time.Time {
	const day = 24 * time.Hour
	unit := time.Minute
	switch age := now.Sub(start); {
	case age > 63*day:
		unit = time.Hour
	case age > 15*day:
		unit = 5 * time.Minute
	case period < 60:
		unit = time.Duration(period) * time.Second
	}
	return start.Truncate(unit)
}

// buckets returns the statistic of every period in a range that has values. Periods
// are counted from the start; the last one may be cut off by the end.
func buckets(points []Point, statistic string, start, end time.Time, period int) timeline {
	width := time.Duration(period) * time.Second
	values := make(map[time.Time][]float64)
	for _, point := range points {
		if point.At.Before(start) || !point.At.Before(end) {
			continue
		}
		begin := start.Add(point.At.Sub(start).Truncate(width))
		values[begin] = append(values[begin], point.Value)
	}
	line := make(timeline)
	for begin, inside := range values {
		line[begin] = summarize(inside, statistic)
	}
	return line
}

// timeline is a series by the begin of its periods.
type timeline map[time.Time]float64

// times returns them from the oldest to the newest.
func (l timeline) times() []time.Time {
	return slices.SortedFunc(maps.Keys(l), time.Time.Compare)
}

// set sets a value, unless it is no number: a division by zero gives no datapoint.
func (l timeline) set(at time.Time, number float64) {
	if !math.IsNaN(number) {
		l[at] = number
	}
}
