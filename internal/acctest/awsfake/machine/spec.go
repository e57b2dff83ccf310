package machine

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

// Shell is the program that an instance has as /bin/sh. The zero Shell is
// [ShellDash].
type Shell string

// The shells. Each must be in this machine's /usr or /bin.
const (
	ShellDash    Shell = "dash"
	ShellBash    Shell = "bash"
	ShellBusybox Shell = "busybox"
)

// EndpointVariable is the environment variable by which everything in an instance
// finds its metadata service; the AWS SDKs know it too.
const EndpointVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"

// Spec is an instance to start.
type Spec struct {
	// Directory is where everything of the instance lies on this machine: absolute,
	// and of this instance alone. It is made where there is none. An instance that
	// lay there before is continued: its disk is as it was.
	Directory string
	// Image is the root directory from which that of a new instance is copied, such as
	// another one's [Machine.Root] after it has been stopped; empty: a fresh one.
	Image string
	// UserData is what cloud-init gets, often gzip. It runs scripts ("#!") and nothing
	// else.
	UserData []byte
	// Metadata is what the instance's metadata service says. Its instance ID, private
	// address and private DNS name are taken at each boot too.
	Metadata imds.Metadata
	Shell    Shell
	// Environment is added to that of everything in the instance, as NAME=value.
	Environment []string
	// KernelNoise is after how many bytes of console output a message of the kernel
	// comes in between, also in the midst of a line; 0: never.
	KernelNoise int
}

func (s Spec) validate() error {
	switch {
	case !filepath.IsAbs(s.Directory):
		return fmt.Errorf("the directory %q is not absolute", s.Directory)
	case s.Metadata == nil:
		return errors.New("there is no metadata")
	case s.KernelNoise < 0:
		return fmt.Errorf("kernel noise after %d bytes", s.KernelNoise)
	}
	switch s.Shell {
	case "", ShellDash, ShellBash, ShellBusybox:
	default:
		return fmt.Errorf("there is no shell %q", s.Shell)
	}
	for _, variable := range s.Environment {
		if name, _, ok := strings.Cut(variable, "="); !ok || name == "" {
			return fmt.Errorf("environment variable %q is not of the form NAME=value", variable)
		}
	}
	return nil
}

func (s Spec) root() string    { return filepath.Join(s.Directory, "root") }
func (s Spec) console() string { return filepath.Join(s.Directory, "console") }
