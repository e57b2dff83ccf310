package policy

import (
	"time"
)

// Decide returns the number of servers for the snapshot, which it doesn't alter.
//
// The decision passes through a fixed order of stages; each appears in the trace:
//
//  1. repair: a current number outside the bounds, which schedules may have moved, is
//     brought to the nearer one, also when every signal failed
//  2. servers: which are in service, warming up or leaving
//  3. signals: the samples are reduced to values
//  4. rules: each proposes a number or has no opinion; the greatest wins
//  5. stabilization: the rules are asked for the past too, and nothing is done that
//     was not needed throughout
//  6. projection: servers are kept whose removal would bring about an addition
//  7. cooldown: nothing is done too soon after a change, or while servers warm up
//  8. max_change: limits per time
//  9. bounds: the last word on the number
//  10. mode: whether the number is acted upon
//
// Stages 5 to 8 may only move the number towards the current one, or towards what stage 1
// has made of it: a repair is never delayed, and what the rules ask for beyond it is
// limited as ever. The number is within the bounds in force, except where the mode holds
// a current one that isn't.
func (p *Policy) Decide(snapshot Snapshot) Decision {
	e := p.evaluate(snapshot)
	for _, stage := range pipeline() {
		e.run(stage)
	}
	return e.decision()
}

func (p *Policy) evaluate(snapshot Snapshot) *evaluation {
	current := min(max(snapshot.Basis.Intended, 0), maxCount)
	return &evaluation{
		policy: p, snapshot: snapshot, servers: lives(snapshot.Now, snapshot.Servers),
		current: current, base: current, number: current, combined: current,
		reason: ReasonReadyForNewScale,
		trace:  Trace{Stages: make([]StageTrace, 0, stages)},
	}
}

// stage is one step of the pipeline. run changes the evaluation's number and
// returns why.
type stage struct {
	name string
	run  func(*evaluation) (Reason, string)
}

// stages is how many there are.
const stages = 10

func pipeline() [stages]stage {
	return [...]stage{
		{"repair", (*evaluation).repair},
		{"servers", (*evaluation).classify},
		{"signals", (*evaluation).readSignals},
		{"rules", (*evaluation).combineRules},
		{"stabilization", (*evaluation).stabilize},
		{"projection", (*evaluation).project},
		{"cooldown", (*evaluation).cool},
		{"max_change", (*evaluation).limitChange},
		{"bounds", (*evaluation).applyBounds},
		{"mode", (*evaluation).applyMode},
	}
}

// evaluation is one decision in the making.
type evaluation struct {
	policy   *Policy
	snapshot Snapshot
	// servers are those that count, by ID.
	servers []life
	// min and max are the bounds in force, inForce the schedules, by their index.
	min, max bound
	inForce  []bool
	// current is what holds, floors and directions are relative to.
	current int
	// base is current within the bounds: what stages 5 to 8 are relative to.
	base int
	// number is the number of servers so far, combined what the rules made of it, and
	// recommended what the mode has held back.
	number, combined int
	recommended      *int
	// reason is that of the last stage that had a say in the number.
	reason Reason
	// clauses make up the sentence.
	clauses  []string
	readings []reading
	past     []recommendation
	recalled bool
	until    *time.Time
	missing  []Missing
	trace    Trace
}

func (e *evaluation) run(s stage) {
	in := e.number
	e.until = nil
	reason, detail := s.run(e)
	e.trace.Stages = append(e.trace.Stages, StageTrace{
		Stage: s.name, In: in, Out: e.number, Reason: reason, Detail: detail, Until: e.until,
	})
}

// move is how a stage changes the number and says so.
func (e *evaluation) move(to int, reason Reason, detail string) (Reason, string) {
	e.number, e.reason = to, reason
	e.clauses = append(e.clauses, detail)
	return reason, detail
}

func (e *evaluation) decision() Decision {
	e.trace.Current = e.current
	e.trace.InService = e.snapshot.Basis.InService
	decision := Decision{
		Desired:     e.number,
		Direction:   direction(e.current, e.combined),
		Reason:      e.reason,
		Sentence:    e.sentence(),
		Recommended: e.recommended,
		Missing:     e.missing,
		Trace:       e.trace,
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
