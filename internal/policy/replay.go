package policy

import (
	"time"
)

// historyFloor is the least number of buckets that are looked at, so that a signal
// whose newest samples are late is told from one that has stopped.
const historyFloor = 16

// alarmMargin is how many periods more than it needs an alarm looks back for
// samples. (CloudWatch looks back further than its evaluation periods, too; its
// documentation shows 5 points for 3 periods.)
const alarmMargin = 2

// replay says at which instants of the past the rules are asked too.
type replay struct {
	// window is how far back.
	window time.Duration
	// interval is the distance between the instants; 0: there is nothing to ask.
	interval time.Duration
	// periods is the greatest number of periods that an alarm looks at.
	periods int
	// points: a rule looks at a signal without a past.
	points bool
}

// planReplay finds the instants: as far back as a window reaches, as often as the
// signal with the shortest period has a bucket.
func (p *Policy) planReplay() replay {
	r := replay{window: max(p.behavior.out.window, p.behavior.in.window), periods: 1}
	if p.behavior.in.anchor == AnchorPeak {
		for _, change := range p.behavior.in.changes {
			r.window = max(r.window, change.Period)
		}
	}
	for i := range p.rules {
		rule := &p.rules[i]
		if rule.signal < 0 {
			continue
		}
		if step, ok := rule.kind.(step); ok {
			r.periods = max(r.periods, step.periods+alarmMargin)
		}
		period := p.periodOf(rule.signal)
		if period == 0 {
			r.points = r.points || !p.fixed(rule.signal)
			continue
		}
		if r.interval == 0 || period < r.interval {
			r.interval = period
		}
	}
	if r.interval > 0 {
		r.interval = max(r.interval, r.window/maxInstants)
	}
	return r
}

// periodOf returns the shortest period of a signal, or of what it is computed from;
// 0 where there is none.
func (p *Policy) periodOf(i int) time.Duration {
	shortest := p.signals[i].Period
	for _, operand := range p.signals[i].operands {
		if period := p.periodOf(operand); period > 0 && (shortest == 0 || period < shortest) {
			shortest = period
		}
	}
	return shortest
}

// fixed reports whether a signal is the same at all times, because it is a literal or
// computed from literals.
func (p *Policy) fixed(i int) bool {
	s := &p.signals[i]
	if s.constant() || s.formula == nil {
		return s.constant()
	}
	for _, operand := range s.operands {
		if !p.fixed(operand) {
			return false
		}
	}
	return true
}

// need returns the number of buckets of that period that decisions look at.
func (p *Policy) need(period time.Duration) int {
	if period == 0 {
		return 1
	}
	need := min(p.replay.window/period, maxBuckets)
	return min(int(need)+1+p.replay.periods, maxBuckets)
}

// historySize returns the number of buckets of a signal that are looked at.
func (p *Policy) historySize(s *signal) int {
	size := max(p.need(s.Period), historyFloor)
	if s.Period > 0 {
		size = max(size, int(min(s.MaxAge/s.Period, maxBuckets))+1)
	}
	return size
}

// recommendation is what the rules would have asked for at an instant.
type recommendation struct {
	age   time.Duration
	count int
	// complete: no rule that has a value now lacked one then.
	complete bool
}

// recall asks the rules for every instant within the window, and adds what is
// remembered of points.
func (e *evaluation) recall() []recommendation {
	var past []recommendation
	r := e.policy.replay
	if r.interval > 0 {
		for age := r.interval; age < r.window; age += r.interval {
			if then, ok := e.recommendationAt(age); ok {
				past = append(past, then)
			}
		}
	}
	if r.points {
		for _, change := range e.snapshot.Changes {
			if age := e.age(change.At); age < r.window {
				past = append(past, recommendation{age: age, count: change.To, complete: true})
			}
		}
	}
	return past
}

// recommendationAt returns what the rules would have asked for; ok is false where
// none of them had a value. What was needed is needed also where the signal has been
// lost since.
func (e *evaluation) recommendationAt(age time.Duration) (then recommendation, ok bool) {
	then = recommendation{age: age, count: -1, complete: true}
	basis := e.basisAt(age)
	for i := range e.policy.rules {
		rule := &e.policy.rules[i]
		if !e.active(rule) {
			continue
		}
		v := view{basis: basis}
		if rule.signal >= 0 {
			r := &e.readings[rule.signal]
			v = e.viewAt(rule.signal, age, basis)
			if !v.bucket.ok || !r.knownAt(age) {
				then.complete = then.complete && !r.ok
				continue
			}
			ok = ok || r.history.period > 0
		}
		if p := rule.kind.propose(v); p.opinion {
			then.count = max(then.count, p.count)
		}
	}
	if then.count < 0 {
		then.count = basis.Intended
	}
	return then, ok
}

// basisAt returns the group as it was, as far as the changes tell.
func (e *evaluation) basisAt(age time.Duration) Basis {
	basis := Basis{Intended: e.current, InService: e.snapshot.Basis.InService}
	if age == 0 {
		return basis
	}
	oldest := time.Duration(-1)
	for _, change := range e.snapshot.Changes {
		if since := e.age(change.At); since < age && since > oldest {
			oldest = since
			basis = Basis{Intended: change.From, InService: change.From}
		}
	}
	return basis
}

// age returns how long ago an instant was; what lies ahead, because clocks differ, is
// now.
func (e *evaluation) age(at time.Time) time.Duration { return max(e.snapshot.Now.Sub(at), 0) }

// view is what there is to see of a rule's signal at an instant.
type view struct {
	basis   Basis
	bucket  bucket
	history history
	// index is the place of the bucket that an alarm begins with.
	index int
	// perServer says what becomes of the values of single servers; nil: the signal is
	// one of the group.
	perServer *PerServer
}

// viewAt returns what there was to see at an instant of the past.
func (e *evaluation) viewAt(signal int, age time.Duration, basis Basis) view {
	h := e.readings[signal].history
	index := h.index(age)
	return view{
		basis: basis, history: h, index: index, bucket: h.at(index),
		perServer: e.policy.signals[signal].PerServer,
	}
}

// viewNow returns what there is to see now: of late samples, the newest.
func (e *evaluation) viewNow(signal int) view {
	v := e.viewAt(signal, 0, e.basisAt(0))
	v.bucket = e.readings[signal].bucket()
	return v
}
