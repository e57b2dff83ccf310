//go:build linux

package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

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
	// A crash may have left one, and a script something in its place.
	if err := os.RemoveAll(temporary); err != nil {
		return err
	}
	if err := writeFile(temporary, content, keep); err != nil {
		return errors.Join(adviseWriter(err), os.RemoveAll(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.RemoveAll(temporary))
	}
	if keep == volatile {
		return nil
	}
	return syncDirectory(filepath.Dir(path))
}

// writeFile writes a file that doesn't exist yet.
func writeFile(path string, content []byte, keep durability) error {
	file, err := openPrivate(path, os.O_WRONLY|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil && keep == durable {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// openPrivate opens a regular file, which it makes if there is none, for this
// user alone, whatever the umask. It follows no symbolic link and doesn't wait
// for the reader of a FIFO that somebody has put there.
func openPrivate(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, openError(path, err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = &damageError{path, "is not a regular file"}
	case info.Mode().Perm() != 0o600:
		err = file.Chmod(0o600)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// readFile reads a regular file of at most limit bytes, and follows no symbolic
// link: what a server's own scripts may have put there must not make its reader
// wait, or run out of memory.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, openError(path, err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &damageError{path, "is not a regular file"}
	}
	if info.Size() > limit {
		return nil, &damageError{path, fmt.Sprintf("has more than %d bytes", limit)}
	}
	// Also a file that grows meanwhile is no larger in memory.
	return io.ReadAll(io.LimitReader(file, limit))
}

// openError words what the system says of a symbolic link, a directory and a
// FIFO without a reader (open(2)).
func openError(path string, err error) error {
	switch {
	case errors.Is(err, unix.ELOOP):
		return &damageError{path, "is a symbolic link, and none is followed here"}
	case errors.Is(err, unix.EISDIR), errors.Is(err, unix.ENXIO):
		return &damageError{path, "is not a regular file"}
	}
	return err
}

// damageError says that a file is not what this service has written there.
type damageError struct{ path, what string }

func (e *damageError) Error() string { return e.path + " " + e.what }

// isDamaged tells a file that is there but can't be understood from one that is
// missing or can't be reached.
func isDamaged(err error) bool {
	var damage *damageError
	return errors.As(err, &damage)
}

// advise adds the next step where a file is damaged.
func advise(err error, advice string) error {
	if !isDamaged(err) {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}

// adviseWriter adds the next step where nothing can be written.
func adviseWriter(err error) error {
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; let this user write there, or give another state directory", err)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return fmt.Errorf("%w; nothing was changed: make room there, and apply again", err)
	}
	return err
}

// makeDirectory makes a directory for this user alone, whatever the umask.
func makeDirectory(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return os.Chmod(path, 0o700)
}

// syncDirectory makes a rename or removal in the directory durable.
func syncDirectory(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
