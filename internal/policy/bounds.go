package policy

import (
	"fmt"
	"time"
)

// bound is a bound in force.
type bound struct {
	servers int
	// source is what it comes from, as the user knows it.
	source string
}

// repair is stage 1. Unlike the HPA it lets the rules be heard in the same
// decision: otherwise the next one, with nothing changed, would differ again. The limits
// of later stages are measured from the repaired number.
func (e *evaluation) repair() (Reason, string) {
	e.applySchedules()
	n, reason, detail := e.clamp(e.current)
	e.base, e.number = n, n
	return reason, detail
}

// repaired reports whether stage 1 has changed the number.
func (e *evaluation) repaired() bool { return e.base != e.current }

// clamp moves a number into the bounds and says what moved it.
func (e *evaluation) clamp(n int) (int, Reason, string) {
	switch {
	case n < e.min.servers:
		return e.min.servers, ReasonTooFewReplicas, fmt.Sprintf("%s raised %d -> %d", e.min.source, n, e.min.servers)
	case n > e.max.servers:
		return e.max.servers, ReasonTooManyReplicas, fmt.Sprintf("%s limited %d -> %d", e.max.source, n, e.max.servers)
	}
	return n, ReasonDesiredWithinRange, ""
}

// applyBounds is stage 9.
func (e *evaluation) applyBounds() (Reason, string) {
	n, reason, detail := e.clamp(e.number)
	if n != e.number {
		return e.move(n, reason, detail)
	}
	if e.repaired() && e.number == e.base && e.combined != e.base && e.combined != e.current {
		// The stages before have left nothing but the repair.
		_, reason, detail = e.clamp(e.current)
		return e.move(e.base, reason, detail)
	}
	return reason, detail
}

// applySchedules finds the schedules in force and what they make of the bounds.
func (e *evaluation) applySchedules() {
	e.min = bound{e.policy.min, "min_servers"}
	e.max = bound{e.policy.max, "max_servers"}
	e.inForce = make([]bool, len(e.policy.schedules))
	if e.snapshot.Unseen != "" || len(e.policy.schedules) == 0 {
		e.traceBounds()
		return
	}
	since := e.findInForce()
	exact := e.latestExact(since)
	var lower, upper *bound
	for i := range e.policy.schedules {
		s := &e.policy.schedules[i]
		if !e.inForce[i] {
			continue
		}
		source := "schedule " + s.name
		for _, least := range []*int{s.min, chosen(s.exact, i == exact)} {
			if least != nil && (lower == nil || *least > lower.servers) {
				lower = &bound{*least, source}
			}
		}
		for _, most := range []*int{s.max, chosen(s.exact, i == exact)} {
			if most != nil && (upper == nil || *most < upper.servers) {
				upper = &bound{*most, source}
			}
		}
	}
	e.override(lower, upper)
	e.traceBounds()
}

func chosen(value *int, is bool) *int {
	if is {
		return value
	}
	return nil
}

// override puts the schedules' bounds in place of the policy's own. A maximum is
// never below the minimum: servers too many do less harm than servers too few.
func (e *evaluation) override(lower, upper *bound) {
	if lower != nil {
		e.min = *lower
	}
	if upper != nil {
		e.max = *upper
	}
	if e.max.servers < e.min.servers {
		e.max = e.min
	}
}

// findInForce marks the schedules in force and returns since when. One without an
// end is in force until any other starts.
func (e *evaluation) findInForce() []time.Time {
	now := e.snapshot.Now
	starts := make([]time.Time, len(e.policy.schedules))
	for i := range e.policy.schedules {
		s := e.policy.schedules[i].schedule
		starts[i], _ = s.Last(now)
		_, e.inForce[i] = s.InForce(now)
	}
	for i := range e.policy.schedules {
		if !e.inForce[i] || !e.policy.schedules[i].schedule.OpenEnded() {
			continue
		}
		for j := range starts {
			if starts[j].After(starts[i]) {
				e.inForce[i] = false
			}
		}
	}
	return starts
}

// latestExact returns the schedule in force with an exact number that started last;
// of several the last by name; -1: there is none.
func (e *evaluation) latestExact(since []time.Time) int {
	found := -1
	for i := range e.policy.schedules {
		if e.inForce[i] && e.policy.schedules[i].exact != nil && (found < 0 || !since[i].Before(since[found])) {
			found = i
		}
	}
	return found
}

// active reports whether a rule is heard.
func (e *evaluation) active(r *rule) bool {
	if len(r.gates) == 0 {
		return true
	}
	for _, i := range r.gates {
		if e.inForce[i] {
			return true
		}
	}
	return false
}

func (e *evaluation) traceBounds() {
	e.trace.Min, e.trace.Max = e.min.servers, e.max.servers
	for i, in := range e.inForce {
		if in {
			e.trace.Schedules = append(e.trace.Schedules, e.policy.schedules[i].name)
		}
	}
}
