package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/formula"
)

// reading is what became of a signal: a value, or the cause why there is none.
type reading struct {
	history history
	// newest is the place of the bucket that counts now.
	newest int
	ok     bool
	cause  string
	// pending: nobody has looked, so nothing is wrong.
	pending bool
	// partial says what the value lacks, for which reason it takes no server away;
	// empty: nothing.
	partial string
	// lastGood is when the signal last had a value; zero: never.
	lastGood time.Time
	// inputs are the values that went into an expression, as text.
	inputs string
}

// bucket is the one that counts now.
func (r *reading) bucket() bucket { return r.history.at(r.newest) }

// knownAt reports whether the buckets tell what the signal was at an instant of that age.
// Without a value now they only tell of the past.
func (r *reading) knownAt(age time.Duration) bool {
	return r.ok || age > 0 && r.history.period > 0
}

func absent(cause string) reading  { return reading{cause: cause} }
func awaited(cause string) reading { return reading{cause: cause, pending: true} }

// readSignals is stage 3.
func (e *evaluation) readSignals() (Reason, string) {
	e.readings = make([]reading, len(e.policy.signals))
	for _, i := range e.policy.order {
		e.readings[i] = e.read(i)
	}
	var details []string
	used := e.usedSignals()
	e.trace.Signals = make([]SignalTrace, 0, len(e.readings))
	for i := range e.readings {
		r, s := &e.readings[i], &e.policy.signals[i]
		e.trace.Signals = append(e.trace.Signals, e.traceSignal(s, r))
		if r.ok {
			continue
		}
		details = append(details, noData(s.name, r))
		if used[i] && !r.pending {
			e.missing = append(e.missing, Missing{
				Signal: s.name, Cause: r.cause, Required: s.OnMissing == OnMissingFail,
			})
		}
	}
	if len(details) > 0 {
		return ReasonFailedGetExternalMetric, strings.Join(details, "; ")
	}
	return ReasonValidMetricFound, ""
}

// usedSignals marks the signals that active rules look at, and what those are
// computed from.
func (e *evaluation) usedSignals() []bool {
	used := make([]bool, len(e.policy.signals))
	for i := range e.policy.rules {
		if r := &e.policy.rules[i]; r.signal >= 0 && e.active(r) {
			used[r.signal] = true
		}
	}
	for _, i := range slices.Backward(e.policy.order) {
		if !used[i] {
			continue
		}
		for _, operand := range e.policy.signals[i].operands {
			used[operand] = true
		}
	}
	return used
}

func (e *evaluation) read(i int) reading {
	s := &e.policy.signals[i]
	switch {
	case s.constant():
		return reading{ok: true, history: history{buckets: []bucket{{ok: true, value: *s.Literal}}}}
	case s.formula != nil:
		return e.compute(s)
	case e.snapshot.Unseen != "":
		return awaited(e.snapshot.Unseen)
	}
	observation, ok := e.snapshot.Signals[s.name]
	switch {
	case !ok:
		return awaited("it has not been looked at yet")
	case observation.Pending != "":
		return awaited(observation.Pending)
	}
	r := e.measure(s, observation)
	if r.lastGood.Before(observation.LastGood) {
		r.lastGood = observation.LastGood
	}
	return r
}

// measure turns samples into a reading.
func (e *evaluation) measure(s *signal, seen Observation) reading {
	size := e.policy.historySize(s)
	if s.PerServer != nil {
		return e.measureServers(s, seen, size)
	}
	switch {
	case seen.Error != "":
		return absent(seen.Error)
	case len(seen.Samples) == 0:
		return absent("it returned no sample")
	}
	newest, h := newest(seen.Samples), s.groupHistory(e.snapshot.Now, seen.Samples, size)
	if !finite(newest.Value) {
		return reading{history: h, cause: "its newest sample is not a finite number", lastGood: lastFinite(seen.Samples)}
	}
	return e.judgeAge(s, h, newest.At)
}

func (e *evaluation) measureServers(s *signal, seen Observation, size int) reading {
	if seen.Error != "" {
		return absent(seen.Error)
	}
	h, at := s.serverHistory(e, seen.Servers, size)
	if h.newest() < 0 {
		return reading{cause: "it has no sample of a server in service", lastGood: at}
	}
	return e.judgeAge(s, h, at)
}

// judgeAge decides whether the newest sample still counts.
func (e *evaluation) judgeAge(s *signal, h history, at time.Time) reading {
	r := reading{history: h, newest: h.newest(), lastGood: at}
	late := r.newest > 0 && s.MaxAge == 0
	switch {
	case s.MaxAge > 0 && e.snapshot.Now.Sub(at) > s.MaxAge:
		r.cause = "its newest sample is older than max_age " + duration(s.MaxAge)
		return r
	case r.newest < 0:
		r.cause = fmt.Sprintf("it has no sample in the last %s", duration(time.Duration(e.policy.historySize(s))*s.Period))
		return r
	case late && r.newest == 1:
		r.partial = fmt.Sprintf("has no sample in its newest period of %s", duration(s.Period))
	case late:
		r.partial = fmt.Sprintf("has no sample in its newest %d periods of %s", r.newest, duration(s.Period))
	}
	r.ok = true
	return r
}

