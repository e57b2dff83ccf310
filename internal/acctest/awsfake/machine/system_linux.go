package machine

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// system is one boot of an instance, as this machine sees it.
type system struct {
	command *exec.Cmd
	tty     *tty
	// orders stays open as long as the instance is to run.
	orders io.WriteCloser
	// complaints are what process 1 writes when it crashes.
	complaints bytes.Buffer
	// ended is closed when no process of the instance is left.
	ended chan struct{}
}

// startSystem returns once cloud-init has been started.
func startSystem(spec Spec, given order, console *console) (*system, error) {
	owner, err := chooseIdentity()
	if err != nil {
		return nil, err
	}
	if err := prepare(spec, owner); err != nil {
		return nil, err
	}
	terminal, err := openTTY(given.Console, console)
	if err != nil {
		return nil, err
	}
	given.BootID = newBootID()
	s := &system{command: initCommand(owner), tty: terminal, ended: make(chan struct{})}
	s.command.Stderr = &s.complaints
	if err := s.start(given); err != nil {
		terminal.close()
		return nil, err
	}
	return s, nil
}

// initCommand is this program as process 1 of namespaces of its own. It has the
// capabilities there that it needs for mounts and to see files of other users on the
// way to its own; it is nobody on this machine.
func initCommand(owner identity) *exec.Cmd {
	return &exec.Cmd{
		Path: "/proc/self/exe",
		// A program that doesn't call RunInit runs no test again.
		Args: []string{"init", "-test.run=^$"},
		Env:  []string{initVariable + "=1", "GOMAXPROCS=1", "GOTRACEBACK=single"},
		Dir:  "/",
		SysProcAttr: &syscall.SysProcAttr{
			Setsid:                     true,
			Cloneflags:                 unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
			UidMappings:                owner.uids,
			GidMappings:                owner.gids,
			GidMappingsEnableSetgroups: owner.chosen,
			Credential:                 &syscall.Credential{Uid: uint32(owner.uid), Gid: uint32(owner.gid)},
			AmbientCaps:                []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_DAC_OVERRIDE},
		},
	}
}

// start runs process 1 and awaits its answer.
func (s *system) start(given order) error {
	orders, err := s.command.StdinPipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	answers, err := s.command.StdoutPipe()
	if err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	if err := s.command.Start(); err != nil {
		return fmt.Errorf("making namespaces: %w; %s", err, advice)
	}
	s.orders = orders
	// What hinders it to take the order is in its answer, or in why it ended.
	_ = json.NewEncoder(orders).Encode(given)
	answer, _ := io.ReadAll(answers)
	go func() {
		_ = s.command.Wait()
		s.tty.close()
		close(s.ended)
	}()
	if string(answer) == readyAnswer {
		return nil
	}
	s.kill()
	if refusal, ok := strings.CutPrefix(string(answer), refusalMark); ok {
		return errors.New(refusal)
	}
	return fmt.Errorf("process 1 doesn't answer (the program's main function or TestMain must call machine.RunInit first): %w", s.failure())
}

// kill ends every process of the instance and returns when none is left: when process 1
// of a PID namespace dies, the kernel kills all others first, see pid_namespaces(7).
func (s *system) kill() {
	_ = s.command.Process.Kill()
	<-s.ended
}

// restarts tells whether the instance has ended in order to boot again.
func (s *system) restarts() bool { return s.command.ProcessState.ExitCode() == exitRestart }

// failure is why the instance has ended, nil if it has powered itself off.
func (s *system) failure() error {
	if s.command.ProcessState.ExitCode() == exitPowerOff {
		return nil
	}
	return fmt.Errorf("process 1 ended: %s: %s", s.command.ProcessState, s.complaints.String())
}

// newBootID returns a random UUID (version 4 of RFC 9562), as the kernel makes one.
func newBootID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // It never fails.
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:])
}
