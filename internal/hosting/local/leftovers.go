//go:build linux

package local

import (
	"bytes"
	"os"
	"strconv"
)

func (d serverDirectory) descendantsPath() string { return d.path("descendants.json") }

// recordedDescendants is what the supervisor has found below it at its last
// look, which is at most about a second before it was killed.
func (d serverDirectory) recordedDescendants() ([]process, error) {
	recorded, err := readDocument[[]process](d.descendantsPath())
	return recorded, advise(err, "end what is left of the server yourself, and remove the file")
}

// leftovers finds what runs of a server whose supervisor is gone: by the
// server's own variables in a process' environment, by the supervisor's record
// for those that have cleared it, and what is below either.
func (d serverDirectory) leftovers(recorded []process) []process {
	var found []process
	known := map[int]bool{os.Getpid(): true}
	add := func(candidates ...process) {
		for _, candidate := range candidates {
			if !known[candidate.PID] && candidate.running() {
				known[candidate.PID] = true
				found = append(found, candidate)
			}
		}
	}
	add(recorded...)
	add(d.marked()...)
	roots := make([]int, 0, len(found))
	for _, root := range found {
		roots = append(roots, root.PID)
	}
	add(descendants(roots...)...)
	return found
}

// marked returns the processes whose environment names this server in this
// place. Another user's processes can't be read, and are none of ours.
func (d serverDirectory) marked() []process {
	id := []byte("\x00" + idVariable + "=" + d.id() + "\x00")
	run := []byte("\x00" + runVariable + "=" + d.run() + "\x00")
	var found []process
	for _, pid := range processIDs() {
		// The start time is read first: were the ID reused before the
		// environment is read, the pair would not be running.
		stat, err := readStat(pid)
		if err != nil || stat.ended() {
			continue
		}
		environment, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err != nil {
			continue
		}
		environment = append([]byte{0}, environment...)
		if bytes.Contains(environment, id) && bytes.Contains(environment, run) {
			found = append(found, stat.process)
		}
	}
	return found
}
