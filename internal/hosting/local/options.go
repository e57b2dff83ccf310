package local

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// defaultGrace is enough for programs that stop on SIGTERM, and short enough
// that nobody waits for those that don't.
const defaultGrace = 2 * time.Second

// Options say where the local hosting service keeps its state.
type Options struct {
	// Directory is the absolute path of the state directory. It is created when
	// something is stored for the first time.
	Directory string
	// Namespace is the part of the state directory that is used.
	Namespace string
	// Executable is the absolute path of the program that is executed as a
	// server's supervisor; its main function calls [RunSupervisor] before
	// anything else.
	Executable string
	// Grace is the time that a terminated server's processes have between
	// SIGTERM and SIGKILL; 0 means 2 seconds.
	Grace time.Duration
}

// validate reports what is wrong with the options and fills in the defaults.
func (o *Options) validate() error {
	if !filepath.IsAbs(o.Directory) {
		return fmt.Errorf("the state directory %q is not an absolute path", o.Directory)
	}
	if filepath.Clean(o.Directory) == string(filepath.Separator) {
		return errors.New("the root directory can't be the state directory")
	}
	if err := boot.CheckResourceName(o.Namespace); err != nil {
		return fmt.Errorf("checking the namespace: %w", err)
	}
	if !filepath.IsAbs(o.Executable) {
		return fmt.Errorf("the supervisor's program %q is not an absolute path", o.Executable)
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	return nil
}
