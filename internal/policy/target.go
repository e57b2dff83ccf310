package policy

import (
	"fmt"
	"math"
)

// targetPerServer is [TargetAverage] for a signal of single servers: their average
// is compared, and the load of the group is that times the servers.
const targetPerServer TargetType = "per_server"

// target is a compiled [Target].
type target struct {
	signal string
	kind   TargetType
	value  float64
	// out and in are the tolerances.
	out, in float64
}

// propose follows the HPA: GetExternalPerPodMetricReplicas for an average,
// GetExternalMetricReplicas for the others, and calcPlainMetricReplicas for signals
// of single servers, but with floats instead of thousandths and with the intended
// size as the current number.
func (t target) propose(v view) proposal {
	// What the signal asks for at the target, in servers for an average and as a
	// ratio for the others.
	quotient := saturate(v.bucket.value / t.value)
	current := v.basis.Intended
	switch {
	case v.perServer != nil:
		return t.proposeServers(quotient, v)
	case current == 0:
		// No tolerance: there is nothing to be near to.
		return t.rated(opinion(quotient), quotient)
	case t.kind == TargetAverage:
		return t.judge(quotient/float64(current), quotient, current)
	case v.basis.InService <= 0:
		return proposal{opinion: true, count: current, reason: ReasonNoServerInService}
	}
	return t.judge(quotient, quotient*float64(v.basis.InService), current)
}

func (t target) rated(p proposal, ratio float64) proposal {
	p.ratio = ratio
	return p
}

// judge weighs the ratio of the signal to its target at the current number.
func (t target) judge(ratio, servers float64, current int) proposal {
	p := t.rated(opinion(servers), ratio)
	switch {
	case t.over(ratio):
		// Fewer servers in service than intended must not turn out into in.
		p.count = max(p.count, current)
	case t.under(ratio):
		p.count = min(p.count, current)
	default:
		p.count, p.reason = current, ReasonWithinTolerance
	}
	return p
}

func (t target) over(ratio float64) bool  { return ratio > 1+t.out+epsilon }
func (t target) under(ratio float64) bool { return ratio < 1-t.in-epsilon }

// proposeServers weighs the servers that have a sample and then, where others count
// too, what these would make of it.
func (t target) proposeServers(ratio float64, v view) proposal {
	b, current := v.bucket, v.basis.Intended
	out := ratio > 1
	warming := 0
	if out {
		warming = b.warming
	}
	if b.missing == 0 && warming == 0 {
		return t.judge(ratio, saturate(ratio*float64(b.present)), current)
	}
	filled := t.fill(ratio, v, warming)
	p := t.judge(filled, saturate(filled*float64(b.present+b.missing+warming)), current)
	p.filled = true
	turned := out && filled < 1 || !out && filled > 1
	against := p.count < current && out || p.count > current && !out
	if turned || against || p.reason == ReasonWithinTolerance {
		p.cancelled = t.over(ratio) || t.under(ratio)
		p.count, p.reason = current, ReasonWithinTolerance
	}
	return p
}

// fill returns the ratio with the other servers counted in: on the way out those
// without a sample and those warming up as idle, on the way in those without a
// sample as at the target. The HPA knows only averages; others are filled likewise.
func (t target) fill(ratio float64, v view, warming int) float64 {
	b := v.bucket
	others, share := b.missing+warming, 0.0
	if ratio <= 1 {
		others, share = b.missing, t.filling()
	}
	switch {
	case others == 0:
		return ratio
	case v.perServer.Aggregation == AggregationMaximum:
		return math.Max(ratio, share)
	case v.perServer.Aggregation == AggregationMinimum:
		return math.Min(ratio, share)
	case v.perServer.Aggregation == AggregationSum:
		return saturate(ratio + share*float64(others))
	}
	return saturate((ratio*float64(b.present) + share*float64(others)) / float64(b.present+others))
}

// filling is the ratio to the target at which a server without a sample counts on the
// way in: at the target, but of a utilization at 100 % where that is more.
func (t target) filling() float64 {
	if t.kind == TargetUtilization {
		return math.Max(1, 100/t.value)
	}
	return 1
}

