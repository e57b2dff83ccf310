//go:build linux

package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a supervisor gets from its launcher.
const (
	// directoryVariable holds the server's directory, and makes a process of the
	// executable a supervisor.
	directoryVariable = "MUSTER_SUPERVISE"
	graceVariable     = "MUSTER_SUPERVISE_GRACE"

	// The descriptors that follow standard error.
	lockDescriptor  = 3
	readyDescriptor = 4
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// readiness is what a supervisor says when its server runs or can't run.
type readiness struct {
	Error string `json:"error,omitempty"`
	// Number is the system's error number, 0 if there is none: it tells a
	// machine that is full.
	Number syscall.Errno `json:"number,omitempty"`
	// NoAddress says that the error is errNoAddress.
	NoAddress bool `json:"no_address,omitempty"`
}

// start starts the server's supervisor, hands it the lock, and waits until the
// server runs. When ctx ends first the supervisor goes on by itself.
func (s *Service) start(ctx context.Context, directory serverDirectory, held lock) error {
	// The supervisor's copy keeps the lock; closing, unlike releasing, leaves it.
	defer func() { _ = held.file.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		held.release()
		return err
	}
	defer func() { _ = reader.Close() }()
	err = s.execute(ctx, directory, held.file, writer)
	_ = writer.Close()
	if err != nil {
		held.release()
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	return awaitReady(ctx, directory, reader)
}

func (s *Service) execute(ctx context.Context, directory serverDirectory, lockFile, ready *os.File) error {
	log, err := openPrivate(directory.path("supervisor.log"), os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	pidfd := -1
	// The supervisor outlives the call and Terraform: no context may kill it.
	command := exec.CommandContext(context.WithoutCancel(ctx), s.executable)
	command.Args = []string{"muster-supervisor", directory.id()}
	command.Dir = "/"
	command.Env = supervisorEnvironment(directory, s.grace)
	command.Stderr = log
	command.ExtraFiles = []*os.File{lockFile, ready}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, PidFD: &pidfd}
	if err := command.Start(); err != nil {
		return err
	}
	go reap(command, pidfd)
	return nil
}

// supervisorEnvironment is what the supervisor needs and what its server may
// see of this process' environment: nothing of Terraform's or of a cloud's.
func supervisorEnvironment(directory serverDirectory, grace time.Duration) []string {
	environment := []string{
		directoryVariable + "=" + string(directory),
		graceVariable + "=" + grace.String(),
		// A supervisor mostly sleeps; one processor keeps its memory small.
		"GOMAXPROCS=1",
	}
	return append(environment, passedEnvironment()...)
}

// passedEnvironment is what a server sees of the environment of whoever runs
// Terraform.
func passedEnvironment() []string {
	path := os.Getenv("PATH")
	if path == "" {
		path = defaultPath
	}
	environment := []string{"PATH=" + path}
	for _, name := range []string{"LANG", "TMPDIR", "USER", "LOGNAME"} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// reap removes the supervisor's entry from the process table when it ends. A
// pollable pidfd does it without a blocked thread per server; the file that is
// made of it owns the descriptor.
func reap(command *exec.Cmd, pidfd int) {
	if pidfd >= 0 && unix.SetNonblock(pidfd, true) == nil {
		file := os.NewFile(uintptr(pidfd), "pidfd")
		defer func() { _ = file.Close() }()
		if connection, err := file.SyscallConn(); err == nil {
			_ = connection.Read(func(fd uintptr) bool {
				ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
				return ready > 0 || (err != nil && !errors.Is(err, unix.EINTR))
			})
		}
	}
	_ = command.Wait()
}

// awaitReady reads what the supervisor says. One that ends without a word has
// crashed; what it printed says why.
func awaitReady(ctx context.Context, directory serverDirectory, reader *os.File) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, errStarting)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = reader.Close() })
	defer stop()
	said, err := io.ReadAll(reader)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("waiting for the supervisor: %w", err)
	}
	if len(said) == 0 {
		return fmt.Errorf("the supervisor ended before the server ran: %s", directory.supervisorLog())
	}
	var state readiness
	if err := json.Unmarshal(said, &state); err != nil {
		return fmt.Errorf("the supervisor %s is no supervisor of this provider: %w", directory.id(), err)
	}
	return state.err()
}

func (r readiness) err() error {
	switch {
	case r.Error == "":
		return nil
	case r.NoAddress:
		return errNoAddress
	case r.Number != 0:
		return &startError{text: r.Error, number: r.Number}
	}
	return errors.New(r.Error)
}

// startError carries a supervisor's error over the pipe.
type startError struct {
	text   string
	number syscall.Errno
}

func (e *startError) Error() string { return e.text }

func (e *startError) Unwrap() error { return e.number }

// supervisorLog returns the end of what the supervisor printed, in one line.
func (d serverDirectory) supervisorLog() string {
	const most = 1024
	content, err := readFile(d.path("supervisor.log"), 16<<20)
	content = bytes.TrimSpace(content)
	if err != nil || len(content) == 0 {
		return "it said nothing"
	}
	content = content[max(0, len(content)-most):]
	return string(bytes.Join(bytes.Fields(content), []byte(" ")))
}
