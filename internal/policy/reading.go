package policy

import (
	"fmt"
	"strings"
	"time"
)

// reading is what became of a signal: a value, or the cause why there is none.
type reading struct {
	value float64
	ok    bool
	cause string
	// pending: nobody has looked, so nothing is wrong.
	pending bool
}

// readSignals is stage 3.
func (e *evaluation) readSignals() (Reason, string) {
	e.readings = make(map[string]reading, len(e.policy.signals))
	var details []string
	for _, signal := range e.policy.signals {
		r := signal.read(e.snapshot)
		e.readings[signal.name] = r
		trace := SignalTrace{Signal: signal.name, Cause: r.cause}
		if r.ok {
			trace.Value = &r.value
		} else {
			details = append(details, noData(signal.name, r))
		}
		e.trace.Signals = append(e.trace.Signals, trace)
		if !r.ok && !r.pending && e.policy.uses(signal.name) {
			e.missing = append(e.missing, Missing{
				Signal: signal.name, Cause: r.cause, Required: signal.OnMissing == OnMissingFail,
			})
		}
	}
	if len(details) > 0 {
		return ReasonFailedGetExternalMetric, strings.Join(details, "; ")
	}
	return ReasonValidMetricFound, ""
}

func (p *Policy) uses(signal string) bool {
	for _, rule := range p.rules {
		if rule.signal == signal {
			return true
		}
	}
	return false
}

func (s signal) read(snapshot Snapshot) reading {
	if s.Literal != nil {
		return reading{value: *s.Literal, ok: true}
	}
	if snapshot.Unseen != "" {
		return reading{cause: snapshot.Unseen, pending: true}
	}
	observation, ok := snapshot.Signals[s.name]
	switch {
	case !ok:
		return reading{cause: "it has not been looked at yet", pending: true}
	case observation.Pending != "":
		return reading{cause: observation.Pending, pending: true}
	case observation.Error != "":
		return reading{cause: observation.Error}
	case len(observation.Samples) == 0:
		return reading{cause: "it returned no sample"}
	}
	newest := newest(observation.Samples)
	switch {
	case !finite(newest.Value):
		return reading{cause: "its newest sample is not a finite number"}
	case s.MaxAge > 0 && snapshot.Now.Sub(newest.At) > s.MaxAge:
		return reading{cause: "its newest sample is older than max_age " + duration(s.MaxAge)}
	}
	return reading{value: newest.Value, ok: true}
}

// newest returns the newest sample; of several at one instant the last.
func newest(samples []Sample) Sample {
	found := samples[0]
	for _, sample := range samples[1:] {
		if !sample.At.Before(found.At) {
			found = sample
		}
	}
	return found
}

func noData(signal string, r reading) string {
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
