//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// lockPace is how often a taken lock is tried again. flock(2) can't wait and
// honour a context at once.
const lockPace = 2 * time.Millisecond

// durability says what a written file survives.
type durability bool

const (
	// volatile: a crash of the process. Enough for what describes processes,
	// which a crash of the machine ends anyway.
	volatile durability = false
	// durable: a crash of the machine too.
	durable durability = true
)

// replaceFile replaces the file in one step: a reader sees the old content or
// the new one. Caller guarantees that nobody else replaces it at the same time,
// by a lock or by being its only writer.
func replaceFile(path string, content []byte, keep durability) error {
	temporary := path + ".new"
	if err := writeFile(temporary, content, keep); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	if keep == volatile {
		return nil
	}
	return syncDirectory(filepath.Dir(path))
}

func writeFile(path string, content []byte, keep durability) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil && keep == durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDirectory makes a rename or removal in the directory durable.
func syncDirectory(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

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
		return lock{}, fmt.Errorf("locking %s: %w", path, err)
	}
	return held, nil
}

// tryAcquire returns ok false where somebody else holds the lock. A holder may
// have removed the file before releasing it: then the lock that was got is of a
// file that nobody else will find, and counts for nothing.
func tryAcquire(path string) (held lock, ok bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return lock{}, false, err
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
