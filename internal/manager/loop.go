package manager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Edge is one way in which a group can't finish to boot before another has
// published: From publishes Output, and Into's boot script doesn't start without
// Parameter, which is fed from it.
type Edge struct {
	From, Output    string
	Into, Parameter string
}

// Blocking returns the edges of a wire: those of its sources that are published
// outputs, if the parameter is required for boot. Facts exist at launch and never
// block. A wire that takes the first of several values may take any of them, so one
// fact among them is enough for none to block; a zero Select counts as that one,
// because nobody may be refused for what isn't known.
func Blocking(wire hosting.Wire, requiredFor boot.Requirement) []Edge {
	if requiredFor != boot.RequiredForBoot {
		return nil
	}
	var edges []Edge
	for _, from := range wire.From {
		if slices.Contains(hosting.FactNames(), from.Output) {
			continue
		}
		edges = append(edges, Edge{From: from.Group, Output: from.Output, Into: wire.Into, Parameter: wire.Parameter})
	}
	if wire.Select != hosting.SelectAll && len(edges) < len(wire.From) {
		return nil
	}
	return edges
}

// FindLoop returns the edges of a loop in which nobody can boot, or nil. The
// answer depends on nothing but the edges.
func FindLoop(edges []Edge) []Edge { return findLoopThrough(edges, edges) }

// findLoopThrough is FindLoop for the loops that begin with one of some edges.
func findLoopThrough(edges, some []Edge) []Edge {
	out := make(map[string][]Edge)
	for _, edge := range edges {
		out[edge.From] = append(out[edge.From], edge)
	}
	for _, edge := range some {
		search := pathSearch{out: out, to: edge.From, seen: make(map[string]bool)}
		if search.from(edge.Into) {
			return append([]Edge{edge}, search.path...)
		}
	}
	return nil
}

// pathSearch is a depth-first search for a path to a group.
type pathSearch struct {
	out  map[string][]Edge
	to   string
	seen map[string]bool
	path []Edge
}

func (s *pathSearch) from(group string) bool {
	if group == s.to {
		return true
	}
	if s.seen[group] {
		return false
	}
	s.seen[group] = true
	for _, edge := range s.out[group] {
		s.path = append(s.path, edge)
		if s.from(edge.Into) {
			return true
		}
		s.path = s.path[:len(s.path)-1]
	}
	return false
}

func describeLoop(loop []Edge) string {
	var text strings.Builder
	text.WriteString("these servers wait for each other and none can boot:")
	for _, edge := range loop {
		fmt.Fprintf(&text, "\n  %s publishes %q -> %s doesn't boot without %q", edge.From, edge.Output, edge.Into, edge.Parameter)
	}
	last := loop[len(loop)-1]
	fmt.Fprintf(&text, "\nSet required_for = \"ready\" on parameter %q of server group %q, and read it in its boot script with 'muster param get %s' after its own outputs are published.",
		last.Parameter, last.Into, last.Parameter)
	return text.String()
}

// findLoop looks in the ledger for a loop that goes through the wire. Loops among
// other wires are not this one's fault, and what it was before it moved is about to
// go.
func (m *Manager) findLoop(ctx context.Context, wire hosting.Wire) ([]Edge, error) {
	network, err := m.connected(ctx, []string{wire.Into})
	if err != nil {
		return nil, err
	}
	var edges, own []Edge
	for _, other := range network.wires() {
		if other.ID == wire.ID && other.Into != wire.Into {
			continue
		}
		configuration, err := m.Configuration(ctx, network.groups[other.Into].Configuration)
		if err != nil {
			return nil, fmt.Errorf("reading the configuration of server group %q: %w", other.Into, err)
		}
		parameter := configuration.Parameters[other.Parameter]
		if parameter.Proceeds() {
			continue // its servers boot with the placeholder, and the loop goes on
		}
		blocking := Blocking(other, parameter.RequiredFor)
		edges = append(edges, blocking...)
		if other.ID == wire.ID {
			own = blocking
		}
	}
	return findLoopThrough(edges, own), nil
}
