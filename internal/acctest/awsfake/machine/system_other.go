//go:build !linux

package machine

import (
	"errors"
	"fmt"
	"runtime"
)

// RunInit does nothing: no machine is ever started here.
func RunInit() {}

// system is one boot of an instance; on this operating system there is none.
type system struct{ ended chan struct{} }

func startSystem(Spec, order, *console) (*system, error) {
	return nil, fmt.Errorf("running instances needs Linux' namespaces, and this is %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (s *system) kill()          { <-s.ended }
func (s *system) restarts() bool { return false }
func (s *system) failure() error { return nil }
