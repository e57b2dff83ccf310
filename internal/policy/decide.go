package policy

// Decide returns the number of servers for the snapshot, which it doesn't alter.
// It always returns a number within the bounds.
//
// The decision passes through a fixed order of stages; each appears in the trace.
// The whole pipeline is
//
//  1. repair: a current number outside the bounds is moved to the nearer one,
//     also when every signal failed
//  2. servers: which are in service, warming up or leaving
//  3. signals: the samples are reduced to values
//  4. rules: each proposes a number or has no opinion; the greatest wins
//  5. stabilization
//  6. projection of a scale-in
//  7. cooldown
//  8. rate limits
//  9. bounds: the last word on the number
//  10. mode: whether the number is acted upon
//
// of which 2, 5 to 8 and 10 have nothing to do as long as a [Spec] can't ask for
// it. Stages 5 to 8 may only move the number towards the current one, as far as
// it lies within the bounds: a repair is never delayed.
func (p *Policy) Decide(snapshot Snapshot) Decision {
	e := &evaluation{
		policy:   p,
		snapshot: snapshot,
		current:  max(snapshot.Basis.Intended, 0),
		reason:   ReasonReadyForNewScale,
	}
	e.number = e.current
	e.combined = e.current
	for _, stage := range pipeline() {
		e.run(stage)
	}
	return e.decision()
}

// stage is one step of the pipeline. run changes the evaluation's number and
// returns why.
type stage struct {
	name string
	run  func(*evaluation) (Reason, string)
}

func pipeline() []stage {
	return []stage{
		{"repair", (*evaluation).repair},
		{"signals", (*evaluation).readSignals},
		{"rules", (*evaluation).combineRules},
		{"bounds", (*evaluation).applyBounds},
	}
}

// evaluation is one decision in the making.
type evaluation struct {
	policy   *Policy
	snapshot Snapshot
	// current is what holds, floors and directions are relative to.
	current int
	// number is the number of servers so far, combined what the rules made of it.
	number, combined int
	// reason is that of the last stage that had a say in the number.
	reason Reason
	// clauses make up the sentence.
	clauses  []string
	readings map[string]reading
	missing  []Missing
	trace    Trace
}

func (e *evaluation) run(s stage) {
	in := e.number
	reason, detail := s.run(e)
	e.trace.Stages = append(e.trace.Stages, StageTrace{
		Stage: s.name, In: in, Out: e.number, Reason: reason, Detail: detail,
	})
}

func (e *evaluation) decision() Decision {
	e.trace.Current = e.current
	e.trace.InService = e.snapshot.Basis.InService
	decision := Decision{
		Desired:   e.number,
		Direction: direction(e.current, e.combined),
		Reason:    e.reason,
		Sentence:  e.sentence(),
		Missing:   e.missing,
		Trace:     e.trace,
	}
	if decision.Err() != nil {
		decision.Reason = ReasonSignalRequired
	}
	return decision
}

func direction(from, to int) Direction {
	switch {
	case to > from:
		return DirectionOut
	case to < from:
		return DirectionIn
	}
	return DirectionHold
}
