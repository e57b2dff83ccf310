//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

var errNotRestarted = errors.New("its supervisor has not restarted it in time; " +
	"if that lasts, end the server's processes, and the next apply replaces it")

// Restart implements [hosting.Servers]. The request is a file and not only a
// signal, so that it outlives this process. The supervisor restarts its server
// where the mark differs from that of the newest boot, and so only once.
func (s *Service) Restart(ctx context.Context, servers []hosting.Server, mark string) error {
	if err := s.directory.check(); err != nil {
		return err
	}
	encoded, err := encodeDocument(restartRequest{Mark: mark})
	if err != nil {
		return err
	}
	return s.eachServer(servers, terminateWidth, "restarting", func(directory serverDirectory) error {
		return s.restart(ctx, directory, mark, encoded)
	})
}

func (s *Service) restart(ctx context.Context, directory serverDirectory, mark string, encoded []byte) error {
	// Two restarts under different marks come one after the other: a request
	// that another one has replaced would never be met.
	held, err := acquire(ctx, directory.path("restart.lock"))
	if err != nil {
		return err
	}
	defer held.release()
	supervisor, running, err := directory.running(ctx)
	if err != nil || !running || supervisor.Restart == mark {
		return err
	}
	if err := replaceFile(directory.requestPath(), encoded, volatile); err != nil {
		return fmt.Errorf("asking its supervisor: %w", err)
	}
	if err := supervisor.signal(unix.SIGUSR1); err != nil {
		return fmt.Errorf("signalling its supervisor: %w", err)
	}
	return s.awaitRestart(ctx, directory, mark)
}

// awaitRestart returns when the server has the mark, or has ended meanwhile.
func (s *Service) awaitRestart(ctx context.Context, directory serverDirectory, mark string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.grace+endMargin+killTimeout, errNotRestarted)
	defer cancel()
	return wait.Until(ctx, endPace, func(ctx context.Context) (bool, error) {
		supervisor, running, err := directory.running(ctx)
		return !running || supervisor.Restart == mark, err
	})
}

// running returns the supervisor of a server that runs.
func (d serverDirectory) running(ctx context.Context) (supervisor supervision, running bool, err error) {
	started, held, err := d.settle(ctx)
	if err != nil {
		return supervision{}, false, err
	}
	if !started {
		held.release()
		return supervision{}, false, nil
	}
	if supervisor, err = d.supervision(); err != nil {
		return supervision{}, false, err
	}
	reason, err := d.endReason(supervisor)
	return supervisor, reason == "" && err == nil, err
}
