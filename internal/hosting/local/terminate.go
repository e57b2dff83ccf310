//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// endPace is how often is looked whether a process has ended.
	endPace = 5 * time.Millisecond
	// endMargin is what a supervisor gets beyond the grace to kill what is left.
	endMargin = 3 * time.Second
	// killTimeout bounds the wait for killed processes; one that is stuck in the
	// kernel can't be ended at all.
	killTimeout = 10 * time.Second
	// terminateWidth bounds the servers that are ended at once.
	terminateWidth = 64
)

var errStuck = errors.New("processes of it can't be ended")

// Terminate implements [hosting.Servers].
func (s *Service) Terminate(ctx context.Context, servers []hosting.Server) error {
	if err := s.directory.check(); err != nil {
		return err
	}
	return s.eachServer(servers, terminateWidth, "terminating", func(directory serverDirectory) error {
		return s.terminate(ctx, directory)
	})
}

func (s *Service) terminate(ctx context.Context, directory serverDirectory) error {
	identity, err := directory.fileID()
	if err != nil {
		return err
	}
	started, held, err := directory.settle(ctx)
	if err != nil {
		return err
	}
	if !started {
		defer held.release()
		return s.discard(directory, identity)
	}
	supervisor, err := directory.supervision()
	if err != nil {
		return err
	}
	current, err := supervisor.current(directory)
	if err != nil {
		return err
	}
	// Process IDs of another boot, or of the original of a copy, mean nothing.
	if current {
		if err := s.end(ctx, directory, supervisor); err != nil {
			return err
		}
	}
	return s.discard(directory, identity)
}

// end returns when nothing of the server runs any more. A supervisor that was
// killed has left processes that nobody looks after.
func (s *Service) end(ctx context.Context, directory serverDirectory, supervisor supervision) error {
	if err := s.endSupervisor(ctx, supervisor.process); err != nil {
		return err
	}
	recorded, err := directory.ending()
	if err != nil {
		return err
	}
	if recorded.Complete {
		return nil
	}
	return directory.sweep(ctx)
}

// endSupervisor lets the supervisor end its server, and kills it where it
// doesn't within the grace and a margin.
func (s *Service) endSupervisor(ctx context.Context, supervisor process) error {
	if err := supervisor.signal(unix.SIGTERM); err != nil {
		return fmt.Errorf("signalling its supervisor: %w", err)
	}
	err := awaitEnd(ctx, s.grace+endMargin, supervisor)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if err := supervisor.signal(unix.SIGKILL); err != nil {
		return fmt.Errorf("killing its supervisor: %w", err)
	}
	return awaitEnd(ctx, killTimeout, supervisor)
}

func awaitEnd(ctx context.Context, timeout time.Duration, awaited process) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errStuck)
	defer cancel()
	return wait.Until(ctx, endPace, func(context.Context) (bool, error) {
		return !awaited.running(), nil
	})
}

// sweep kills what a killed supervisor has left, round by round until nothing
// is found: what is being forked in one round is found in the next.
func (d serverDirectory) sweep(ctx context.Context) error {
	recorded, err := d.recordedDescendants()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, killTimeout, errStuck)
	defer cancel()
	var refused error
	err = wait.Until(ctx, endPace, func(context.Context) (bool, error) {
		leftovers := d.leftovers(recorded)
		refused = nil
		for _, leftover := range leftovers {
			// Also where one can't be signalled, the others are.
			refused = errors.Join(refused, leftover.signal(unix.SIGKILL))
		}
		return len(leftovers) == 0, nil
	})
	if err != nil {
		return errors.Join(err, refused)
	}
	return nil
}
