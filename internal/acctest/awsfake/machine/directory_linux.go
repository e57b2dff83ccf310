package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// prepare makes what the instance's directory lacks.
func prepare(spec Spec, owner identity) error {
	if err := os.MkdirAll(spec.Directory, 0o700); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	if err := makeRoot(spec, owner); err != nil {
		return err
	}
	err := unix.Mkfifo(spec.console(), 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the console: %w", err)
	}
	return owner.own(spec.console())
}

// makeRoot makes the root directory unless it is there.
func makeRoot(spec Spec, owner identity) error {
	_, err := os.Lstat(spec.root())
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if spec.Image != "" {
		// No other program copies FIFOs, owners and times of another user's files.
		output, err := exec.Command("cp", "-a", "--", spec.Image, spec.root()).CombinedOutput() //nolint:noctx // It ends by itself.
		if err != nil {
			return fmt.Errorf("copying image %s: %w: %s", spec.Image, err, output)
		}
		return nil
	}
	if err := os.Mkdir(spec.root(), 0o755); err != nil {
		return fmt.Errorf("making the root directory: %w", err)
	}
	return owner.own(spec.root())
}
