//go:build !linux

package local

import (
	"fmt"
	"runtime"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Service is the local hosting service. On this operating system there is none.
type Service struct{ hosting.Service }

// New returns an error that wraps [hosting.ErrUnsupported]: supervisors need
// Linux' child subreapers, and servers its loopback network.
func New(options Options) (*Service, error) {
	if err := options.validate(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the local hosting service runs on Linux only, and this is %s: %w", runtime.GOOS, hosting.ErrUnsupported)
}

// RunSupervisor does nothing: no supervisor is ever started here.
func RunSupervisor() {}
