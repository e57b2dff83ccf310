//go:build linux

package local

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// transport is the part of the agent that knows this hosting service.
//
//go:embed transport.sh
var transport string

// Variables of the agent by which a server's processes are found again.
const (
	idVariable  = "MUSTER_SERVER_ID"
	runVariable = "MUSTER_RUN"
)

// boot records who runs the server and under which mark, and runs its agent. The
// record comes first: an agent without one would be found by nobody.
func (s *supervisor) boot() error {
	encoded, err := encodeDocument(s.self)
	if err != nil {
		return err
	}
	if err := replaceFile(s.directory.supervisionPath(), encoded, volatile); err != nil {
		return fmt.Errorf("recording the supervisor: %w", err)
	}
	if err := s.startAgent(); err != nil {
		return fmt.Errorf("starting the agent: %w", err)
	}
	return nil
}

func (s *supervisor) startAgent() error {
	input, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = writer.Close() }()
	s.console = newConsole(s.directory.path("console.log"), consoleLimit)
	agent, err := syscall.ForkExec("/bin/sh", []string{"sh", s.directory.path("agent.sh")}, &syscall.ProcAttr{
		Dir:   s.directory.home(),
		Env:   s.agentEnvironment(),
		Files: []uintptr{input.Fd(), writer.Fd(), writer.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL},
	})
	if err != nil {
		return errors.Join(err, reader.Close())
	}
	s.ended, s.gone = make(chan syscall.WaitStatus, 1), make(chan struct{})
	go s.console.copy(reader)
	go reapAll(agent, s.ended, s.gone)
	return nil
}

// reapAll waits for every process that ends below the supervisor, also for those
// that lost their parents, until none is left: the kernel hands them to their
// subreaper before it reports the parent's end.
func reapAll(agent int, ended chan<- syscall.WaitStatus, gone chan<- struct{}) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			close(gone)
			return
		case pid == agent:
			ended <- status
		}
	}
}

// agentEnvironment is all that a server's processes see.
func (s *supervisor) agentEnvironment() []string {
	home := s.directory.home()
	return append(passedEnvironment(),
		"HOME="+home,
		runVariable+"="+s.directory.run(),
		"MUSTER_HOME="+home,
		idVariable+"="+s.directory.id(),
		"MUSTER_GROUP="+s.record.Group.Name,
		"MUSTER_SLOT="+strconv.Itoa(s.record.Slot),
		"MUSTER_MEMBER="+s.member(),
		"MUSTER_PRIVATE_IP="+s.self.Address,
		"MUSTER_ZONE="+zone,
	)
}

// announce tells the launcher how the start went. A launcher that is gone
// doesn't matter: the server runs, and a repeated launch finds it.
func announce(ready *os.File, err error) {
	var state readiness
	if err != nil {
		state.Error = err.Error()
		state.NoAddress = errors.Is(err, errNoAddress)
		errors.As(err, &state.Number)
	}
	if encoded, err := json.Marshal(state); err == nil {
		_, _ = ready.Write(encoded)
	}
	_ = ready.Close()
}
