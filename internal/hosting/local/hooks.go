//go:build linux

package local

import (
	"context"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// ConfigurationIDs implements [hosting.Configurations].
func (s *Service) ConfigurationIDs(context.Context, string) ([]string, error) {
	return nil, hosting.ErrUnsupported
}

// Restart implements [hosting.Servers].
func (s *Service) Restart(context.Context, []hosting.Server, string) error {
	return hosting.ErrUnsupported
}

// Decommission implements [hosting.Servers].
func (s *Service) Decommission(context.Context, []hosting.Server) error {
	return hosting.ErrUnsupported
}
