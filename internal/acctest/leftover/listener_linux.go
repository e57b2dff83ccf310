package leftover

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// listening is the state TCP_LISTEN in /proc/net/tcp, see proc_net(5).
const listening = "0A"

// listeners returns the loopback addresses on which the process listens.
func listeners(pid int) []string {
	open := sockets(pid)
	var found []string
	for _, table := range []string{"tcp", "tcp6"} {
		content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		for line := range strings.Lines(string(content)) {
			if address, inode, ok := parseListener(line); ok && open[inode] {
				found = append(found, address)
			}
		}
	}
	slices.Sort(found)
	return found
}

// sockets returns the inodes of the sockets that the process has open.
func sockets(pid int) map[string]bool {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	inodes := make(map[string]bool)
	for _, link := range links {
		target, _ := os.Readlink(link)
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return inodes
}

// parseListener reads a line of /proc/net/tcp or tcp6; ok is false where it is
// none of a socket that listens on loopback.
func parseListener(line string) (address, inode string, ok bool) {
	const addressField, stateField, inodeField = 1, 3, 9
	fields := strings.Fields(line)
	if len(fields) <= inodeField || fields[stateField] != listening {
		return "", "", false
	}
	parsed, err := parseAddress(fields[addressField])
	if err != nil || !parsed.Addr().Unmap().IsLoopback() {
		return "", "", false
	}
	return parsed.String(), fields[inodeField], true
}

// parseAddress reads "0100007F:1F90": the address is in the machine's byte order,
// word by word, the port is not.
func parseAddress(text string) (netip.AddrPort, error) {
	digits, portText, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(digits)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reading address %q: %w", text, err)
	}
	for word := 0; word+4 <= len(raw); word += 4 {
		binary.BigEndian.PutUint32(raw[word:], binary.NativeEndian.Uint32(raw[word:]))
	}
	address, ok := netip.AddrFromSlice(raw)
	port, err := strconv.ParseUint(portText, 16, 16)
	if err != nil || !ok {
		return netip.AddrPort{}, fmt.Errorf("reading address %q: no address and port", text)
	}
	return netip.AddrPortFrom(address, uint16(port)), nil
}
