package machine

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// RunInit makes this process an instance's process 1 if it was started as one, and then
// doesn't return. Otherwise it returns at once. A program that starts machines calls it
// before anything else.
func RunInit() {
	if os.Getenv(initVariable) != "" {
		// Not os.Exit: there is nothing to flush, and a race detector would take a
		// second for it.
		syscall.Exit(runInit())
	}
}

// runInit returns the exit code. It sees the instance come up and to its end: that of
// this process is the end of all others of the instance.
func runInit() int {
	closeLeaks()
	var given order
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return refuse(fmt.Errorf("reading the order: %w", err))
	}
	go func() {
		// The end of the program that has started the machine, by whatever means.
		_, _ = io.Copy(io.Discard, os.Stdin)
		syscall.Exit(exitFailed)
	}()
	events := listen()
	if err := setUp(given); err != nil {
		return refuse(err)
	}
	if err := startCloudInit(given); err != nil {
		return refuse(err)
	}
	if err := answer(readyAnswer); err != nil {
		return exitFailed
	}
	return events.serve()
}

// closeLeaks closes what the programs above have leaked to their children: whoever
// waits for the end of such a pipe would wait for that of the instance. What this
// program has opened itself is marked close-on-exec.
func closeLeaks() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= syscall.Stderr {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
}

func refuse(err error) int {
	_, _ = fmt.Fprint(os.Stdout, refusalMark, err)
	return exitFailed
}

// answer writes the one answer, and closes standard output: whoever waits for the
// answer reads to the end.
func answer(text string) error {
	if _, err := os.Stdout.WriteString(text); err != nil {
		return err
	}
	return os.Stdout.Close()
}

// events are the signals of process 1.
type events struct {
	children, power, other chan os.Signal
}

// listen catches every signal that has a meaning for process 1, those of BusyBox' init,
// and every other that would end it. Nothing is ignored: the instance's programs
// would inherit that.
func listen() events {
	const some = 8
	e := events{make(chan os.Signal, 1), make(chan os.Signal, some), make(chan os.Signal, some)}
	signal.Notify(e.children, syscall.SIGCHLD)
	signal.Notify(e.power, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM, syscall.SIGINT)
	signal.Notify(e.other, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGALRM,
		syscall.SIGVTALRM, syscall.SIGPIPE, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGIO, syscall.SIGPWR, syscall.SIGSYS, syscall.SIGTRAP,
		syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)
	return e
}

// serve reaps what has ended and returns the exit code once the power is to go.
func (e events) serve() int {
	for {
		reap()
		select {
		case <-e.children:
		case <-e.other:
		case which := <-e.power:
			if which == syscall.SIGTERM || which == syscall.SIGINT {
				return exitRestart
			}
			return exitPowerOff
		}
	}
}

// reap takes leave of every process that has ended: a zombie would still be there for
// "kill -0".
func reap() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}
