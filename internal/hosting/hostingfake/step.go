package hostingfake

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Call is one call of a method of the port. Those that do no I/O are no calls.
type Call struct {
	// Index counts the client's calls from 1.
	Index  int
	Method string
	// Group is the name of the group that it is about; empty where it is about none.
	Group string
	// What says in a few words what else it is about.
	What string
}

// Mutates reports whether the method is one that changes something.
func (c Call) Mutates() bool {
	switch c.Method {
	case "Configuration", "ConfigurationIDs", "Group", "Groups", "Servers", "Reports", "LastReports":
		return false
	}
	return true
}

// String returns the call for messages.
func (c Call) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Method, c.Group, c.What))
}

// Step is a point at which a client can be interrupted. Every call has at least one;
// one that has several effects, as the launch of three servers, has one for each.
type Step struct {
	// Index counts the client's steps from 1.
	Index int
	Call  Call
	// Changed: something in the world is another now.
	Changed bool
}

// Moment is a side of a step.
type Moment int

// The moments: before the step's effect, and after it but before its answer.
const (
	Before Moment = iota + 1
	After
)

// String names the moment.
func (m Moment) String() string {
	if m == Before {
		return "before"
	}
	return "after"
}

type occasion struct {
	step   int
	moment Moment
}

// At has do called at a moment of the step of that index.
func (s *Service) At(step int, moment Moment, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := occasion{step: step, moment: moment}
	s.hooks[at] = append(s.hooks[at], do)
}

// KillAt kills the client at a moment of the step of that index. Nobody gets an
// answer to the call.
func (s *Service) KillAt(step int, moment Moment) { s.At(step, moment, s.Kill) }

// Checkpoint makes a step of something durable that the client does elsewhere, such
// as saving its state: the client can be killed there too.
func (s *Service) Checkpoint(ctx context.Context, what string, effect func() error) error {
	return s.perform(ctx, Call{Method: "Checkpoint", What: what}, func() (bool, error) { return true, effect() })
}

// effect does what a step does, with the world locked, and reports whether that has
// changed anything.
type effect func() (changed bool, err error)

// perform makes a call of one step.
func (s *Service) perform(ctx context.Context, call Call, do effect) error {
	return s.performEach(ctx, call, []effect{do})
}

// performEach makes a call of several steps; it stops at the first that fails.
func (s *Service) performEach(ctx context.Context, call Call, effects []effect) error {
	call, err := s.begin(call)
	if len(effects) == 0 {
		effects = []effect{func() (bool, error) { return false, nil }}
	}
	changed := false
	for _, do := range effects {
		if err != nil {
			break
		}
		if err = context.Cause(ctx); err == nil {
			var did bool
			did, err = s.step(call, do)
			changed = changed || did
		}
	}
	if changed {
		err = errors.Join(err, s.world.keep())
	}
	return err
}

func (s *Service) begin(call Call) (Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.killed {
		return call, ErrKilled
	}
	call.Index = len(s.calls) + 1
	s.calls = append(s.calls, call)
	return call, nil
}

func (s *Service) step(call Call, do effect) (changed bool, err error) {
	step, fault := s.enter(call)
	if err := s.pass(step, Before); err != nil {
		return false, err
	}
	if fault.Err == nil || fault.Loss == LostResponse {
		changed, err = s.world.carryOut(call, fault.Loss == LostWrite, do)
	}
	s.note(step, changed)
	if killed := s.pass(step, After); killed != nil {
		return changed, killed
	}
	if fault.Err != nil {
		return changed, fault.Err
	}
	return changed, err
}

// enter records a step and asks what goes wrong with it.
func (s *Service) enter(call Call) (Step, Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := Step{Index: len(s.steps) + 1, Call: call}
	s.steps = append(s.steps, step)
	for _, decide := range s.faults {
		if fault := decide(step); fault != (Fault{}) {
			return step, fault
		}
	}
	return step, Fault{}
}

// pass calls what is to be called at this moment, and reports whether the client has
// survived it.
func (s *Service) pass(step Step, moment Moment) error {
	s.mu.Lock()
	due := s.hooks[occasion{step: step.Index, moment: moment}]
	s.mu.Unlock()
	for _, do := range due {
		do()
	}
	if s.Killed() {
		return ErrKilled
	}
	return nil
}

func (s *Service) note(step Step, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps[step.Index-1].Changed = changed
}
