//go:build linux

package local

import (
	"errors"
	"fmt"
	"hash/fnv"

	"golang.org/x/sys/unix"
)

// errNoAddress: every address that was tried is taken.
var errNoAddress = errors.New("no loopback address is free")

const (
	// Addresses lie in 127.1.0.1 to 127.254.255.254: other programs use
	// 127.0.0.0/16, and some broadcast to 127.255.255.255. The last octet is
	// never 0 or 255, which look like a network and its broadcast address.
	octets       = 254
	addressCount = octets * 256 * octets

	// addressProbes bounds the search; a machine has fewer servers than that.
	addressProbes = 1 << 16
)

// address returns one of the addressCount addresses.
func address(index uint64) [4]byte {
	index %= addressCount
	return [4]byte{
		127,
		byte(1 + index/(256*octets)),
		byte(index / octets % 256),
		byte(1 + index%octets),
	}
}

func addressText(a [4]byte) string { return fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3]) }

// claimAddress claims a loopback address for as long as this process lives. The
// search begins at a place of the server's own, so that a server that is
// started again mostly gets the address that it had.
func claimAddress(id string) (string, error) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(id))
	first := hash.Sum64() % addressCount
	for probe := range uint64(addressProbes) {
		candidate := address(first + probe)
		claimed, err := claim(candidate)
		if err != nil {
			return "", err
		}
		if claimed {
			return addressText(candidate), checkLoopback(candidate)
		}
	}
	return "", errNoAddress
}

// claim binds an abstract Unix socket (unix(7)) named after the address. Such a
// name is unique in the network namespace, which is just as far as the address
// reaches, needs no file and no privilege, and ends with the process: the
// descriptor is never closed.
func claim(a [4]byte) (bool, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("claiming a loopback address: %w", err)
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: "@muster/" + addressText(a)})
	if err == nil {
		return true, nil
	}
	_ = unix.Close(fd)
	if errors.Is(err, unix.EADDRINUSE) {
		return false, nil
	}
	return false, fmt.Errorf("claiming the loopback address %s: %w", addressText(a), err)
}

// checkLoopback reports a machine on which servers could bind no address.
func checkLoopback(a [4]byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("checking the loopback interface: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: a}); err != nil {
		return fmt.Errorf("checking the loopback interface: binding %s: %w", addressText(a), err)
	}
	return nil
}
