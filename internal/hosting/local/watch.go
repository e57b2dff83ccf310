//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// tickPace is how often a supervisor looks at its server's directory.
const tickPace = time.Second

// watch returns errRestart, or why the server has to end.
func (s *supervisor) watch() error {
	ctx, cancel := context.WithCancelCause(context.Background())
	awaited := make(chan struct{})
	go func() {
		defer close(awaited)
		cancel(s.await(ctx))
	}()
	err := wait.Until(ctx, tickPace, func(context.Context) (bool, error) { return false, s.tick() })
	cancel(nil)
	<-awaited // It must not take what the next boot is told.
	return err
}

// agentEnd words the end of an agent that nobody has asked to end.
func agentEnd(status syscall.WaitStatus) error {
	if status.Signaled() {
		return errors.New("its processes were killed")
	}
	return fmt.Errorf("its agent ended with exit code %d", status.ExitStatus())
}

// await returns the first of the things that end a boot at once.
func (s *supervisor) await(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.orders.terminate:
			return errTerminated
		case <-s.orders.restart:
			return errRestart
		case status := <-s.ended:
			return agentEnd(status)
		case <-s.orders.look:
			if s.restartRequested() {
				return errRestart
			}
		}
	}
}

// tick looks at the directory. What it can't read or write now it tries again
// the next time; only a directory that is gone ends the server.
func (s *supervisor) tick() error {
	if id, err := s.directory.fileID(); errors.Is(err, os.ErrNotExist) || (err == nil && id != s.self.Directory) {
		return errDirectoryGone
	}
	s.wakeForDelivery()
	s.recordDescendants()
	if s.restartRequested() {
		return errRestart // The signal was lost with its sender.
	}
	return nil
}

// wakeForDelivery wakes the agent for a delivery whose writer has crashed
// before it could do so.
func (s *supervisor) wakeForDelivery() {
	info, err := os.Stat(s.directory.delivery())
	if err != nil || info.ModTime().Equal(s.delivered) {
		return
	}
	if woken, err := s.directory.poke(); woken && err == nil {
		s.delivered = info.ModTime()
	}
}

// recordDescendants keeps what leftovers need if this process is killed.
func (s *supervisor) recordDescendants() {
	found := descendants(s.self.PID)
	if slices.Equal(found, s.descendants) {
		return
	}
	encoded, err := encodeDocument(found)
	if err != nil {
		return
	}
	if replaceFile(s.directory.descendantsPath(), encoded, volatile) == nil {
		s.descendants = found
	}
}
