//go:build linux

package local

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// descendants returns the running processes below those given, in the order in
// which they are found; parents come before their children. While processes
// come and go it may miss some: whoever ends them looks again until none is left.
func descendants(roots ...int) []process {
	children := childLister()
	seen := make(map[int]bool, len(roots))
	queue := append([]int(nil), roots...)
	var found []process
	for len(queue) > 0 {
		pid := queue[0]
		queue = queue[1:]
		if seen[pid] {
			continue
		}
		seen[pid] = true
		for _, child := range children(pid) {
			queue = append(queue, child.PID)
			if !child.ended() {
				found = append(found, child.process)
			}
		}
	}
	return found
}

// childLister returns what lists a process' children. The kernel's own list
// costs only what is below the process; without it (CONFIG_PROC_CHILDREN is
// off) all processes of the machine are read, once.
func childLister() func(pid int) []processStat {
	self := os.Getpid()
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d/children", self, self)); err == nil {
		return listedChildren
	}
	table := map[int][]processStat{}
	for _, pid := range processIDs() {
		if stat, err := readStat(pid); err == nil {
			table[stat.parent] = append(table[stat.parent], stat)
		}
	}
	return func(pid int) []processStat { return table[pid] }
}

// listedChildren reads the list of every thread: a child belongs to the thread
// that has forked it.
func listedChildren(pid int) []processStat {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var children []processStat
	for _, list := range lists {
		content, err := os.ReadFile(list)
		if err != nil {
			continue // The thread has ended; its children moved to another one.
		}
		for field := range bytes.FieldsSeq(content) {
			child, err := strconv.Atoi(string(field))
			if err != nil {
				continue
			}
			if stat, err := readStat(child); err == nil {
				children = append(children, stat)
			}
		}
	}
	return children
}

// processIDs lists the processes of the machine that this one may see.
func processIDs() []int {
	directory, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer func() { _ = directory.Close() }()
	names, err := directory.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
