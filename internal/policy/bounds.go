package policy

import "fmt"

// clamp moves a number into the bounds and says what moved it.
func (p *Policy) clamp(n int) (int, Reason, string) {
	switch {
	case n < p.min:
		return p.min, ReasonTooFewReplicas, fmt.Sprintf("min_servers raised %d -> %d", n, p.min)
	case n > p.max:
		return p.max, ReasonTooManyReplicas, fmt.Sprintf("max_servers limited %d -> %d", n, p.max)
	}
	return n, ReasonDesiredWithinRange, ""
}

// repair is stage 1. Unlike the HPA it lets the rules be heard in the same
// decision: otherwise the next one, with nothing changed, would differ again.
func (e *evaluation) repair() (Reason, string) {
	n, reason, detail := e.policy.clamp(e.current)
	e.number = n
	return reason, detail
}

// applyBounds is stage 9.
func (e *evaluation) applyBounds() (Reason, string) {
	n, reason, detail := e.policy.clamp(e.number)
	if n != e.number {
		e.number, e.reason = n, reason
		e.clauses = append(e.clauses, detail)
	}
	return reason, detail
}