func (t target) explain(p proposal, v view) string {
	value, current := v.bucket.value, v.basis.Intended
	switch {
	case p.reason == ReasonNoServerInService:
		return t.compare(value, "for") + " can't be weighed: no server is in service"
	case p.cancelled:
		return t.clause(value, "near", p, "in doubt: "+t.others(v.bucket), v)
	case p.reason == ReasonWithinTolerance:
		return t.clause(value, "at", p, "within tolerance "+part(t.band(p.ratio)), v)
	case current == 0 && v.perServer == nil:
		return t.compare(value, "for")
	case t.over(p.ratio):
		return t.clause(value, "over", p, "tolerance "+part(t.out), v)
	}
	why := t.clause(value, "under", p, "tolerance "+part(t.in), v)
	if roundUp(p.unrounded) >= current {
		why += fmt.Sprintf(", %s servers are rounded up", number(p.unrounded))
	}
	return why
}

// band returns the tolerance on the side of the ratio.
func (t target) band(ratio float64) float64 {
	if ratio < 1 {
		return t.in
	}
	return t.out
}

func (t target) clause(value float64, relation string, p proposal, tolerance string, v view) string {
	where := ""
	switch {
	case v.perServer != nil && p.filled && !p.cancelled:
		where = ", " + t.others(v.bucket)
	case v.perServer != nil, t.kind == TargetAverage:
	case v.basis.InService != v.basis.Intended:
		where = fmt.Sprintf(", %d in service", v.basis.InService)
	}
	return fmt.Sprintf("%s (x%.2f, %s%s)", t.compare(value, relation), p.ratio, tolerance, where)
}

// others says which servers have no say of their own.
func (t target) others(b bucket) string {
	all := b.present + b.missing + b.warming
	switch {
	case b.missing > 0 && b.warming > 0:
		return fmt.Sprintf("%d of %d servers without a sample, %d warming up", b.missing, all, b.warming)
	case b.missing > 0:
		return fmt.Sprintf("%d of %d servers without a sample", b.missing, all)
	}
	return fmt.Sprintf("%d of %d servers warming up", b.warming, all)
}

func (t target) compare(value float64, relation string) string {
	switch t.kind {
	case TargetUtilization:
		return fmt.Sprintf("%s %s %% %s %s %%", t.signal, number(value), relation, number(t.value))
	case TargetPlain, targetPerServer:
		return fmt.Sprintf("%s %s %s %s", t.signal, number(value), relation, number(t.value))
	default:
		return fmt.Sprintf("%s %s %s %s per server", t.signal, number(value), relation, number(t.value))
	}
}

func (t target) formula(p proposal, v view) string {
	if !p.computed {
		return ""
	}
	value, goal := number(v.bucket.value), number(t.value)
	switch {
	case p.filled:
		return fmt.Sprintf("ceil(%d servers x %s corrected ratio) = %d", countedServers(p), number(p.ratio), roundUp(p.unrounded))
	case v.perServer != nil:
		return fmt.Sprintf("ceil(%d servers x %s / %s) = %d", v.bucket.present, value, goal, roundUp(p.unrounded))
	case t.kind == TargetAverage || v.basis.Intended == 0:
		return fmt.Sprintf("ceil(%s / %s) = %d", value, goal, roundUp(p.unrounded))
	}
	return fmt.Sprintf("ceil(%d in service x %s / %s) = %d", v.basis.InService, value, goal, roundUp(p.unrounded))
}

// countedServers is how many servers a corrected ratio stands for.
func countedServers(p proposal) int {
	if p.ratio == 0 {
		return 0
	}
	return int(math.Round(p.unrounded / p.ratio))
}

// change solves judge for the signal: where does the next number begin?
func (t target) change(v view) string {
	current := float64(v.basis.Intended)
	share := t.value // what one server more or less is worth
	scale := t.value * current
	if t.kind != TargetAverage {
		weight := v.basis.InService
		if v.perServer != nil {
			weight = v.bucket.present
			if v.bucket.missing > 0 || v.bucket.warming > 0 {
				return "" // It depends on more than one number.
			}
		}
		if weight <= 0 && current > 0 {
			return ""
		}
		scale = t.value
		share = t.value / float64(max(weight, 1))
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
