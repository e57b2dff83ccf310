package cloudwatch

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Limits of one call: see GetMetricData in the API reference.
const (
	maxQueries    = 500
	maxDatapoints = 100_800
)

// batch is what one call asks for.
type batch struct {
	units []*unit
	// queries counts the entries of the units; byPeriod does so by their period.
	queries  int
	byPeriod map[time.Duration]int
	// insights: one of the units has a query of Metrics Insights, of which a call may
	// have only one.
	insights bool
	// start and end are the call's time range: that of all units.
	start, end time.Time
}

// pack distributes the units among as few batches as the limits allow. Those with
// windows of similar length come together.
func pack(units []*unit, now time.Time) []*batch {
	sorted := slices.Clone(units)
	slices.SortStableFunc(sorted, func(a, b *unit) int { return b.start.Compare(a.start) })
	var batches []*batch
	for _, unit := range sorted {
		if !slices.ContainsFunc(batches, func(b *batch) bool { return b.take(unit, now) }) {
			batches = append(batches, newBatch(unit))
		}
	}
	return batches
}

func newBatch(units ...*unit) *batch {
	b := &batch{byPeriod: make(map[time.Duration]int)}
	for _, unit := range units {
		b.add(unit)
	}
	return b
}

// take adds the unit, if it fits.
func (b *batch) take(u *unit, now time.Time) bool {
	if b.queries+len(u.queries) > maxQueries || b.insights && u.insights {
		return false
	}
	start, end := b.rangeWith(u)
	if start.Before(earliest(u.period, now)) {
		return false
	}
	datapoints := len(u.queries) * points(start, end, u.period)
	for period, count := range b.byPeriod {
		if start.Before(earliest(period, now)) {
			return false
		}
		datapoints += count * points(start, end, period)
	}
	if datapoints > maxDatapoints {
		return false
	}
	b.add(u)
	return true
}

// points is how many periods begin in a time range.
func points(start, end time.Time, period time.Duration) int {
	return int((end.Sub(start) + period - 1) / period)
}

func (b *batch) add(u *unit) {
	b.start, b.end = b.rangeWith(u)
	b.units = append(b.units, u)
	b.queries += len(u.queries)
	b.byPeriod[u.period] += len(u.queries)
	b.insights = b.insights || u.insights
}

// rangeWith returns the time range of the batch with one more unit. It begins where a
// period of each unit begins, because CloudWatch counts periods from there.
func (b *batch) rangeWith(u *unit) (start, end time.Time) {
	if len(b.units) == 0 {
		return u.start, u.end
	}
	start, end = b.start, b.end
	if u.start.Before(start) {
		start = u.start
	}
	if u.end.After(end) {
		end = u.end
	}
	common := u.period
	for period := range b.byPeriod {
		common = leastCommonMultiple(common, period)
	}
	return floor(start, common), end
}

// input returns the call without its token.
func (b *batch) input() *sdk.GetMetricDataInput {
	input := &sdk.GetMetricDataInput{
		StartTime: aws.Time(b.start),
		EndTime:   aws.Time(b.end),
		ScanBy:    cwtypes.ScanByTimestampAscending,
	}
	for _, unit := range b.units {
		input.MetricDataQueries = append(input.MetricDataQueries, unit.queries...)
	}
	return input
}

// inquiries returns the different inquiries of the units.
func (b *batch) inquiries() []*inquiry {
	var inquiries []*inquiry
	seen := make(map[*inquiry]bool)
	for _, unit := range b.units {
		if !seen[unit.of] {
			seen[unit.of] = true
			inquiries = append(inquiries, unit.of)
		}
	}
	return inquiries
}

// fail gives every unit the same error.
func (b *batch) fail(err error) {
	for _, unit := range b.units {
		unit.err = err
	}
}

// split returns the units of the chosen inquiries, and the others.
func (b *batch) split(chosen map[*inquiry]bool) (with, without *batch) {
	with, without = newBatch(), newBatch()
	for _, unit := range b.units {
		if chosen[unit.of] {
			with.add(unit)
		} else {
			without.add(unit)
		}
	}
	return with, without
}
