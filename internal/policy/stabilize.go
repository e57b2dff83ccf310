package policy

import "fmt"

// limits returns the limits of the direction in which the number would move, and
// whether it would move at all.
func (e *evaluation) limits() (limits, Direction) {
	switch d := direction(e.base, e.number); d {
	case DirectionOut:
		return e.policy.behavior.out, d
	case DirectionIn:
		return e.policy.behavior.in, d
	default:
		return limits{}, DirectionHold
	}
}

// exempt reports whether stages 5 to 8 have nothing to say.
func (e *evaluation) exempt() (Reason, string, bool) {
	switch {
	case e.snapshot.Unseen != "":
		return ReasonGroupUnseen, "", true
	case e.repaired() && min(max(e.number, e.min.servers), e.max.servers) == e.base:
		return ReasonReadyForNewScale, "nothing is left but the repair", true
	case e.number == e.base:
		return ReasonReadyForNewScale, "", true
	}
	return "", "", false
}

// remember asks the rules for the past, once.
func (e *evaluation) remember() []recommendation {
	if !e.recalled {
		e.past, e.recalled = e.recall(), true
	}
	return e.past
}

// stabilize is stage 5. The current number is brought between the least and the
// greatest that the rules have asked for within the windows (HPA).
func (e *evaluation) stabilize() (Reason, string) {
	if reason, detail, exempt := e.exempt(); exempt {
		return reason, detail
	}
	least, greatest, seen := e.number, e.number, 1
	limits, towards := e.limits()
	for _, then := range e.remember() {
		if then.age < e.policy.behavior.out.window && then.complete {
			least = min(least, then.count)
		}
		if then.age < e.policy.behavior.in.window {
			greatest = max(greatest, then.count)
		}
		if then.age < limits.window {
			seen++
		}
	}
	n := min(max(e.base, least), greatest)
	if limits.window == 0 || n == e.number {
		return ReasonReadyForNewScale, judgedBy(limits, seen)
	}
	if towards == DirectionOut {
		return e.move(n, ReasonScaleUpStabilized, fmt.Sprintf("%s.stabilization_window %s lowered %d -> %d", limits.name, duration(limits.window), e.number, n))
	}
	return e.move(n, ReasonScaleDownStabilized, fmt.Sprintf("%s.stabilization_window %s raised %d -> %d", limits.name, duration(limits.window), e.number, n))
}

// judgedBy says what a window that changed nothing was judged by.
func judgedBy(limits limits, seen int) string {
	if limits.window == 0 {
		return ""
	}
	if seen == 1 {
		return "history = 1 sample"
	}
	return fmt.Sprintf("history = %d instants", seen)
}
