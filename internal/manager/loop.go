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
// block.
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
	return edges
}

// FindLoop returns the edges of a loop in which nobody can boot, or nil. The
// answer depends on nothing but the edges.
func FindLoop(edges []Edge) []Edge {
	out := make(map[string][]Edge)
	for _, edge := range edges {
		out[edge.From] = append(out[edge.From], edge)
	}
	search := loopSearch{out: out, done: make(map[string]bool)}
	for _, edge := range edges {
		if loop := search.from(edge.From); loop != nil {
			return loop
		}
	}
	return nil
}

// loopSearch is a depth-first search for a cycle.
type loopSearch struct {
	out  map[string][]Edge
	done map[string]bool
	path []Edge
}

func (s *loopSearch) from(group string) []Edge {
	if s.done[group] {
		return nil
	}
	for i, edge := range s.path {
		if edge.From == group {
			return slices.Clone(s.path[i:])
		}
	}
	for _, edge := range s.out[group] {
		s.path = append(s.path, edge)
		if loop := s.from(edge.Into); loop != nil {
			return loop
		}
		s.path = s.path[:len(s.path)-1]
	}
	s.done[group] = true
	return nil
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

// findLoop looks in the ledger for a loop that goes through the wire.
func (m *Manager) findLoop(ctx context.Context, wire hosting.Wire) ([]Edge, error) {
	network, err := m.connected(ctx, []string{wire.Into})
	if err != nil {
		return nil, err
	}
	var edges []Edge
	for _, wire := range network.wires() {
		configuration, err := m.Configuration(ctx, network.groups[wire.Into].Configuration)
		if err != nil {
			return nil, fmt.Errorf("reading the configuration of server group %q: %w", wire.Into, err)
		}
		edges = append(edges, Blocking(wire, configuration.Parameters[wire.Parameter].RequiredFor)...)
	}
	return FindLoop(edges), nil
}
