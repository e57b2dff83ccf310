package policy

import "fmt"

// passed is a [Value] that passes a signal through.
type passed struct{ signal string }

func (v passed) propose(value float64, _ Basis) proposal {
	servers := saturate(value)
	count := roundUp(servers)
	return proposal{
		opinion: true, count: count, unrounded: &servers, reason: ReasonReadyForNewScale,
		why: fmt.Sprintf("%s %s asks for %d", v.signal, number(value), count),
	}
}

func (passed) change(basis Basis) string {
	if basis.Intended == 0 {
		return "scales out above 0"
	}
	return fmt.Sprintf("scales out above %d, in at %d or below", basis.Intended, basis.Intended-1)
}

// fixed is a [Value] with a number.
type fixed struct {
	rule   string
	number float64
}

func (v fixed) propose(float64, Basis) proposal {
	servers := saturate(v.number)
	count := roundUp(servers)
	return proposal{
		opinion: true, count: count, unrounded: &servers, reason: ReasonReadyForNewScale,
		why: fmt.Sprintf("rule %s asks for %d", v.rule, count),
	}
}

func (fixed) change(Basis) string { return "" }
