//go:build !linux

package leftover

import (
	"context"
	"errors"
)

// Adopt is possible on Linux only.
func Adopt() error { return errors.ErrUnsupported }

// Await finds nothing: no local server runs here.
func Await(context.Context) []Process { return nil }

// Running finds nothing either.
func Running(int) bool { return false }

// AwaitStrays finds nothing either.
func AwaitStrays(context.Context, string, []int) []Process { return nil }
