package prometheus

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// roll has the ID of a server by everything that it is known by.
type roll map[string]string

func newRoll(perServer *metric.PerServer) roll {
	known := make(roll)
	for _, name := range slices.Sorted(maps.Keys(perServer.Names)) { // Always the same of two equal names.
		if id := perServer.Names[name]; slices.Contains(perServer.Servers, id) {
			known[canonical(name)] = id
		}
	}
	for _, id := range perServer.Servers {
		known[canonical(id)] = id
	}
	return known
}

// find returns the ID of the server that a label's value means. The value may be
// followed by a port, as that of the label instance is.
func (r roll) find(value string) (id string, ok bool) {
	if id, ok := r[canonical(value)]; ok {
		return id, true
	}
	host, _, err := net.SplitHostPort(value)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]")
	}
	id, ok = r[canonical(host)]
	return id, ok
}

// canonical returns one of the spellings of an IP address, and other names as they are.
func canonical(name string) string {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().String()
	}
	return name
}
