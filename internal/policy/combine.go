package policy

import (
	"fmt"
	"strings"
)

// combineRules is stage 4: the greatest proposal wins, and without any the
// current number is held. A rule that went by a value wins over a blind one with
// the same number, because it explains more; then the name decides.
func (e *evaluation) combineRules() (Reason, string) {
	proposals := make([]proposed, 0, len(e.policy.rules))
	winner := -1
	for i := range e.policy.rules {
		p := e.propose(&e.policy.rules[i])
		proposals = append(proposals, p)
		if p.opinion && (winner < 0 || p.beats(&proposals[winner])) {
			winner = i
		}
	}
	if winner >= 0 {
		e.combined = proposals[winner].count
	}
	e.explain(proposals, winner)
	e.traceRules(proposals, winner)
	e.reason = combinedReason(proposals, winner)
	e.withhold(proposals)
	reason, detail := e.reason, e.clauses[0]
	e.settle()
	return reason, detail
}

// withhold takes no servers away for want of what a value lacks: it might have kept
// them, also where what there is of it gives the rule no opinion.
func (e *evaluation) withhold(proposals []proposed) {
	if e.combined >= e.current {
		return
	}
	said := map[int]bool{}
	for i := range proposals {
		p := &proposals[i]
		if p.lacks == "" || said[p.rule.signal] {
			continue
		}
		said[p.rule.signal] = true
		e.combined, e.reason = e.current, ReasonIncompleteMetric
		e.clauses = append(e.clauses, e.policy.signals[p.rule.signal].name+" "+p.lacks+", scale-in is not done without it")
	}
}

// settle carries the combined number on, except where the rules are content with
// the current one: then what stage 1 has repaired stays as it is.
func (e *evaluation) settle() {
	if e.combined != e.current {
		e.number = e.combined
		return
	}
	if _, reason, detail := e.clamp(e.current); detail != "" {
		e.reason = reason
		if !e.starting() {
			e.clauses = append(e.clauses, detail)
		}
	}
}

// starting reports whether this is the first decision on a group.
func (e *evaluation) starting() bool { return e.snapshot.Unseen != "" && e.current == 0 }

// propose asks a rule and writes down why.
func (e *evaluation) propose(r *rule) proposed {
	if !e.active(r) {
		return proposed{rule: r, proposal: proposal{reason: ReasonScheduleInactive}, why: "rule " + r.name + " is not active: " + e.gateNames(r)}
	}
	v := view{basis: e.basisAt(0)}
	if r.signal >= 0 {
		if reading := &e.readings[r.signal]; !reading.ok {
			p, why := e.proposeBlind(&e.policy.signals[r.signal], reading)
			return proposed{rule: r, proposal: p, why: why}
		}
		v = e.viewNow(r.signal)
	}
	p := r.kind.propose(v)
	made := proposed{rule: r, proposal: p, why: r.kind.explain(p, v), view: &v}
	if r.signal >= 0 {
		made.lacks = e.lacks(r, v)
	}
	return made
}

// lacks says what the value lacks that a rule needs to take servers away. A
// target has an answer of its own to servers without samples, and an alarm may have one
// to periods without, but not to servers. Where a signal may be ignored, so may what it
// lacks.
func (e *evaluation) lacks(r *rule, v view) string {
	if e.policy.signals[r.signal].OnMissing == OnMissingIgnore {
		return ""
	}
	switch kind := r.kind.(type) {
	case target:
		if v.perServer != nil {
			return e.readings[r.signal].partial
		}
	case step:
		if kind.missing != MissingMissing {
			return e.unheard(r.signal)
		}
	}
	return e.incomplete(r.signal)
}

// gateNames lists the schedules that would make the rule active.
func (e *evaluation) gateNames(r *rule) string {
	var names []string
	for _, i := range r.gates {
		names = append(names, e.policy.schedules[i].name)
	}
	if len(names) == 1 {
		return "schedule " + names[0] + " is not in force"
	}
	return "none of the schedules " + strings.Join(names, ", ") + " is in force"
}

// proposeBlind is what a rule does without a value.
func (e *evaluation) proposeBlind(s *signal, r *reading) (proposal, string) {
	hold := proposal{opinion: true, count: e.current, blind: true, reason: ReasonFailedGetExternalMetric}
	held := noData(s.name, r) + ", scale-in is not done without it"
	switch {
	case e.snapshot.Unseen != "":
		hold.reason = ReasonGroupUnseen
		return hold, r.cause
	case s.OnMissing == OnMissingIgnore:
		return proposal{blind: true, reason: hold.reason}, noData(s.name, r) + " and is ignored"
	case r.pending:
	case s.OnMissing == OnMissingFallback:
		return e.fallback(s, r, hold, held)
	case s.OnMissing == OnMissingFail:
		hold.reason = ReasonSignalRequired
		return hold, noData(s.name, r) + ", which is required"
	}
	return hold, held
}

