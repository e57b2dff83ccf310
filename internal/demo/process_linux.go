package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// adopt makes whatever loses its parent below this process its child (prctl(2),
// PR_SET_CHILD_SUBREAPER): so descendants finds every process that the demo has
// caused, however it has detached itself.
func adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// descendants returns the processes below this one. Those that have ended are
// removed from the process table; the caller guarantees that nobody else waits for
// a child at the moment.
func descendants() ([]int, error) {
	children := make(map[int][]int)
	for _, pid := range processIDs() {
		parent, state, err := readStat(pid)
		switch {
		case err != nil: // It has ended since.
		case state != "Z":
			children[parent] = append(children[parent], pid)
		case parent == os.Getpid():
			if _, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); err != nil && !errors.Is(err, unix.ECHILD) {
				return nil, fmt.Errorf("reaping process %d: %w", pid, err)
			}
		}
	}
	var found []int
	for next := children[os.Getpid()]; len(next) > 0; next = next[1:] {
		found = append(found, next[0])
		next = append(next, children[next[0]]...)
	}
	return found, nil
}

// runningIn returns the processes whose environment names the state directory:
// supervisors, and whatever their servers have started.
func runningIn(directory string) []int {
	var found []int
	for _, pid := range processIDs() {
		if _, state, err := readStat(pid); err != nil || state == "Z" {
			continue
		}
		if inDirectory(pid, directory) {
			found = append(found, pid)
		}
	}
	return found
}

func inDirectory(pid int, directory string) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for variable := range bytes.SplitSeq(content, []byte{0}) {
		name, value, _ := strings.Cut(string(variable), "=")
		if (name == "MUSTER_RUN" || name == "MUSTER_SUPERVISE") && strings.HasPrefix(value, directory+"/") {
			return true
		}
	}
	return false
}

// kill ends one of the directory's processes. The process is looked at once more
// when its handle is open, because its number may be another's by now.
func kill(pid int, directory string) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer func() { _ = process.Release() }()
	if inDirectory(pid, directory) {
		_ = process.Kill()
	}
}

func processIDs() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// readStat returns two fields of /proc/PID/stat, which come after the program's
// name in parentheses.
func readStat(pid int) (parent int, state string, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < 2 {
		return 0, "", fmt.Errorf("reading the status of process %d: it is cut short", pid)
	}
	parent, err = strconv.Atoi(fields[1])
	return parent, fields[0], err
}

// uptime returns the machine's uptime in hundredths of a second, as the servers'
// reports have it.
func uptime() (int64, error) {
	content, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	text, _, _ := strings.Cut(string(content), " ")
	return strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
}

// listeners returns the IPv4 addresses, with ports, at which anything listens.
func listeners() ([]netip.AddrPort, error) {
	content, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return nil, err
	}
	return parseListeners(string(content))
}

// parseListeners reads /proc/net/tcp (proc(5)): the address is a number in the
// machine's byte order, and the state 0A is LISTEN.
func parseListeners(content string) ([]netip.AddrPort, error) {
	var found []netip.AddrPort
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != "0A" {
			continue
		}
		address, port, _ := strings.Cut(fields[1], ":")
		raw, err := hex.DecodeString(address)
		number, portErr := strconv.ParseUint(port, 16, 16)
		if err := errors.Join(err, portErr); err != nil || len(raw) != 4 {
			return nil, fmt.Errorf("reading the listeners: %q is no address", fields[1])
		}
		var octets [4]byte
		binary.NativeEndian.PutUint32(octets[:], binary.BigEndian.Uint32(raw))
		found = append(found, netip.AddrPortFrom(netip.AddrFrom4(octets), uint16(number)))
	}
	return found, nil
}
