//go:build linux

package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// removedPrefix begins the names of directories that are being removed.
const removedPrefix = ".removed."

// discard makes the server unknown. Caller guarantees that nothing of it runs. A
// directory of another identity is another launch's, and stays.
func (s *Service) discard(directory serverDirectory, identity fileID) error {
	if id, err := directory.fileID(); errors.Is(err, fs.ErrNotExist) || err == nil && id != identity {
		return nil
	}
	removed := filepath.Join(s.directory.servers(), removedPrefix+directory.id())
	if err := removeTree(removed); err != nil {
		return err
	}
	if err := os.Rename(string(directory), removed); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return removeTree(removed)
}

// removeTree removes the directory also where a script has left directories in
// it that can't be written, as some package managers' caches are.
func removeTree(path string) error {
	err := os.RemoveAll(path)
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	_ = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		// A directory that can't be read is visited a second time, with the error.
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	return os.RemoveAll(path)
}

// removeRemains removes what crashes in createServer and discard have left of
// the incarnation's servers.
func (s *Service) removeRemains(ref hosting.GroupRef) error {
	entries, err := os.ReadDir(s.directory.servers())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := strings.TrimPrefix(strings.TrimPrefix(entry.Name(), unfinishedPrefix), removedPrefix)
		if name != entry.Name() && strings.HasPrefix(name, groupPrefix(ref)) {
			err = errors.Join(err, s.serverDirectory(entry.Name()).removeRest())
		}
	}
	return err
}

// removeRest removes a server's directory unless it is still being filled.
func (d serverDirectory) removeRest() error {
	held, free, err := tryAcquire(d.path("lock"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case isDamaged(err), errors.Is(err, fs.ErrPermission):
		return removeTree(string(d)) // Not what is filled: there the lock comes first.
	case err != nil || !free:
		return err
	}
	defer held.release()
	return removeTree(string(d))
}
