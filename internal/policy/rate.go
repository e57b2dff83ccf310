package policy

import (
	"fmt"
	"math"
	"time"
)

// limitChange is stage 8: the HPA's scaling policies (calculateScaleUpLimitWithScalingRules,
// calculateScaleDownLimitWithBehaviors).
func (e *evaluation) limitChange() (Reason, string) {
	if reason, detail, exempt := e.exempt(); exempt {
		return reason, detail
	}
	limits, towards := e.limits()
	if limits.disabled {
		return e.move(e.base, rateReason(towards), fmt.Sprintf("%s.disabled holds %d", limits.name, e.base))
	}
	if len(limits.changes) == 0 {
		return ReasonReadyForNewScale, ""
	}
	allowed, by := 0, -1
	for i, change := range limits.changes {
		limit := e.allowed(change, limits, towards)
		wider := limit > allowed
		if towards == DirectionIn {
			wider = limit < allowed
		}
		if by < 0 || wider == (limits.choose == SelectMax) && limit != allowed {
			allowed, by = limit, i
		}
	}
	n := min(e.number, max(allowed, e.base))
	if towards == DirectionIn {
		n = max(e.number, min(allowed, e.base))
	}
	if n == e.number {
		return ReasonReadyForNewScale, ""
	}
	return e.move(n, rateReason(towards), fmt.Sprintf("%s.max_change %s limited %d -> %d", limits.name, limits.changes[by].words(), e.number, n))
}

func rateReason(towards Direction) Reason {
	if towards == DirectionOut {
		return ReasonScaleUpLimit
	}
	return ReasonScaleDownLimit
}

// allowed returns the number of servers that a limit leads to.
func (e *evaluation) allowed(change MaxChange, limits limits, towards Direction) int {
	start := float64(e.startOf(change.Period))
	if limits.anchor == AnchorPeak {
		start = float64(e.peak(change.Period))
	}
	switch {
	case towards == DirectionOut && change.Count != nil:
		start += float64(*change.Count)
	case towards == DirectionOut:
		start = math.Ceil(snap(start * (1 + *change.Percent/100)))
	case change.Count != nil:
		start -= float64(*change.Count)
	default:
		start = math.Trunc(snap(start * (1 - *change.Percent/100)))
	}
	return int(math.Max(saturate(start), 0))
}

// startOf returns the number of servers at the beginning of the period that ends now:
// without those that have been added since, and with those removed.
func (e *evaluation) startOf(period time.Duration) int {
	start := e.current
	for _, change := range e.snapshot.Changes {
		if e.age(change.At) < period {
			start += change.From - change.To
		}
	}
	return min(max(start, 0), maxCount)
}

// peak returns the greatest number that the rules have asked for within the period.
func (e *evaluation) peak(period time.Duration) int {
	peak := e.combined
	for _, then := range e.remember() {
		if then.age < period {
			peak = max(peak, then.count)
		}
	}
	return peak
}

func (c MaxChange) words() string {
	if c.Count != nil {
		return fmt.Sprintf("%d/%s", *c.Count, duration(c.Period))
	}
	return fmt.Sprintf("%s %%/%s", number(*c.Percent), duration(c.Period))
}
