package awsfake

import (
	"errors"
	"fmt"
)

// errNoAddress says that every address that was tried is taken.
var errNoAddress = errors.New("no loopback address is free")

// addresses are the private addresses of a world's instances. Where the instances
// really run, they are loopback addresses that no other process of this machine uses:
// 127.128.0.1 to 127.191.255.254. The claims are compatible with those of the local
// hosting service.
type addresses struct {
	bindable bool
	next     int
	claims   map[string]claim
}

// claim is held for as long as an address is in use.
type claim interface{ Close() error }

func newAddresses(bindable bool) addresses {
	return addresses{bindable: bindable, claims: map[string]claim{}}
}

// take returns n addresses, or none and an error.
func (a *addresses) take(n int) ([]string, error) {
	var taken []string
	for range n {
		address, err := a.one()
		if err != nil {
			for _, address := range taken {
				a.give(address)
			}
			return nil, fmt.Errorf("finding an address for an instance: %w", err)
		}
		taken = append(taken, address)
	}
	return taken, nil
}

func (a *addresses) one() (string, error) {
	if !a.bindable {
		a.next++
		return fmt.Sprintf("10.%d.%d.%d", a.next/(250*250)%256, a.next/250%250, a.next%250+4), nil
	}
	const most = 64 * 256 * 254
	for range most {
		index := a.next % most
		a.next++
		address := fmt.Sprintf("127.%d.%d.%d", 128+index/(254*256), index/254%256, 1+index%254)
		held, ok, err := claimLoopback(address)
		if err != nil {
			return "", err
		}
		if ok {
			a.claims[address] = held
			return address, nil
		}
	}
	return "", errNoAddress
}

// give gives an address back. What isn't held is left alone.
func (a *addresses) give(address string) {
	if held := a.claims[address]; held != nil {
		_ = held.Close()
		delete(a.claims, address)
	}
}

func (a *addresses) close() {
	for address := range a.claims {
		a.give(address)
	}
}
