//go:build linux

package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

const contentSuffix = ".json"

// content is one stored content of a server configuration.
type content struct {
	id       string
	storedAt time.Time
}

// ConfigurationIDs implements [hosting.Configurations].
func (s *Service) ConfigurationIDs(ctx context.Context, name string) ([]string, error) {
	contents, err := s.contents(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("listing the contents of server configuration %q: %w", name, err)
	}
	var ids []string
	for _, content := range contents {
		ids = append(ids, content.id)
	}
	return ids, nil
}

func (s *Service) contents(ctx context.Context, name string) ([]content, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if err := s.directory.check(); err != nil {
		return nil, err
	}
	return s.storedContents(name)
}

// storedContents lists the contents of the name, the oldest first.
func (s *Service) storedContents(name string) ([]content, error) {
	ids, err := listNames(s.directory.configurations(), contentSuffix)
	if err != nil {
		return nil, err
	}
	var contents []content
	for _, id := range ids {
		if boot.ConfigurationName(id) != name || !configurationID.MatchString(id) {
			continue
		}
		info, err := os.Lstat(s.configurationPath(id))
		if errors.Is(err, fs.ErrNotExist) {
			continue // It was deleted since the directory was read.
		}
		if err != nil {
			return nil, err
		}
		contents = append(contents, content{id: id, storedAt: info.ModTime()})
	}
	slices.SortStableFunc(contents, func(a, b content) int { return cmp.Compare(a.storedAt.UnixNano(), b.storedAt.UnixNano()) })
	return contents, nil
}

// newestConfiguration returns when the newest content of the name was stored.
func (s *Service) newestConfiguration(name string) (time.Time, error) {
	contents, err := s.storedContents(name)
	if err != nil || len(contents) == 0 {
		return time.Time{}, err
	}
	return contents[len(contents)-1].storedAt, nil
}

// moveBehind makes the file newer than the instant. A file's time is that of the
// last tick of the clock, some milliseconds ago, and the clock may be set back.
func moveBehind(path string, instant time.Time) error {
	info, err := os.Lstat(path)
	if err != nil || info.ModTime().After(instant) {
		return err
	}
	later := instant.Add(time.Microsecond)
	if err := os.Chtimes(path, later, later); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}