// fallback takes the place of a value once it has been missing for long enough.
func (e *evaluation) fallback(s *signal, r *reading, hold proposal, held string) (proposal, string) {
	if s.FallbackAfter > 0 && !r.lastGood.IsZero() && e.snapshot.Now.Sub(r.lastGood) < s.FallbackAfter {
		return hold, fmt.Sprintf("%s; its fallback %d is not used before it has had no data for %s", held, *s.Fallback, duration(s.FallbackAfter))
	}
	hold.reason, hold.count = ReasonFallback, *s.Fallback
	why := fmt.Sprintf("%s, its fallback is %d", noData(s.name, r), *s.Fallback)
	switch s.FallbackMode {
	case FallbackAtLeast:
		hold.count = max(hold.count, e.current)
		why += " or the current number if that is higher"
	case FallbackAtMost:
		hold.count = min(hold.count, e.current)
		why += " or the current number if that is lower"
	case FallbackStatic:
	}
	return hold, why
}

// explain writes the clauses: why the number is what it is, then which other
// signals were missing.
func (e *evaluation) explain(proposals []proposed, winner int) {
	if e.snapshot.Unseen != "" {
		e.explainUnseen(proposals, winner)
		return
	}
	said := map[int]bool{}
	switch {
	case winner >= 0:
		e.clauses = append(e.clauses, proposals[winner].why)
		said[proposals[winner].rule.signal] = true
	case len(proposals) == 0:
		e.clauses = append(e.clauses, "there are no rules")
	default:
		e.explainSilence(proposals)
	}
	for i := range proposals {
		p := &proposals[i]
		if !p.blind || said[p.rule.signal] {
			continue
		}
		said[p.rule.signal] = true
		why := p.why
		if winner >= 0 {
			why = noData(e.policy.signals[p.rule.signal].name, &e.readings[p.rule.signal])
		}
		e.clauses = append(e.clauses, why)
	}
}

// explainSilence says why rules that have data have no opinion.
func (e *evaluation) explainSilence(proposals []proposed) {
	for i := range proposals {
		if p := &proposals[i]; !p.blind {
			e.clauses = append(e.clauses, p.why)
		}
	}
}

func (e *evaluation) explainUnseen(proposals []proposed, winner int) {
	e.clauses = append(e.clauses, e.snapshot.Unseen)
	switch {
	case winner >= 0 && !proposals[winner].blind:
		e.clauses = append(e.clauses, proposals[winner].why)
	case e.starting():
		e.clauses = append(e.clauses, "it starts with "+e.min.source)
	}
}

func (e *evaluation) traceRules(proposals []proposed, winner int) {
	e.trace.Rules = make([]RuleTrace, 0, len(proposals))
	for i := range proposals {
		p := &proposals[i]
		trace := RuleTrace{Rule: p.rule.name, Reason: p.reason, Detail: p.why, Lacks: p.lacks, Won: i == winner}
		if p.opinion {
			trace.Proposal = &p.count
		}
		if p.computed {
			trace.Unrounded = &p.unrounded
		}
		e.traceView(p, &trace)
		e.trace.Rules = append(e.trace.Rules, trace)
	}
}

// traceView adds what the rule went by.
func (e *evaluation) traceView(p *proposed, trace *RuleTrace) {
	if p.rule.signal >= 0 {
		trace.Signal = e.policy.signals[p.rule.signal].name
		if r := &e.readings[p.rule.signal]; r.ok {
			value := r.bucket().value
			trace.Value = &value
		}
	}
	if p.view != nil {
		trace.Formula = p.rule.kind.formula(p.proposal, *p.view)
		trace.Change = p.rule.kind.change(*p.view)
	}
}

func combinedReason(proposals []proposed, winner int) Reason {
	if len(proposals) == 0 {
		return ReasonNoRules
	}
	if winner >= 0 {
		if p := &proposals[winner]; !p.blind || p.reason == ReasonFallback || p.reason == ReasonGroupUnseen {
			return p.reason
		}
	}
	for i := range proposals {
		if p := &proposals[i]; !p.blind && p.reason != ReasonScheduleInactive {
			if winner >= 0 {
				return proposals[winner].reason
			}
			return ReasonNoOpinion
		}
	}
	for i := range proposals {
		if proposals[i].blind {
			return ReasonNoUsableSignal
		}
	}
	return ReasonScheduleInactive
}