// compute evaluates an expression, now and in the past.
func (e *evaluation) compute(s *signal) reading {
	values := make(map[string]formula.Value, len(s.operands)+2)
	r := reading{}
	length := 1
	for _, i := range s.operands {
		operand := &e.readings[i]
		if p := operand.history.period; p > 0 && (r.history.period == 0 || p < r.history.period) {
			r.history.period = p
		}
		if r.partial == "" && operand.ok {
			r.partial = e.incomplete(i)
		}
	}
	for _, i := range s.operands {
		if operand := &e.readings[i]; r.history.period > 0 && operand.history.period > 0 {
			reach := time.Duration(len(operand.history.buckets)) * operand.history.period
			length = max(length, int(reach/r.history.period))
		}
	}
	length = min(length, e.policy.need(r.history.period))
	r.history.buckets = make([]bucket, length)
	for k := length - 1; k >= 0; k-- {
		e.assign(s, values, time.Duration(k)*r.history.period)
		value, err := s.formula.Evaluate(values)
		if err == nil {
			r.history.buckets[k] = bucket{ok: true, value: value}
		} else if k == 0 {
			lost := e.uncomputed(s, err)
			lost.history = r.history
			return lost
		}
	}
	r.ok = true
	r.inputs = e.inputs(s)
	return r
}

// uncomputed is the reading of an expression without a value. Where only nobody has
// looked at what it uses, nobody has looked at it.
func (e *evaluation) uncomputed(s *signal, err error) reading {
	r := absent(err.Error())
	for _, i := range s.operands {
		operand := &e.readings[i]
		if !operand.ok && !operand.pending {
			return r
		}
		r.pending = r.pending || operand.pending
	}
	if r.pending && e.snapshot.Unseen != "" {
		r.cause = e.snapshot.Unseen
	}
	return r
}

// assign sets the variables of an expression to what they were at an instant of
// that age.
func (e *evaluation) assign(s *signal, values map[string]formula.Value, age time.Duration) {
	basis := e.basisAt(age)
	values[nameCurrent] = formula.Number(float64(basis.Intended))
	values[nameInService] = formula.Number(float64(basis.InService))
	for _, i := range s.operands {
		values[e.policy.signals[i].name] = e.operand(i, age)
	}
}

func (e *evaluation) operand(i int, age time.Duration) formula.Value {
	r := &e.readings[i]
	b := r.bucket()
	if age > 0 {
		b = r.history.at(r.history.index(age))
	}
	switch {
	case !b.ok || !r.knownAt(age):
		return formula.Value{}
	case e.policy.signals[i].PerServer != nil:
		return formula.List(b.list)
	}
	return formula.Number(b.value)
}

// inputs writes what an expression was computed from.
func (e *evaluation) inputs(s *signal) string {
	var parts []string
	for _, i := range s.operands {
		r, name := &e.readings[i], e.policy.signals[i].name
		switch b := r.bucket(); {
		case !r.ok:
			parts = append(parts, name+" without data")
		case e.policy.signals[i].PerServer != nil:
			parts = append(parts, fmt.Sprintf("%s of %d servers", name, b.present))
		default:
			parts = append(parts, name+" = "+number(b.value))
		}
	}
	return strings.Join(parts, ", ")
}

// incomplete says what the value of a signal lacks now, as a clause without a
// subject; empty: nothing.
func (e *evaluation) incomplete(i int) string {
	r := &e.readings[i]
	if r.partial != "" {
		return r.partial
	}
	return e.unheard(i)
}

// unheard says of which servers the value of a signal has no sample, in the same form.
func (e *evaluation) unheard(i int) string {
	if e.readings[i].bucket().missing > 0 {
		return "has " + e.silent(i)
	}
	return ""
}

// silent says which servers in service have no sample in the bucket that counts.
func (e *evaluation) silent(i int) string {
	s, r := &e.policy.signals[i], &e.readings[i]
	g := s.grid(e.snapshot.Now, len(r.history.buckets))
	age := s.Offset + time.Duration(r.newest)*s.Period
	samples := joined{rest: e.snapshot.Signals[s.name].Servers}
	has := func(id string) bool {
		own := samples.of(id)
		if s.Period == 0 {
			_, ok := newestFinite(own)
			return ok
		}
		for _, sample := range own {
			if at, ok := g.place(sample.At); ok && at == r.newest && finite(sample.Value) {
				return true
			}
		}
		return false
	}
	count, first := 0, ""
	for at := range e.servers {
		if server := &e.servers[at]; server.stage(age, e.policy.behavior.warmup) == serving && !has(server.id) {
			if count == 0 {
				first = server.id
			}
			count++
		}
	}
	if count == 1 {
		return "no sample of server " + first
	}
	return fmt.Sprintf("no sample of %d of %d servers, %s among them", count, count+r.bucket().present, first)
}

func (e *evaluation) traceSignal(s *signal, r *reading) SignalTrace {
	trace := SignalTrace{Signal: s.name, Cause: r.cause}
	if !r.ok {
		return trace
	}
	b := r.bucket()
	trace.Value = &b.value
	switch {
	case s.constant():
		trace.Data = "literal"
	case s.formula != nil:
		trace.Data = r.inputs
	case s.PerServer != nil:
		trace.Data = fmt.Sprintf("%s of %d servers", s.PerServer.Aggregation, b.present)
		if b.missing > 0 {
			trace.Data += fmt.Sprintf(", %d without a sample", b.missing)
		}
		if b.warming > 0 {
			trace.Data += fmt.Sprintf(", %d warming up", b.warming)
		}
	default:
		trace.Data = "newest sample"
	}
	if h := r.history; h.period > 0 {
		trace.Data += fmt.Sprintf("; %d of %d periods of %s have data", h.filled(), len(h.buckets), duration(h.period))
	}
	return trace
}

func noData(signal string, r *reading) string {
	if r.pending {
		return fmt.Sprintf("%s has no data yet (%s)", signal, r.cause)
	}
	return fmt.Sprintf("%s has no data (%s)", signal, r.cause)
}

// duration writes 5m for 5m0s and 2h for 2h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
