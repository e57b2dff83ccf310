package awsfake

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// The local hosting service claims its servers' addresses under these names, and leaves
// alone what is claimed.
func TestClaimLoopback(t *testing.T) {
	t.Parallel()
	const address = "127.191.255.254" // The last one that instances get.
	local := func() error {
		socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@muster/" + address, Net: "unixgram"})
		if err == nil {
			err = socket.Close()
		}
		return err
	}
	held, ok, err := claimLoopback(address)
	if err != nil || !ok {
		t.Fatalf("got %v, %v, want the address", ok, err)
	}
	if err := local(); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want that the address is in use", err)
	}
	if _, ok, err := claimLoopback(address); ok || err != nil {
		t.Errorf("got %v, %v for an address that is claimed", ok, err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := local(); err != nil {
		t.Errorf("the address isn't free again: %v", err)
	}
}
