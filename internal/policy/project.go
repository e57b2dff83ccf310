package policy

import (
	"fmt"
	"math"
)

// project is stage 6. Before servers are removed it reckons what the signals of step
// rules would be with fewer of them, if the load stays the same: value × in service /
// number. Where that would add servers at once, fewer are removed (Azure Monitor's
// estimation against flapping).
func (e *evaluation) project() (Reason, string) {
	if reason, detail, exempt := e.exempt(); exempt {
		return reason, detail
	}
	if e.number > e.base {
		return ReasonReadyForNewScale, ""
	}
	n, clause := e.number, ""
	for i := range e.policy.rules {
		r := &e.policy.rules[i]
		if s, ok := r.kind.(step); ok && e.projected(r, s) {
			if kept := e.enough(s, e.readings[r.signal].bucket().value, n); kept > n {
				clause = fmt.Sprintf("project_scale_in raised %d -> %d: with %d, %s would be %s, which is %s %s",
					e.number, kept, n, s.signal, number(e.extrapolate(e.readings[r.signal].bucket().value, n)), s.comparison.words(), number(s.threshold))
				n = kept
			}
		}
	}
	if n == e.number {
		return ReasonReadyForNewScale, ""
	}
	return e.move(n, ReasonScaleInProjected, clause)
}

// projected reports whether a rule's signal is extrapolated.
func (e *evaluation) projected(r *rule, s step) bool {
	if !e.active(r) || !e.readings[r.signal].ok || !s.scalesOut() || !s.comparison.above() {
		return false
	}
	if wanted := e.policy.behavior.project; wanted != nil {
		return *wanted
	}
	per := e.policy.signals[r.signal].PerServer
	return per != nil && per.Aggregation == AggregationAverage
}

func (e *evaluation) extrapolate(value float64, servers int) float64 {
	return saturate(value * float64(e.snapshot.Basis.InService) / float64(max(servers, 1)))
}

// enough returns the least number of servers, from n to those of now, with
// which the rule wouldn't add any.
func (e *evaluation) enough(s step, value float64, n int) int {
	if !s.comparison.breaches(e.extrapolate(value, n), s.threshold) {
		return n
	}
	if s.threshold <= 0 {
		return e.base // No number of servers brings the value to it.
	}
	least := saturate(value * float64(e.snapshot.Basis.InService) / s.threshold)
	for kept := max(n, int(math.Floor(least))); kept < e.base; kept++ {
		if !s.comparison.breaches(e.extrapolate(value, kept), s.threshold) {
			return kept
		}
	}
	return e.base
}
