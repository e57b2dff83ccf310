package hostingfake

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

var _ hosting.Service = (*Service)(nil)

// ErrKilled is what every call of a client returns from its death on. A dead process
// sees no errors: whoever gets this one is code that a test keeps running after it.
var ErrKilled = errors.New("the client was killed")

// Service is one client of a [World], as one run of the provider is. It is safe for
// concurrent use.
type Service struct {
	world *World

	mu     sync.Mutex
	killed bool
	calls  []Call
	steps  []Step
	faults []func(Step) Fault
	hooks  map[occasion][]func()
}

// Connect returns a new client.
func (w *World) Connect() *Service {
	const usual = 128
	return &Service{world: w, hooks: make(map[occasion][]func()), calls: make([]Call, 0, usual), steps: make([]Step, 0, usual)}
}

// World returns what the client is connected to.
func (s *Service) World() *World { return s.world }

// Kill ends the client: what it has done stays done, and from now on every call
// returns [ErrKilled] and does nothing, whatever its context.
func (s *Service) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = true
}

// Killed reports whether the client was killed.
func (s *Service) Killed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.killed
}

// Calls returns the calls so far, in the order in which they began.
func (s *Service) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count returns how many calls there were of a method, for example "Launch".
func (s *Service) Count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, call := range s.calls {
		if call.Method == method {
			count++
		}
	}
	return count
}

// Steps returns the steps so far; see [Step].
func (s *Service) Steps() []Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.steps)
}

// Location implements [hosting.Service].
func (s *Service) Location() string { return s.world.options.Location }

// Abandoned implements [hosting.Service].
func (s *Service) Abandoned(location string) bool {
	return slices.Contains(s.world.options.Abandoned, location)
}

// Pace implements [hosting.Service].
func (s *Service) Pace() hosting.Pace { return s.world.options.Pace }

// CheckConfiguration implements [hosting.Configurations].
func (s *Service) CheckConfiguration(configuration boot.Configuration) []boot.FieldFault {
	if slices.Contains(s.world.options.Images, configuration.Image) {
		return nil
	}
	return []boot.FieldFault{{
		Path:    []string{"image"},
		Message: "there is no such image; there are: " + strings.Join(s.world.options.Images, ", "),
	}}
}
