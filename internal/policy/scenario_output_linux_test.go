package policy_test

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// spoken returns where a user sees what is printed: the standard output of go test,
// which withholds what the tests of a package print unless they fail or -v is given.
// It is this process's parent, and its own descriptor is borrowed so that a file is
// written to where go test is in it. Where that isn't allowed, -v shows the lines.
func spoken(t *testing.T) io.Writer {
	t.Helper()
	if testing.Verbose() {
		return os.Stdout
	}
	parent, err := unix.PidfdOpen(os.Getppid(), 0)
	if err != nil {
		return os.Stdout
	}
	defer func() { _ = unix.Close(parent) }()
	borrowed, err := unix.PidfdGetfd(parent, 1, 0)
	if err != nil {
		return os.Stdout
	}
	out := os.NewFile(uintptr(borrowed), "the standard output of go test")
	t.Cleanup(func() { _ = out.Close() })
	return out
}
