//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// lockPace is how often a taken lock is tried again. flock(2) can't wait and
// honour a context at once.
const lockPace = 2 * time.Millisecond

// lock is an exclusive flock(2). It ends with the process at the latest.
type lock struct{ file *os.File }

// acquire waits for the lock at path, which it creates, until ctx ends.
func acquire(ctx context.Context, path string) (lock, error) {
	var held lock
	err := wait.Until(ctx, lockPace, func(context.Context) (bool, error) {
		var ok bool
		var err error
		held, ok, err = tryAcquire(path)
		return ok, err
	})
	if err != nil {
		return lock{}, fmt.Errorf("locking %s: %w", path, adviseWriter(err))
	}
	return held, nil
}

// tryAcquire returns ok false where somebody else holds the lock. A holder may
// have removed the file before releasing it: then the lock that was got is of a
// file that nobody else will find, and counts for nothing.
func tryAcquire(path string) (held lock, ok bool, err error) {
	file, err := openPrivate(path, os.O_RDWR)
	if err != nil {
		return lock{}, false, advise(err, "remove it")
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil && sameFile(file, path) {
		return lock{file: file}, true, nil
	}
	if closeErr := file.Close(); closeErr != nil {
		return lock{}, false, closeErr
	}
	if err != nil && !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
		return lock{}, false, err
	}
	return lock{}, false, nil
}

func sameFile(file *os.File, path string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	return err == nil && os.SameFile(held, named)
}

// release unlocks before it closes: a child that is being forked just now still
// has a copy of the descriptor, which would keep the lock.
func (l lock) release() {
	_ = unix.Flock(int(l.file.Fd()), unix.LOCK_UN)
	_ = l.file.Close()
}
