//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// startTimeout is far more than a supervisor takes to start, also on a machine
// that is busy; it keeps a supervisor that hangs from hanging everybody.
const startTimeout = 30 * time.Second

var errStarting = errors.New("its supervisor has not started in time")

// settle waits while somebody else starts the server. It returns started, or
// else the server's lock, with which the caller may start the server or discard
// it: the lock is held from before a supervisor starts until it has ended, so a
// launcher that dies at any moment leaves no gap.
func (d serverDirectory) settle(ctx context.Context) (started bool, held lock, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStarting)
	defer cancel()
	err = wait.Until(ctx, lockPace, func(context.Context) (bool, error) {
		var free bool
		var err error
		if started, err = d.started(); started || err != nil {
			return true, err
		}
		held, free, err = tryAcquire(d.path("lock"))
		return free, err
	})
	if err != nil {
		return false, lock{}, fmt.Errorf("waiting for the start of %s: %w", d.id(), err)
	}
	if started {
		return true, lock{}, nil
	}
	// It may have been started, and even have ended, between look and lock.
	started, err = d.started()
	if started || err != nil {
		held.release()
	}
	return started, held, err
}

func (d serverDirectory) started() (bool, error) {
	_, err := os.Lstat(d.supervisionPath())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
