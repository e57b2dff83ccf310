package policy

import "fmt"

// proposal is what a rule makes of the snapshot: a number, or no opinion.
type proposal struct {
	rule, signal string
	opinion      bool
	count        int
	// unrounded is the result of a formula before rounding, nil if there was none.
	unrounded *float64
	reason    Reason
	// why is the clause that explains the number.
	why string
	// blind marks a proposal that comes from the absence of a value.
	blind  bool
	change string
}

// combineRules is stage 4: the greatest proposal wins, and without any the
// current number is held. A rule that went by a value wins over a blind one with
// the same number, because it explains more; then the name decides.
func (e *evaluation) combineRules() (Reason, string) {
	proposals := make([]proposal, 0, len(e.policy.rules))
	winner := -1
	for i, rule := range e.policy.rules {
		p := e.propose(rule)
		proposals = append(proposals, p)
		if p.opinion && (winner < 0 || p.beats(proposals[winner])) {
			winner = i
		}
	}
	if winner >= 0 {
		e.combined = proposals[winner].count
	}
	e.explain(proposals, winner)
	e.traceRules(proposals, winner)
	e.reason = e.combinedReason(proposals, winner)
	reason, detail := e.reason, e.clauses[0]
	e.settle()
	return reason, detail
}

func (p proposal) beats(other proposal) bool {
	if p.count != other.count {
		return p.count > other.count
	}
	return !p.blind && other.blind
}

// settle carries the combined number on, except where the rules are content with
// the current one: then what stage 1 has repaired stays as it is.
func (e *evaluation) settle() {
	if e.combined != e.current {
		e.number = e.combined
		return
	}
	if _, reason, detail := e.policy.clamp(e.current); detail != "" {
		e.reason = reason
		if !e.starting() {
			e.clauses = append(e.clauses, detail)
		}
	}
}

// starting reports whether this is the first decision on a group.
func (e *evaluation) starting() bool { return e.snapshot.Unseen != "" && e.current == 0 }

func (e *evaluation) propose(r rule) proposal {
	basis := e.snapshot.Basis
	basis.Intended = e.current
	if r.signal == "" {
		return r.named(r.kind.propose(0, basis))
	}
	reading := e.readings[r.signal]
	if !reading.ok {
		return r.named(e.proposeBlind(e.policy.signal(r.signal), reading))
	}
	p := r.named(r.kind.propose(reading.value, basis))
	p.change = r.kind.change(basis)
	return p
}

func (r rule) named(p proposal) proposal {
	p.rule, p.signal = r.name, r.signal
	return p
}

// signal returns the signal of that name. Compile guarantees that it exists.
func (p *Policy) signal(name string) signal {
	for _, signal := range p.signals {
		if signal.name == name {
			return signal
		}
	}
	return signal{name: name}
}

// proposeBlind is what a rule does without a value.
func (e *evaluation) proposeBlind(s signal, r reading) proposal {
	hold := proposal{
		opinion: true, count: e.current, blind: true,
		reason: ReasonFailedGetExternalMetric,
		why:    noData(s.name, r) + ", scale-in is not done without it",
	}
	switch {
	case e.snapshot.Unseen != "":
		hold.reason, hold.why = ReasonGroupUnseen, r.cause
	case s.OnMissing == OnMissingIgnore:
		return proposal{blind: true, reason: hold.reason, why: noData(s.name, r) + " and is ignored"}
	case r.pending:
	case s.OnMissing == OnMissingFallback:
		hold.count, hold.reason = *s.Fallback, ReasonFallback
		hold.why = fmt.Sprintf("%s, its fallback is %d", noData(s.name, r), *s.Fallback)
	case s.OnMissing == OnMissingFail:
		hold.reason = ReasonSignalRequired
		hold.why = noData(s.name, r) + ", which is required"
	}
	return hold
}

// explain writes the clauses: why the number is what it is, then which other
// signals were missing.
func (e *evaluation) explain(proposals []proposal, winner int) {
	if e.snapshot.Unseen != "" {
		e.explainUnseen(proposals, winner)
		return
	}
	said := map[string]bool{}
	switch {
	case winner >= 0:
		e.clauses = append(e.clauses, proposals[winner].why)
		said[proposals[winner].signal] = true
	case len(proposals) == 0:
		e.clauses = append(e.clauses, "there are no rules")
	}
	for _, p := range proposals {
		if !p.blind || said[p.signal] {
			continue
		}
		said[p.signal] = true
		why := p.why
		if winner >= 0 {
			why = noData(p.signal, e.readings[p.signal])
		}
		e.clauses = append(e.clauses, why)
	}
}

func (e *evaluation) explainUnseen(proposals []proposal, winner int) {
	e.clauses = append(e.clauses, e.snapshot.Unseen)
	switch {
	case winner >= 0 && !proposals[winner].blind:
		e.clauses = append(e.clauses, proposals[winner].why)
	case e.starting():
		e.clauses = append(e.clauses, "it starts with min_servers")
	}
}

func (e *evaluation) traceRules(proposals []proposal, winner int) {
	for i, p := range proposals {
		trace := RuleTrace{
			Rule: p.rule, Unrounded: p.unrounded, Reason: p.reason, Detail: p.why,
			Change: p.change, Won: i == winner,
		}
		if p.opinion {
			trace.Proposal = &p.count
		}
		e.trace.Rules = append(e.trace.Rules, trace)
	}
}

func (e *evaluation) combinedReason(proposals []proposal, winner int) Reason {
	if len(proposals) == 0 {
		return ReasonNoRules
	}
	for _, p := range proposals {
		if !p.blind || p.reason == ReasonFallback || p.reason == ReasonGroupUnseen {
			return winningReason(proposals, winner)
		}
	}
	return ReasonNoUsableSignal
}

func winningReason(proposals []proposal, winner int) Reason {
	if winner < 0 {
		return ReasonNoUsableSignal
	}
	return proposals[winner].reason
}
