//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// configurationID keeps anything from becoming a path that isn't an ID.
var configurationID = regexp.MustCompile(`^[a-z0-9-]+@[0-9a-f]+$`)

func (s *Service) configurationPath(id string) string {
	return filepath.Join(s.directory.configurations(), id+contentSuffix)
}

func (s *Service) lockConfigurations(ctx context.Context) (lock, error) {
	return acquire(ctx, filepath.Join(s.directory.configurations(), ".lock"))
}

// PutConfiguration implements [hosting.Configurations].
func (s *Service) PutConfiguration(ctx context.Context, configuration boot.Configuration) error {
	if err := s.putConfiguration(ctx, configuration); err != nil {
		return fmt.Errorf("storing server configuration %q: %w", configuration.Name, err)
	}
	return nil
}

func (s *Service) putConfiguration(ctx context.Context, configuration boot.Configuration) error {
	if err := boot.CheckResourceName(configuration.Name); err != nil {
		return err
	}
	if err := s.prepare(); err != nil {
		return err
	}
	held, err := s.lockConfigurations(ctx)
	if err != nil {
		return err
	}
	defer held.release()
	path := s.configurationPath(configuration.ID())
	_, err = readDocument[boot.Configuration](path)
	// One that is damaged is mended.
	if !errors.Is(err, fs.ErrNotExist) && !isDamaged(err) {
		return err
	}
	newest, err := s.newestConfiguration(configuration.Name)
	if err != nil {
		return err
	}
	encoded, err := encodeDocument(configuration)
	if err != nil {
		return err
	}
	if err := replaceFile(path, encoded, durable); err != nil {
		return err
	}
	return moveBehind(path, newest)
}

// Configuration implements [hosting.Configurations].
func (s *Service) Configuration(ctx context.Context, id string) (boot.Configuration, error) {
	configuration, err := s.configuration(ctx, id)
	if err != nil {
		return boot.Configuration{}, fmt.Errorf("reading server configuration %q: %w", id, err)
	}
	return configuration, nil
}

func (s *Service) configuration(ctx context.Context, id string) (boot.Configuration, error) {
	if err := context.Cause(ctx); err != nil {
		return boot.Configuration{}, err
	}
	if err := s.directory.check(); err != nil {
		return boot.Configuration{}, err
	}
	if !configurationID.MatchString(id) {
		return boot.Configuration{}, hosting.ErrNotFound
	}
	configuration, err := readDocument[boot.Configuration](s.configurationPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return boot.Configuration{}, hosting.ErrNotFound
	}
	return configuration, advise(err, "remove it, and the next apply stores it again")
}

// DeleteConfigurations implements [hosting.Configurations].
func (s *Service) DeleteConfigurations(ctx context.Context, name string, used []string) error {
	if err := s.deleteConfigurations(ctx, name, used); err != nil {
		return fmt.Errorf("deleting server configuration %q: %w", name, err)
	}
	return nil
}

func (s *Service) deleteConfigurations(ctx context.Context, name string, used []string) error {
	if err := s.directory.check(); err != nil {
		return err
	}
	if _, err := os.Lstat(s.directory.configurations()); errors.Is(err, fs.ErrNotExist) {
		return context.Cause(ctx)
	}
	held, err := s.lockConfigurations(ctx)
	if err != nil {
		return err
	}
	defer held.release()
	entries, err := os.ReadDir(s.directory.configurations())
	if err != nil {
		return err
	}
	for _, entry := range entries {
		id := strings.TrimSuffix(entry.Name(), contentSuffix)
		if boot.ConfigurationName(id) == name && !slices.Contains(used, id) {
			err = errors.Join(err, os.Remove(filepath.Join(s.directory.configurations(), entry.Name())))
		}
	}
	return errors.Join(err, syncDirectory(s.directory.configurations()))
}
