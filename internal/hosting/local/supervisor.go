//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// tickPace is how often a supervisor looks at its server's directory.
const tickPace = time.Second

// The reasons for which a server ends, in the words of Server.EndReason.
var (
	errTerminated    = errors.New("it was terminated")
	errDirectoryGone = errors.New("its directory is gone")
)

// supervisor runs one server.
type supervisor struct {
	directory serverDirectory
	record    launchRecord
	self      supervision
	grace     time.Duration
	console   *console

	// ended gets the agent's status; gone is closed when no process is left
	// below the supervisor.
	ended chan syscall.WaitStatus
	gone  chan struct{}

	// descendants is what descendants.json holds, and delivered when the
	// delivery that the agent was last woken for was written.
	descendants []process
	delivered   time.Time
}

// RunSupervisor makes this process a server's supervisor if it was started as
// one, and then doesn't return. Otherwise it returns at once. A program whose
// path is in [Options] calls it before anything else.
func RunSupervisor() {
	if directory := os.Getenv(directoryVariable); directory != "" {
		// Not os.Exit: whoever terminates the server waits for this exit, and
		// there is nothing to flush (a race detector would take a second for it).
		syscall.Exit(supervise(serverDirectory(directory)))
	}
}

// supervise returns the process' exit code.
func supervise(directory serverDirectory) int {
	// The kernel kills the agent when the thread that started it ends
	// (PR_SET_PDEATHSIG in prctl(2)): this goroutine keeps its thread.
	runtime.LockOSThread()
	debug.SetGCPercent(25)
	closeInherited()
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)

	ready := os.NewFile(readyDescriptor, "ready")
	s, err := newSupervisor(directory)
	if err == nil {
		err = s.start()
	}
	announce(ready, err)
	if err != nil {
		return 1
	}
	debug.FreeOSMemory()
	s.end(s.watch(terminated))
	return 0
}

// closeInherited closes what Terraform's own parents have leaked: a server that
// keeps the other end of somebody's pipe open would keep them waiting for ever.
// What this program has opened itself is marked close-on-exec, and stays. The
// lock and the pipe to the launcher must not reach the agent.
func closeInherited() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range entries {
		var fd int
		if _, err := fmt.Sscan(entry.Name(), &fd); err != nil || fd < lockDescriptor {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			continue
		}
		if fd == lockDescriptor || fd == readyDescriptor {
			unix.CloseOnExec(fd)
			continue
		}
		_ = unix.Close(fd)
	}
}

func newSupervisor(directory serverDirectory) (*supervisor, error) {
	grace, err := time.ParseDuration(os.Getenv(graceVariable))
	if err != nil {
		return nil, fmt.Errorf("reading the grace: %w", err)
	}
	record, err := directory.record()
	if err != nil {
		return nil, err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("becoming a subreaper: %w", err)
	}
	self, err := newSupervision(directory)
	if err != nil {
		return nil, err
	}
	return &supervisor{
		directory: directory,
		record:    record,
		self:      self,
		grace:     grace,
		ended:     make(chan syscall.WaitStatus, 1),
		gone:      make(chan struct{}),
	}, nil
}

func newSupervision(directory serverDirectory) (supervision, error) {
	address, err := claimAddress(directory.id())
	if err != nil {
		return supervision{}, err
	}
	stat, err := readStat(os.Getpid())
	if err != nil {
		return supervision{}, err
	}
	boot, err := bootID()
	if err != nil {
		return supervision{}, err
	}
	id, err := directory.fileID()
	return supervision{process: stat.process, BootID: boot, Directory: id, Address: address}, err
}

// watch returns why the server has to end.
func (s *supervisor) watch(terminated <-chan os.Signal) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		select {
		case <-terminated:
			cancel(errTerminated)
		case status := <-s.ended:
			cancel(agentEnd(status))
		}
	}()
	return wait.Until(ctx, tickPace, func(context.Context) (bool, error) { return false, s.tick() })
}

// agentEnd words the end of an agent that nobody has asked to end.
func agentEnd(status syscall.WaitStatus) error {
	if status.Signaled() {
		return errors.New("its processes were killed")
	}
	return fmt.Errorf("its agent ended with exit code %d", status.ExitStatus())
}

// tick looks at the directory. What it can't read or write now it tries again
// the next time; only a directory that is gone ends the server.
func (s *supervisor) tick() error {
	if id, err := s.directory.fileID(); errors.Is(err, os.ErrNotExist) || (err == nil && id != s.self.Directory) {
		return errDirectoryGone
	}
	s.wakeForDelivery()
	s.recordDescendants()
	return nil
}

// wakeForDelivery wakes the agent for a delivery whose writer has crashed
// before it could do so.
func (s *supervisor) wakeForDelivery() {
	info, err := os.Stat(s.directory.delivery())
	if err != nil || info.ModTime().Equal(s.delivered) {
		return
	}
	if woken, err := s.directory.poke(); woken && err == nil {
		s.delivered = info.ModTime()
	}
}

// recordDescendants keeps what leftovers need if this process is killed.
func (s *supervisor) recordDescendants() {
	found := descendants(s.self.PID)
	if slices.Equal(found, s.descendants) {
		return
	}
	encoded, err := encodeDocument(found)
	if err != nil {
		return
	}
	if replaceFile(s.directory.descendantsPath(), encoded, volatile) == nil {
		s.descendants = found
	}
}

// member returns the stable key of the server's slot.
func (s *supervisor) member() string {
	return hosting.MemberKey(s.record.Group.Name, s.record.Slot)
}
