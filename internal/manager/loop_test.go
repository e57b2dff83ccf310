package manager_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

func wire(from, output, into, parameter string) hosting.Wire {
	return hosting.Wire{From: []hosting.Output{{Group: from, Output: output}}, Into: into, Parameter: parameter}
}

// either is a wire from two outputs of a group.
func either(from, output, other, into, parameter string) hosting.Wire {
	either := wire(from, output, into, parameter)
	either.Select = hosting.SelectFirst
	either.From = append(either.From, hosting.Output{Group: from, Output: other})
	return either
}

func all(wire hosting.Wire) hosting.Wire {
	wire.Select = hosting.SelectAll
	return wire
}

func TestFindLoop(t *testing.T) {
	t.Parallel()
	type required struct {
		wire hosting.Wire
		by   boot.Requirement
	}
	tests := map[string]struct {
		wires []required
		want  []string
	}{
		"two servers that wait for each other's published output can't boot": {
			wires: []required{{wire("a", "x", "b", "x"), boot.RequiredForBoot}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
			want:  []string{"a", "b"},
		},
		"a fact never closes a loop": {
			wires: []required{{wire("a", "private_ip", "b", "x"), boot.RequiredForBoot}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
		},
		"one parameter that isn't required for boot opens the loop": {
			wires: []required{{wire("a", "x", "b", "x"), boot.RequiredForReady}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
		},
		"a group that waits for its own output can't boot": {
			wires: []required{{wire("a", "x", "a", "x"), boot.RequiredForBoot}},
			want:  []string{"a"},
		},
		"a chain is no loop": {
			wires: []required{{wire("a", "x", "b", "x"), boot.RequiredForBoot}, {wire("b", "y", "c", "y"), boot.RequiredForBoot}, {wire("a", "x", "c", "z"), boot.RequiredForBoot}},
		},
		"a loop behind a chain is found without the chain": {
			wires: []required{
				{wire("head", "x", "a", "h"), boot.RequiredForBoot},
				{wire("a", "x", "b", "x"), boot.RequiredForBoot},
				{wire("b", "x", "c", "x"), boot.RequiredForBoot},
				{wire("c", "x", "a", "x"), boot.RequiredForBoot},
			},
			want: []string{"a", "b", "c"},
		},
		"the first of a fact and a published output doesn't block": {
			wires: []required{{either("a", "x", "private_ip", "b", "x"), boot.RequiredForBoot}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
		},
		"the first of two published outputs blocks": {
			wires: []required{{either("a", "x", "z", "b", "x"), boot.RequiredForBoot}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
			want:  []string{"a", "b"},
		},
		"all of a fact and a published output block": {
			wires: []required{{all(either("a", "x", "private_ip", "b", "x")), boot.RequiredForBoot}, {wire("b", "y", "a", "y"), boot.RequiredForBoot}},
			want:  []string{"a", "b"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var edges []manager.Edge
			for _, required := range test.wires {
				edges = append(edges, manager.Blocking(required.wire, required.by)...)
			}
			var got []string
			for _, edge := range manager.FindLoop(edges) {
				got = append(got, edge.From)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("groups of the loop (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoopError(t *testing.T) {
	t.Parallel()
	edges := append(manager.Blocking(wire("a", "x", "b", "p"), boot.RequiredForBoot), manager.Blocking(wire("b", "y", "a", "q"), boot.RequiredForBoot)...)
	got := (&manager.LoopError{Loop: manager.FindLoop(edges)}).Error()
	for _, want := range []string{`a publishes "x" -> b doesn't boot without "p"`, `b publishes "y" -> a doesn't boot without "q"`, `required_for = "ready" on parameter "q" of server group "a"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the error lacks %q:\n%s", want, got)
		}
	}
}
