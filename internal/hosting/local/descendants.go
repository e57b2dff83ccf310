//go:build linux

package local

import (
	"bytes"
	"fmt"
	"os"
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
// that has forked it. A thread that ends meanwhile hands its children to another.
func listedChildren(pid int) []processStat {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task"
	var children []processStat
	for _, thread := range numbersIn(tasks) {
		content, err := os.ReadFile(tasks + "/" + strconv.Itoa(thread) + "/children")
		if err != nil {
			continue
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
func processIDs() []int { return numbersIn("/proc") }

// numbersIn returns the entries of the directory that are numbers; none where
// there is no directory any more.
func numbersIn(path string) []int {
	directory, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = directory.Close() }()
	names, err := directory.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var numbers []int
	for _, name := range names {
		if number, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
