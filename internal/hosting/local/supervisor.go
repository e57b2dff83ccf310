//go:build linux

package local

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

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

	orders orders

	// Of the newest boot: ended gets the agent's status; gone is closed when no
	// process is left below the supervisor.
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
	given := takeOrders()

	ready := os.NewFile(readyDescriptor, "ready")
	s, err := newSupervisor(directory, given)
	if err == nil {
		err = s.launch()
	}
	announce(ready, err)
	if err != nil {
		return 1
	}
	debug.FreeOSMemory()
	s.end(s.serve())
	return 0
}

// launch boots the server for the first time.
func (s *supervisor) launch() error {
	err := s.boot()
	if err != nil {
		// Without the record a repeated launch starts the server after all.
		err = errors.Join(err, os.RemoveAll(s.directory.supervisionPath()))
	}
	return err
}

// serve boots the server anew as often as it is to be restarted, and returns why
// it has to end.
func (s *supervisor) serve() error {
	for {
		if err := s.watch(); !errors.Is(err, errRestart) {
			return err
		}
		if err := s.reboot(); err != nil {
			return err
		}
	}
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

func newSupervisor(directory serverDirectory, given orders) (*supervisor, error) {
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
	self, err := newSupervision(directory, record.Restart)
	if err != nil {
		return nil, err
	}
	return &supervisor{
		directory: directory,
		record:    record,
		self:      self,
		grace:     grace,
		orders:    given,
	}, nil
}

func newSupervision(directory serverDirectory, mark string) (supervision, error) {
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
	return supervision{process: stat.process, BootID: boot, Directory: id, Address: address, Restart: mark}, err
}

// member returns the stable key of the server's slot.
func (s *supervisor) member() string {
	return hosting.MemberKey(s.record.Group.Name, s.record.Slot)
}
