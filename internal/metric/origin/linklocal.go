package origin

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
)

var errLinkLocal = errors.New("a link-local address is refused")

// proxyFunc chooses the proxy of a request, nil for none.
type proxyFunc func(*http.Request) (*url.URL, error)

// refuseLinkLocal is called with the resolved address, right before the
// connection is made: a name that resolves to something else the second time
// gains nothing.
func refuseLinkLocal(_, address string, _ syscall.RawConn) error {
	addrPort, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parsing the address to connect to: %w", err)
	}
	if linkLocal(addrPort.Addr()) {
		return errLinkLocal
	}
	return nil
}

// linkLocal also knows the two disguises of a link-local IPv4 address, and the
// one metadata address of EC2 that isn't link-local.
func linkLocal(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if addr.IsLinkLocalUnicast() || addr == netip.MustParseAddr("fd00:ec2::254") {
		return true
	}
	if netip.MustParsePrefix("64:ff9b::/96").Contains(addr) { // NAT64, RFC 6052
		bytes := addr.As16()
		return netip.AddrFrom4([4]byte(bytes[12:])).IsLinkLocalUnicast()
	}
	return false
}

// unlessLinkLocal keeps a literal address from being reached through a proxy,
// whose connections are not made here.
func unlessLinkLocal(proxy proxyFunc) proxyFunc {
	return func(req *http.Request) (*url.URL, error) {
		found, err := proxy(req)
		if found == nil || err != nil {
			return nil, err
		}
		if literalLinkLocal(req.URL.Hostname()) {
			return nil, errLinkLocal
		}
		return found, nil
	}
}

// literalLinkLocal reports whether the host of a URL is written as a link-local
// address.
func literalLinkLocal(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && linkLocal(addr)
}
