package cloudwatch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

const (
	day = 24 * time.Hour

	defaultPeriod = time.Minute
	// defaultWindow is generous: the metrics of EC2 come every 5 minutes, and late.
	defaultWindow = 15 * time.Minute
	// defaultPeriods is how many periods the window has at least where it isn't set.
	defaultPeriods = 3

	// maxSamples bounds a series. With maxSubqueries it keeps every single query
	// within maxDatapoints.
	maxSamples = 1440

	// retentionMargin keeps a window's start from becoming too old on its way.
	retentionMargin = time.Minute
)

// span is the time range of a query. Both ends are multiples of the period.
type span struct {
	// start is part of it, end isn't.
	start, end time.Time
	period     time.Duration
}

// withDefaults fills in the time range and checks it.
func withDefaults(query metric.Query) (question, error) {
	query.Period = cmp.Or(query.Period, defaultPeriod)
	if err := checkPeriod(query.Period); err != nil {
		return question{}, err
	}
	query.Window = cmp.Or(query.Window, max(defaultWindow, defaultPeriods*query.Period))
	switch {
	case query.Window < query.Period:
		return question{}, fault("window", "must not be shorter than the period, %s", words(query.Period))
	case query.Window > maxSamples*query.Period:
		return question{}, fault("window", "is longer than %d periods; take a longer period", maxSamples)
	case query.Offset < 0:
		return question{}, fault("offset", "must not be negative")
	case query.Offset+query.Window > retention(query.Period):
		return question{}, fault("window", "reaches back further than %s, for which CloudWatch keeps data of this period; take a longer period", words(retention(query.Period)))
	}
	return question{query}, nil
}

// checkPeriod also wants the period to divide a day: the clock then says where periods
// begin, the same for everyone.
func checkPeriod(period time.Duration) error {
	switch {
	case period < time.Second || period > day:
		return fault("period", "must be from 1s to 24h")
	case period < time.Minute:
		if slices.Contains([]string{"1s", "5s", "10s", "20s", "30s"}, period.String()) {
			return nil
		}
		return fault("period", "must be 1s, 5s, 10s, 20s or 30s where it is below 1m, which only metrics of high resolution have")
	case period%time.Minute != 0:
		return fault("period", "must be a multiple of 1m")
	case day%period != 0:
		return fault("period", "must divide a day evenly, as 5m, 15m and 1h do")
	}
	return nil
}

// retention returns for how long CloudWatch keeps data of the period: see
// GetMetricData in its API reference. It answers a call that begins earlier with no
// data at all.
func retention(period time.Duration) time.Duration {
	switch {
	case period%time.Hour == 0:
		return 455 * day
	case period%(5*time.Minute) == 0:
		return 63 * day
	case period%time.Minute == 0:
		return 15 * day
	}
	return 3 * time.Hour
}

// span returns the time range that the question is about at an instant: the newest
// periods that are over.
func (q question) span(now time.Time) span {
	end := floor(now.Add(-q.Offset), q.Period)
	window := q.Window + q.Period - 1
	start := end.Add(-window.Truncate(q.Period))
	if first := earliest(q.Period, now); start.Before(first) {
		start = floor(first.Add(q.Period-time.Second), q.Period)
	}
	return span{start: start, end: end, period: q.Period}
}

// earliest returns when a call may begin that asks for the period.
func earliest(period time.Duration, now time.Time) time.Time {
	return now.Add(retentionMargin - retention(period))
}

// floor returns the last multiple of the period that isn't after t.
func floor(t time.Time, period time.Duration) time.Time {
	seconds := int64(period / time.Second)
	return time.Unix(t.Unix()-t.Unix()%seconds, 0).UTC()
}

// covers reports whether the period that begins at t lies in the span.
func (s span) covers(t time.Time) bool {
	return !t.Before(s.start) && !t.Add(s.period).After(s.end)
}

// leastCommonMultiple of two periods. Both divide a day, and so it does.
func leastCommonMultiple(a, b time.Duration) time.Duration {
	multiple := a
	for multiple%b != 0 {
		multiple += a
	}
	return multiple
}

// words writes a duration as people do: 5m, 3h, 15 days.
func words(d time.Duration) string {
	if d > day && d%day == 0 {
		return fmt.Sprintf("%d days", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
