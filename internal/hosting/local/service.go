//go:build linux

package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// locationScheme tells places of this hosting service from those of others.
const locationScheme = "local:"

// A look costs a few file reads per server.
const (
	busyPace = 8 * time.Millisecond
	idlePace = 60 * time.Millisecond
)

// Service is the local hosting service.
type Service struct {
	directory  directory
	executable string
	grace      time.Duration
}

var _ hosting.Service = (*Service)(nil)

// New returns the local hosting service. It writes nothing: every Terraform
// command configures the provider, also one that only reads. An existing state
// directory that is a symbolic link or belongs to somebody else is refused.
func New(options Options) (*Service, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	service := &Service{
		directory:  newDirectory(options.Directory, options.Namespace),
		executable: options.Executable,
		grace:      options.Grace,
	}
	if err := service.directory.check(); err != nil {
		return nil, err
	}
	return service, nil
}

// Location implements [hosting.Service]: "local:" and the namespace's path.
func (s *Service) Location() string { return locationScheme + s.directory.namespace }

// Abandoned implements [hosting.Service]. A supervisor ends its server when the
// server's directory is gone, so nothing runs where there is no directory.
func (s *Service) Abandoned(location string) bool {
	path, ok := strings.CutPrefix(location, locationScheme)
	if !ok || !filepath.IsAbs(path) {
		return false
	}
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Pace implements [hosting.Service].
func (s *Service) Pace() hosting.Pace { return hosting.Pace{Busy: busyPace, Idle: idlePace} }

// prepare makes the state directory ready for a write.
func (s *Service) prepare() error {
	if err := s.directory.ensure(); err != nil {
		return fmt.Errorf("preparing the state directory: %w", adviseWriter(err))
	}
	return nil
}
