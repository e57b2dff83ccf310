//go:build linux

package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// process tells one process from every other that this boot of the machine has
// seen: a reused process ID comes with another start time.
type process struct {
	PID int `json:"pid"`
	// Start is in clock ticks after boot: field 22 of proc_pid_stat(5).
	Start uint64 `json:"start"`
}

// processStat is the part of proc_pid_stat(5) that is needed here.
type processStat struct {
	process

	parent int
	state  byte
}

// readStat returns an error where there is no such process.
func readStat(pid int) (processStat, error) {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return processStat{}, err
	}
	return parseStat(pid, content)
}

// parseStat starts behind the last parenthesis: the command name in field 2 may
// hold spaces and parentheses of its own.
func parseStat(pid int, content []byte) (processStat, error) {
	const stateField, parentField, startField = 3, 4, 22
	rest := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(rest) <= startField-stateField {
		return processStat{}, fmt.Errorf("reading the state of process %d: too few fields", pid)
	}
	parent, parentErr := strconv.Atoi(rest[parentField-stateField])
	start, startErr := strconv.ParseUint(rest[startField-stateField], 10, 64)
	if err := errors.Join(parentErr, startErr); err != nil {
		return processStat{}, fmt.Errorf("reading the state of process %d: %w", pid, err)
	}
	return processStat{process: process{PID: pid, Start: start}, parent: parent, state: rest[0][0]}, nil
}

// ended reports whether only the entry for wait(2) is left: a zombie runs
// nothing, and only its parent can remove it.
func (s processStat) ended() bool { return s.state == 'Z' || s.state == 'X' }

// running reports whether exactly this process still runs.
func (p process) running() bool {
	stat, err := readStat(p.PID)
	return err == nil && stat.Start == p.Start && !stat.ended()
}

// signal sends the signal to exactly this process; where it has ended, nothing
// happens. The check between opening and signalling makes it safe against reuse
// of the process ID (pidfd_open(2)).
func (p process) signal(number unix.Signal) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return p.signalByID(number) // A kernel before 5.3, or a seccomp filter.
	}
	if err != nil {
		return ignoreGone(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if !p.running() {
		return nil
	}
	return ignoreGone(unix.PidfdSendSignal(fd, number, nil, 0))
}

func (p process) signalByID(number unix.Signal) error {
	if !p.running() {
		return nil
	}
	return ignoreGone(unix.Kill(p.PID, number))
}

func ignoreGone(err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// bootID identifies this boot of the machine; start times are comparable within
// one boot only (random(4)).
func bootID() (string, error) {
	content, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("reading the boot ID: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}
