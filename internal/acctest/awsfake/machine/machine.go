package machine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

// ErrOff is the error of what needs a machine that runs.
var ErrOff = errors.New("the machine is off")

// errNoInit is the error of a program that would start itself again and again.
var errNoInit = errors.New("this is a machine's process 1: the program's main function or TestMain must call machine.RunInit first")

// Machine is an instance that was started. Its methods may be called concurrently.
type Machine struct {
	spec    Spec
	service *imds.Service
	console *console

	reboots chan chan error
	stopped chan struct{}
	stop    sync.Once
	done    chan struct{}
	// err is why the machine ended, once done is closed.
	err error
}

// Start starts an instance, and returns once its disk is mounted and cloud-init has
// been started. Whoever starts one stops it; when this process ends without that, by
// whatever means, everything in the instance ends too.
//
// The program's main function or TestMain must have called [RunInit]. Linux 5.12 is
// needed, and user namespaces must be allowed: where they aren't, the error says what
// to allow.
func Start(spec Spec) (*Machine, error) {
	if os.Getenv(initVariable) != "" {
		return nil, errNoInit
	}
	if err := spec.validate(); err != nil {
		return nil, fmt.Errorf("starting a machine: %w", err)
	}
	m := &Machine{
		spec: spec,
		// Session tokens expire by the clock of whoever asks, which is the real one.
		service: imds.New(spec.Metadata, spec.UserData, time.Now), //nolint:forbidigo // See above.
		console: newConsole(spec.KernelNoise),
		reboots: make(chan chan error),
		stopped: make(chan struct{}),
		done:    make(chan struct{}),
	}
	if err := m.service.Listen(); err != nil {
		return nil, fmt.Errorf("starting a machine: %w", err)
	}
	first, err := m.boot()
	if err != nil {
		return nil, fmt.Errorf("starting a machine: %w", errors.Join(err, m.service.Close()))
	}
	go m.run(first)
	return m, nil
}

// Reboot ends every process of the instance, without a signal that could be caught, and
// boots again: its disk and its metadata service stay. It returns once cloud-init has
// been started again. The error is [ErrOff] where the machine has ended.
func (m *Machine) Reboot() error {
	result := make(chan error, 1)
	select {
	case m.reboots <- result:
		return <-result
	case <-m.done:
		return fmt.Errorf("rebooting a machine: %w", ErrOff)
	}
}

// Stop ends every process of the instance, without a signal that could be caught, and
// its metadata service. It returns when nothing of it runs any more, with the reason
// for which it had ended before by other means than a power-off, if it had.
func (m *Machine) Stop() error {
	m.stop.Do(func() { close(m.stopped) })
	<-m.done
	return m.err
}

// Done is closed when the instance has powered itself off, or was stopped, and nothing
// of it runs any more.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Console returns the last 64 KiB, at most, of what was written to /dev/console, over
// all boots. Lines end with "\r\n", as on a serial console.
func (m *Machine) Console() []byte { return m.console.content() }

// Root is the path of the instance's root directory on this machine. Of what the
// instance sees, /bin, /dev, /proc, /run, /sbin, /tmp and the read-only /usr (but for
// /usr/local) are not in it.
func (m *Machine) Root() string { return m.spec.root() }

// Endpoint is the URL of the metadata service.
func (m *Machine) Endpoint() string { return m.service.Endpoint() }

// MetadataService returns the metadata service, for its switches.
func (m *Machine) MetadataService() *imds.Service { return m.service }

// run looks after the machine until it has ended.
func (m *Machine) run(current *system) {
	for again := true; again; {
		again = m.follow(&current)
	}
	m.err = errors.Join(m.err, m.service.Close())
	close(m.done)
}

// follow awaits the next thing that happens to the machine, and returns whether it
// goes on.
func (m *Machine) follow(current **system) bool {
	var result chan error
	select {
	case <-m.stopped:
		(*current).kill()
		return false
	case result = <-m.reboots:
		(*current).kill()
	case <-(*current).ended:
		if !(*current).restarts() {
			m.console.print("reboot: Power down")
			m.err = (*current).failure()
			return false
		}
	}
	m.console.print("reboot: Restarting system")
	next, err := m.boot()
	if result != nil {
		result <- err
	}
	*current = next
	m.err = err
	return err == nil
}

// boot starts the instance's operating system once.
func (m *Machine) boot() (*system, error) {
	view := m.spec.Metadata.View()
	if view.InstanceID == "" || view.InstanceID != filepath.Base(view.InstanceID) {
		return nil, fmt.Errorf("the metadata's instance ID %q can't be a file's name", view.InstanceID)
	}
	m.console.print("Linux version 6.1.0 (muster test machine)")
	script, err := userScript(m.spec.UserData)
	if err != nil {
		// The instance runs all the same, as on EC2.
		m.console.print("cloud-init: WARNING: " + err.Error())
	}
	return startSystem(m.spec, order{
		Root:        m.spec.root(),
		Console:     m.spec.console(),
		Shell:       cmp.Or(m.spec.Shell, ShellDash),
		InstanceID:  view.InstanceID,
		Address:     view.PrivateIP,
		Hostname:    cmp.Or(view.PrivateDNS, view.InstanceID),
		Script:      script,
		Environment: slices.Concat(m.spec.Environment, []string{EndpointVariable + "=" + m.service.Endpoint()}),
	}, m.console)
}
