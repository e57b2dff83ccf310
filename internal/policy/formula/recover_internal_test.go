package formula

import (
	"errors"
	"testing"
)

// The library's machine panics without a program, while it makes an error of its panic.
func TestMachine_run_panics(t *testing.T) {
	t.Parallel()
	if result, err := new(machine).run(nil); result != nil || !errors.Is(err, errUnforeseen) {
		t.Errorf("got %v, %v", result, err)
	}
}
