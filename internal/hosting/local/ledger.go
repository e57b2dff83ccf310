//go:build linux

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

const groupSuffix = ".json"

func (s *Service) groupPath(name string) string {
	return filepath.Join(s.directory.groups(), name+groupSuffix)
}

// lockGroup serializes the writers of a group's record in all processes.
func (s *Service) lockGroup(ctx context.Context, name string) (lock, error) {
	return acquire(ctx, filepath.Join(s.directory.groups(), name+".lock"))
}

// CreateGroup implements [hosting.Ledger].
func (s *Service) CreateGroup(ctx context.Context, group hosting.Group) error {
	if err := s.createGroup(ctx, group); err != nil {
		return fmt.Errorf("recording group %q: %w", group.Name, err)
	}
	return nil
}

func (s *Service) createGroup(ctx context.Context, group hosting.Group) error {
	if err := boot.CheckResourceName(group.Name); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	held, err := s.lockGroup(ctx, group.Name)
	if err != nil {
		return err
	}
	defer held.release()
	if _, err := os.Lstat(s.groupPath(group.Name)); err == nil {
		return hosting.ErrExists
	}
	encoded, err := encodeDocument(group)
	if err != nil {
		return err
	}
	return replaceFile(s.groupPath(group.Name), encoded, durable)
}

// Group implements [hosting.Ledger].
func (s *Service) Group(ctx context.Context, name string) (hosting.Group, error) {
	group, err := s.group(ctx, name)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("reading group %q: %w", name, err)
	}
	return group, nil
}

// group needs no lock: records are replaced in one step.
func (s *Service) group(ctx context.Context, name string) (hosting.Group, error) {
	if err := context.Cause(ctx); err != nil {
		return hosting.Group{}, err
	}
	if err := s.directory.check(); err != nil {
		return hosting.Group{}, err
	}
	if boot.CheckResourceName(name) != nil {
		return hosting.Group{}, hosting.ErrNotFound
	}
	return s.readGroup(name)
}

func (s *Service) readGroup(name string) (hosting.Group, error) {
	path := s.groupPath(name)
	group, err := readDocument[hosting.Group](path)
	if errors.Is(err, fs.ErrNotExist) {
		return hosting.Group{}, hosting.ErrNotFound
	}
	if err == nil && (group.Name != name || group.Incarnation == "") {
		err = &damageError{path, "is damaged: it is not the record of this group"}
	}
	if err != nil {
		return hosting.Group{}, advise(err, fmt.Sprintf("restore it from a backup, or remove it with every directory in %s "+
			"whose server.json names the group: those servers end within seconds, and the next apply makes the group again", s.directory.servers()))
	}
	return group, nil
}

// Groups implements [hosting.Ledger].
func (s *Service) Groups(ctx context.Context) ([]hosting.Group, error) {
	if err := s.directory.check(); err != nil {
		return nil, fmt.Errorf("listing the groups: %w", err)
	}
	names, err := listNames(s.directory.groups(), groupSuffix)
	if err != nil {
		return nil, fmt.Errorf("listing the groups: %w", err)
	}
	groups := make([]hosting.Group, 0, len(names))
	for _, name := range names {
		group, err := s.Group(ctx, name)
		if errors.Is(err, hosting.ErrNotFound) {
			continue // It was deleted since the directory was read.
		}
		if err != nil {
			return nil, err
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// UpdateGroup implements [hosting.Ledger].
func (s *Service) UpdateGroup(ctx context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	// Asked before locking too, so that an update of nothing creates no file.
	if _, err := s.incarnation(ctx, ref); err != nil {
		return hosting.Group{}, fmt.Errorf("updating group %q: %w", ref.Name, err)
	}
	held, err := s.lockGroup(ctx, ref.Name)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("updating group %q: %w", ref.Name, err)
	}
	defer held.release()
	group, err := s.incarnation(ctx, ref)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("updating group %q: %w", ref.Name, err)
	}
	before, err := encodeDocument(group)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("encoding group %q: %w", ref.Name, err)
	}
	if err := change(&group); err != nil {
		return hosting.Group{}, err
	}
	return s.storeGroup(ref, group, before)
}

// incarnation returns the group's record, or ErrNotFound where it is of another
// incarnation.
func (s *Service) incarnation(ctx context.Context, ref hosting.GroupRef) (hosting.Group, error) {
	group, err := s.group(ctx, ref.Name)
	if err == nil && group.Incarnation != ref.Incarnation {
		err = hosting.ErrNotFound
	}
	if err != nil {
		return hosting.Group{}, err
	}
	return group, nil
}

// storeGroup writes the record unless it encodes to what it was before.
// Caller holds the group's lock.
func (s *Service) storeGroup(ref hosting.GroupRef, group hosting.Group, before []byte) (hosting.Group, error) {
	if group.GroupRef != ref {
		return hosting.Group{}, fmt.Errorf("updating group %q: its name and incarnation can't be changed", ref.Name)
	}
	after, err := encodeDocument(group)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("encoding group %q: %w", ref.Name, err)
	}
	if bytes.Equal(before, after) {
		return group, nil
	}
	if err := replaceFile(s.groupPath(ref.Name), after, durable); err != nil {
		return hosting.Group{}, fmt.Errorf("writing group %q: %w", ref.Name, err)
	}
	return group, nil
}

// DeleteGroup implements [hosting.Ledger].
func (s *Service) DeleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	err := s.deleteGroup(ctx, ref)
	if err != nil && !errors.Is(err, hosting.ErrNotFound) {
		return fmt.Errorf("deleting group %q: %w", ref.Name, err)
	}
	return nil
}

func (s *Service) deleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	if _, err := s.incarnation(ctx, ref); err != nil {
		return err
	}
	held, err := s.lockGroup(ctx, ref.Name)
	if err != nil {
		return err
	}
	defer held.release()
	// Whoever waits for the lock notices that its file is gone and begins anew.
	defer func() { _ = os.Remove(held.file.Name()) }()
	if _, err := s.incarnation(ctx, ref); err != nil {
		return err
	}
	if err := s.removeRemains(ref); err != nil {
		return err
	}
	if err := os.Remove(s.groupPath(ref.Name)); err != nil {
		return err
	}
	return syncDirectory(s.directory.groups())
}

// listNames returns, sorted, the names of the directory's files without the
// suffix; none where there is no directory.
func listNames(path, suffix string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// os.ReadDir sorts by whole file names, which puts "web-2.json" before
	// "web.json".
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), suffix); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
