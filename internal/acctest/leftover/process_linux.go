package leftover

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// pace is the pause between two looks.
const pace = 50 * time.Millisecond

// Adopt makes this process the one that inherits the descendants whose own parents
// end (PR_SET_CHILD_SUBREAPER in prctl(2)). It comes before anything is started.
func Adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming a subreaper: %w", err)
	}
	return nil
}

// Await returns as soon as nothing runs below this process. When ctx ends first it
// returns what still does.
func Await(ctx context.Context) []Process {
	var left []Process
	_ = wait.Until(ctx, pace, func(context.Context) (bool, error) {
		left = below(os.Getpid())
		return len(left) == 0, nil
	})
	return left
}

// Running reports whether the process exists and has not ended.
func Running(pid int) bool {
	_, state, err := readStat(pid)
	return err == nil && state != 'Z' && state != 'X'
}

// below returns the running processes below the root.
func below(root int) []Process {
	children := make(map[int][]int)
	for _, pid := range processIDs() {
		if parent, _, err := readStat(pid); err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	var left []Process
	for queue := children[root]; len(queue) > 0; queue = queue[1:] {
		pid := queue[0]
		queue = append(queue, children[pid]...)
		if Running(pid) {
			left = append(left, Process{PID: pid, Command: commandLine(pid), Listeners: listeners(pid)})
		}
	}
	return left
}

func processIDs() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// readStat reads parent and state from proc_pid_stat(5), behind the last
// parenthesis: the command's name may hold any character.
func readStat(pid int) (parent int, state byte, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < 2 {
		return 0, 0, fmt.Errorf("reading the state of process %d: too few fields", pid)
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[0][0], err
}

func commandLine(pid int) string {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.TrimSpace(strings.ReplaceAll(string(content), "\x00", " "))
}

// AwaitStrays returns as soon as no process runs that has the mark in its environment
// and is neither one of the roots nor below one. When ctx ends first it returns
// those that do.
func AwaitStrays(ctx context.Context, mark string, roots []int) []Process {
	var left []Process
	_ = wait.Until(ctx, pace, func(context.Context) (bool, error) {
		left = strays(mark, roots)
		return len(left) == 0, nil
	})
	return left
}

func strays(mark string, roots []int) []Process {
	var found []Process
	for _, pid := range processIDs() {
		environment, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if pid != os.Getpid() && bytes.Contains(environment, []byte(mark)) && !isBelow(pid, roots) && Running(pid) {
			found = append(found, Process{PID: pid, Command: commandLine(pid), Listeners: listeners(pid)})
		}
	}
	return found
}

// isBelow reports whether the process is one of the roots or below one.
func isBelow(pid int, roots []int) bool {
	for pid > 1 {
		if slices.Contains(roots, pid) {
			return true
		}
		parent, _, err := readStat(pid)
		if err != nil {
			return false
		}
		pid = parent
	}
	return false
}
