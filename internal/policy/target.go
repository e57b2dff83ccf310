package policy

import (
	"fmt"
	"math"
)

// target is a compiled [Target].
type target struct {
	signal string
	kind   TargetType
	value  float64
	// out and in are the tolerances.
	out, in float64
}

// propose follows the HPA: GetExternalPerPodMetricReplicas for an average,
// GetExternalMetricReplicas for the others, but with floats instead of
// thousandths and with the intended size as the current number.
func (t target) propose(value float64, basis Basis) proposal {
	// What the signal asks for at the target, in servers for an average and as a
	// ratio for the others.
	quotient := saturate(value / t.value)
	if basis.Intended == 0 {
		return t.fromZero(value, quotient)
	}
	if t.kind == TargetAverage {
		return t.judge(value, quotient/float64(basis.Intended), quotient, basis)
	}
	if basis.InService <= 0 {
		return proposal{
			opinion: true, count: basis.Intended, reason: ReasonNoServerInService,
			why: t.compare(value, "for") + " can't be weighed: no server is in service",
		}
	}
	return t.judge(value, quotient, quotient*float64(basis.InService), basis)
}

// fromZero applies no tolerance: there is nothing to be near to.
func (t target) fromZero(value, servers float64) proposal {
	return proposal{
		opinion: true, count: roundUp(servers), unrounded: &servers,
		reason: ReasonReadyForNewScale, why: t.compare(value, "for"),
	}
}

// judge weighs the ratio of the signal to its target at the current number.
func (t target) judge(value, ratio, servers float64, basis Basis) proposal {
	p := proposal{
		opinion: true, count: basis.Intended, unrounded: &servers, reason: ReasonReadyForNewScale,
	}
	rounded := roundUp(servers)
	switch {
	case ratio > 1+t.out+epsilon:
		// Fewer servers in service than intended must not turn out into in.
		p.count = max(rounded, basis.Intended)
		p.why = t.clause(value, "over", ratio, "tolerance "+part(t.out), basis)
	case ratio < 1-t.in-epsilon:
		p.count = min(rounded, basis.Intended)
		p.why = t.clause(value, "under", ratio, "tolerance "+part(t.in), basis)
		if rounded >= basis.Intended {
			p.why += fmt.Sprintf(", %s servers are rounded up", number(servers))
		}
	default:
		p.reason = ReasonWithinTolerance
		p.why = t.clause(value, "at", ratio, "within tolerance "+part(t.band(ratio)), basis)
	}
	return p
}

// band returns the tolerance on the side of the ratio.
func (t target) band(ratio float64) float64 {
	if ratio < 1 {
		return t.in
	}
	return t.out
}

func (t target) clause(value float64, relation string, ratio float64, tolerance string, basis Basis) string {
	where := ""
	if t.kind != TargetAverage && basis.InService != basis.Intended {
		where = fmt.Sprintf(", %d in service", basis.InService)
	}
	return fmt.Sprintf("%s (x%.2f, %s%s)", t.compare(value, relation), ratio, tolerance, where)
}

func (t target) compare(value float64, relation string) string {
	switch t.kind {
	case TargetUtilization:
		return fmt.Sprintf("%s %s %% %s %s %%", t.signal, number(value), relation, number(t.value))
	case TargetPlain:
		return fmt.Sprintf("%s %s %s %s", t.signal, number(value), relation, number(t.value))
	default:
		return fmt.Sprintf("%s %s %s %s per server", t.signal, number(value), relation, number(t.value))
	}
}

// change solves judge for the signal: where does the next number begin?
func (t target) change(basis Basis) string {
	current := float64(basis.Intended)
	share := t.value // what one server more or less is worth
	scale := t.value * current
	if t.kind != TargetAverage {
		if basis.InService <= 0 && current > 0 {
			return ""
		}
		scale = t.value
		share = t.value / float64(max(basis.InService, 1))
	}
	if current == 0 {
		return "scales out above 0"
	}
	out := math.Max(scale*(1+t.out), share*current)
	in, inclusive := scale*(1-t.in), share*(current-1)
	if inclusive < in {
		return fmt.Sprintf("scales out above %s, in at %s or below", number(out), number(inclusive))
	}
	return fmt.Sprintf("scales out above %s, in below %s", number(out), number(in))
}
