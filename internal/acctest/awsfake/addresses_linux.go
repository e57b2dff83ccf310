package awsfake

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// claimLoopback claims a loopback address machine-wide. As the local hosting service
// does, it binds an abstract Unix socket (unix(7)) named after the address, which ends
// with the process; so neither takes an address of the other's.
func claimLoopback(address string) (held claim, ok bool, err error) {
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@muster/" + address, Net: "unixgram"})
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("claiming the loopback address %s: %w", address, err)
	}
	return socket, true, nil
}
