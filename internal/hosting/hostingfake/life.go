package hostingfake

import (
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// phase is how far a boot has come.
type phase int

const (
	phaseAsleep phase = iota
	phaseStarting
	phaseBooting
	phaseBooted
	phaseFailed
)

// input is something that arrives at a server.
type input struct {
	At       time.Time
	Delivery *boot.Delivery
	Leave    bool
}

// life is one boot of a server, lived up to a moment. It goes by the rules of the
// agent.
type life struct {
	Boot     int
	BootedAt time.Time
	LivedTo  time.Time
	// Inputs are under way, in the order in which they were sent.
	Inputs []input

	Phase phase
	// Script is the running script, and EndsAt its end; empty: none runs.
	Script string
	EndsAt time.Time
	// Booted: the boot script has exited 0. Failed is the script that has not.
	Booted bool
	Failed string
	Ready  bool

	Values map[string]boot.Value
	// Seen is the revision of each value that a script has been handed, and Handed
	// are the names that the running update script has been.
	Seen                     map[string]int
	Handed                   []string
	Received, Applied, Tried int

	Outputs      map[string]string
	Failure      string
	Log          string
	Asked        bool
	Leaving      bool
	Decommission boot.Decommission
	Events       []boot.Event
}

// newLife returns a boot that finds the delivery at its start.
func newLife(number int, at time.Time, found boot.Delivery) life {
	l := life{Boot: number, BootedAt: at, LivedTo: at}
	if found.Revision > 0 {
		l.Inputs = []input{{At: at, Delivery: &found}}
	}
	return l
}

// clone copies what is changed in place; everything else is only ever replaced.
func (l life) clone() life {
	l.Inputs = slices.Clone(l.Inputs)
	l.Seen = maps.Clone(l.Seen)
	l.Events = slices.Clone(l.Events)
	return l
}

// liveUntil lives on to the given time. A server that has lived longer stays as it
// is.
func (s *server) liveUntil(until time.Time) {
	for {
		s.proceed()
		at, happen := s.next()
		if happen == nil || at.After(until) {
			return
		}
		if at.After(s.Life.LivedTo) {
			s.Life.LivedTo = at
		}
		happen()
	}
}

// next returns what happens next, and when; nil: nothing.
func (s *server) next() (at time.Time, happen func()) {
	consider := func(then time.Time, what func()) {
		if happen == nil || then.Before(at) {
			at, happen = then, what
		}
	}
	l := &s.Life
	if len(l.Inputs) > 0 {
		consider(l.Inputs[0].At, s.takeInput)
	}
	if l.Phase == phaseAsleep {
		consider(l.BootedAt.Add(s.behavior.Start), s.awake)
	}
	if l.Script != "" {
		consider(l.EndsAt, s.finishScript)
	}
	return at, happen
}

func (s *server) awake() {
	s.Life.Phase = phaseStarting
	if s.program.Payload.Configuration.DecommissionScript != "" {
		s.Life.Decommission = boot.DecommissionIdle
	}
	s.event("booting")
}

func (s *server) takeInput() {
	l := &s.Life
	arrived := l.Inputs[0]
	l.Inputs = l.Inputs[1:]
	l.Leaving = l.Leaving || arrived.Leave
	if arrived.Delivery == nil || arrived.Delivery.Revision <= l.Received {
		return
	}
	before := l.Values
	l.Received, l.Values = arrived.Delivery.Revision, make(map[string]boot.Value)
	for _, name := range slices.Sorted(maps.Keys(arrived.Delivery.Values)) {
		value := arrived.Delivery.Values[name]
		if !s.program.takes(name) {
			continue
		}
		former, held := before[name]
		s.takeValue(name, former, value, held)
	}
}

// takeValue puts a value in its place as far as its effect allows it.
func (s *server) takeValue(name string, former, value boot.Value, held bool) {
	effect := s.program.Payload.Configuration.Parameters[name].Effect()
	if held && effect == boot.EffectReplace {
		value = former
	}
	s.Life.Values[name] = value
	if value.Since <= former.Since {
		return
	}
	s.event("received " + name)
	if effect == boot.EffectDeliver || held && effect == boot.EffectRestart {
		s.markSeen([]string{name})
	}
}

// proceed starts the script that is due, or finds that nothing is left to be done.
func (s *server) proceed() {
	l := &s.Life
	if l.Leaving && l.Phase != phaseAsleep {
		s.leave()
		return
	}
	if l.Script != "" {
		return
	}
	switch l.Phase {
	case phaseStarting:
		if s.holds(s.program.boot) {
			l.Phase = phaseBooting
			s.markSeen(s.program.boot)
			s.event("script started")
			s.start(scriptBoot, s.behavior.Boot)
		}
		return
	case phaseFailed:
		if l.Failed != scriptUpdate || l.Received <= l.Tried {
			return
		}
	case phaseBooted:
	default:
		return
	}
	s.update()
}

// update takes in what has arrived since the boot script ended.
func (s *server) update() {
	l := &s.Life
	if !l.Ready && !s.holds(s.program.ready) || l.Ready && l.Received <= l.Applied {
		return
	}
	changed := s.changed()
	switch {
	case len(changed) > 0 && s.program.Payload.Configuration.UpdateScript != "":
		l.Tried, l.Handed = l.Received, changed
		s.markSeen(changed)
		s.event("updating")
		s.start(scriptUpdate, s.behavior.Update)
	case l.Phase == phaseBooted:
		l.Applied = l.Received
		s.becomeReady()
	}
}

// leave runs the decommission script after the one that runs, if there is something
// to decommission.
func (s *server) leave() {
	l := &s.Life
	switch {
	case l.Decommission != boot.DecommissionIdle:
	case !l.Booted:
		l.Decommission = boot.DecommissionDone
	case l.Script == "":
		l.Decommission = boot.DecommissionRunning
		s.start(scriptDecommission, s.behavior.Decommission)
	}
}

func (s *server) holds(names []string) bool { return len(s.lacking(names)) == 0 }

// lacking returns those of the names that have no value.
func (s *server) lacking(names []string) []string {
	var missing []string
	for _, name := range names {
		if _, held := s.Life.Values[name]; !held {
			missing = append(missing, name)
		}
	}
	return missing
}

// changed returns, sorted, the names whose newest value no script has been handed.
func (s *server) changed() []string {
	var names []string
	for name, value := range s.Life.Values {
		if value.Since > s.Life.Seen[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *server) markSeen(names []string) {
	if s.Life.Seen == nil {
		s.Life.Seen = make(map[string]int)
	}
	for _, name := range names {
		s.Life.Seen[name] = s.Life.Values[name].Since
	}
}

// event notes a step for the report. The uptime is that of a machine on which all
// servers of the world run.
func (s *server) event(what string) {
	if len(s.Life.Events) < boot.MaxEvents {
		s.Life.Events = append(s.Life.Events, boot.Event{Uptime: s.Life.LivedTo.UnixMilli() / 10, What: what})
	}
}
