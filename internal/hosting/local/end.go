//go:build linux

package local

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// killPace is the pause between two rounds of killing.
	killPace = 5 * time.Millisecond
	// drainTimeout bounds the wait for the rest of the console: a process of
	// somebody else may have been handed the pipe.
	drainTimeout = time.Second
)

// end ends every process below the supervisor. The reason is recorded first, so
// that nobody takes a server that is being ended for one that runs.
func (s *supervisor) end(reason error) {
	s.recordEnding(reason, false)
	s.clear()
	s.recordEnding(reason, true)
}

// clear returns when no process is left below the supervisor.
func (s *supervisor) clear() {
	s.signalAll(unix.SIGTERM)
	if !s.awaitGone(s.grace) {
		s.killAll()
	}
	s.drainConsole()
}

func (s *supervisor) signalAll(number unix.Signal) {
	for _, descendant := range descendants(s.self.PID) {
		// One that can't be signalled, a setuid program, is tried in each round.
		_ = descendant.signal(number)
	}
}

// awaitGone reports whether nothing is left below the supervisor in time.
func (s *supervisor) awaitGone(timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	select {
	case <-s.gone:
		return true
	case <-ctx.Done():
		return false
	}
}

// killAll kills round by round: what is being forked in one round is found in
// the next. It goes on for as long as anything is left, because nobody else
// could find it; whoever terminates the server has a deadline of its own.
func (s *supervisor) killAll() {
	_ = wait.Until(context.Background(), killPace, func(context.Context) (bool, error) {
		s.signalAll(unix.SIGKILL)
		return s.awaitGone(killPace), nil
	})
}

func (s *supervisor) drainConsole() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	select {
	case <-s.console.done:
	case <-ctx.Done():
	}
}

// recordEnding writes nothing where the directory is gone or another's.
func (s *supervisor) recordEnding(reason error, complete bool) {
	id, err := s.directory.fileID()
	if err != nil || id != s.self.Directory {
		return
	}
	encoded, err := encodeDocument(ending{Reason: reason.Error(), Complete: complete})
	if err != nil {
		return
	}
	if replaceFile(s.directory.endingPath(), encoded, volatile) == nil && complete {
		_ = os.Remove(s.directory.descendantsPath())
	}
}
