//go:build !linux

package policy_test

import (
	"io"
	"os"
	"testing"
)

// spoken returns where a user sees what is printed. What a test prints go test shows
// only where it fails, or with -v.
func spoken(*testing.T) io.Writer { return os.Stdout }
