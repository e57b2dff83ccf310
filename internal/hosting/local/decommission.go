//go:build linux

package local

import (
	"context"
	"errors"
	"io/fs"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// decommissionPath names an empty file: that it is there is the request, which
// is never withdrawn.
func (d serverDirectory) decommissionPath() string { return d.path("decommission") }

// Decommission implements [hosting.Servers].
func (s *Service) Decommission(ctx context.Context, servers []hosting.Server) error {
	if err := s.directory.check(); err != nil {
		return err
	}
	return s.eachServer(servers, accessWidth, "decommissioning", func(directory serverDirectory) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		return directory.decommission()
	})
}

// decommission wakes the agent also where it has written nothing: whoever wrote
// may have crashed before waking it.
func (d serverDirectory) decommission() error {
	recorded, err := d.ending()
	if err != nil || recorded.Reason != "" {
		return err
	}
	if err := writeFile(d.decommissionPath(), nil, volatile); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	_, err = d.poke()
	return err
}
