package hostingfake

import "crypto/rand"

// NewRun implements [hosting.Runs].
func (s *Service) NewRun() string { return rand.Text() }

// Running implements [hosting.Runs]: it is what [World.SetRunning] says.
func (s *Service) Running(run string) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.running[run]
}

// SetRunning says whether the run counts as being at work; none does until then.
func (w *World) SetRunning(run string, running bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		w.running = make(map[string]bool)
	}
	w.running[run] = running
}
