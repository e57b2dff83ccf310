package manager

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// network is a connected component of groups: all that wires lead to, in either
// direction.
type network struct {
	groups map[string]hosting.Group
}

// connected reads the component of the named groups. A group that doesn't exist
// is absent.
func (m *Manager) connected(ctx context.Context, names []string) (network, error) {
	component := network{groups: make(map[string]hosting.Group)}
	seen := make(map[string]bool)
	for queue := slices.Clone(names); len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if seen[name] {
			continue
		}
		seen[name] = true
		group, err := m.service.Group(ctx, name)
		if errors.Is(err, hosting.ErrNotFound) {
			continue
		}
		if err != nil {
			return network{}, err
		}
		component.groups[name] = group
		for _, wire := range group.Wires {
			queue = append(append(queue, wire.Into), wire.Sources()...)
		}
	}
	return component, nil
}

// wires returns the wires of the component in a stable order. Only the copy in
// the target's record counts.
func (n network) wires() []hosting.Wire {
	var wires []hosting.Wire
	for _, name := range slices.Sorted(maps.Keys(n.groups)) {
		for _, wire := range n.groups[name].Wires {
			if wire.Into == name {
				wires = append(wires, wire)
			}
		}
	}
	slices.SortFunc(wires, func(a, b hosting.Wire) int {
		return strings.Compare(a.Into+"\x00"+a.Parameter, b.Into+"\x00"+b.Parameter)
	})
	return wires
}
