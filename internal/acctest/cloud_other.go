//go:build !linux

package acctest

// runInstance does nothing: instances run on Linux.
func runInstance() {}
