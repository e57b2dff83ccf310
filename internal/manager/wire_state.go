package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// WireState is what a look at a wire has found.
type WireState struct {
	// Exists: the target's record holds the wire as it was asked for.
	Exists bool
	// Pending: the source has a value that differs from the stored one, the target
	// has members and lacks the value of a wire without sources, or what is stored
	// has not been delivered to one of its members.
	Pending bool
	// Held: the target's record holds a value.
	Held bool
	// Revision is the target's newest, and Applied what its members have applied, by key.
	Revision int
	Applied  map[string]int
}

// LookAtWire reads how things stand with the wire and confirms it.
func (m *Manager) LookAtWire(ctx context.Context, id string, spec WireSpec) (WireState, error) {
	target, err := m.service.Group(ctx, spec.Into)
	if errors.Is(err, hosting.ErrNotFound) {
		return WireState{}, nil
	}
	if err != nil {
		return WireState{}, err
	}
	wire, found := target.Wires[id]
	if !found || !spec.describes(wire) {
		return WireState{}, nil
	}
	if !wire.Confirmed {
		wire.Confirmed = true
		if err := m.editGroup(ctx, wire.Into, func(group *hosting.Group) { setWire(group, wire) }); err != nil {
			return WireState{}, err
		}
	}
	state, err := m.lookAlong(ctx, wire)
	state.Exists = true
	return state, err
}

// FoundWire is a wire as the ledger holds it.
type FoundWire struct {
	Wire hosting.Wire
	// Value is what is stored for the parameter; nil where nothing is.
	Value *boot.Value
	// Ends are the looks at the groups that the wire touches, by name.
	Ends map[string]Observation
}

// FindWire returns the wire that feeds the parameter of the group;
// [hosting.ErrNotFound] where there is no such group or no wire feeds it.
func (m *Manager) FindWire(ctx context.Context, into, parameter string) (FoundWire, error) {
	target, err := m.service.Group(ctx, into)
	if err != nil {
		return FoundWire{}, err
	}
	for _, wire := range target.Wires {
		if !owns(wire, into, parameter) {
			continue
		}
		found := FoundWire{Wire: wire}
		if value, held := target.Values[parameter]; held {
			found.Value = &value
		}
		found.Ends, err = m.lookAtEnds(ctx, wire)
		return found, err
	}
	return FoundWire{}, fmt.Errorf("no injection delivers parameter %q of server group %q: %w", parameter, into, hosting.ErrNotFound)
}

// describes reports whether the recorded wire is the one that was asked for.
func (s WireSpec) describes(wire hosting.Wire) bool {
	return wire.Into == s.Into && wire.Parameter == s.Parameter &&
		slices.Equal(wire.From, s.From) && wire.Select == s.Select && wire.Separator == s.Separator &&
		wire.MinSources == s.MinSources && wire.OnViolation == s.OnViolation && wire.Order == s.Order
}

// lookAlong reads what the wire's target has and what is pending.
func (m *Manager) lookAlong(ctx context.Context, wire hosting.Wire) (WireState, error) {
	looks, err := m.lookAtEnds(ctx, wire)
	if _, missing := errors.AsType[*ConfigurationMissingError](err); missing {
		// Nothing can be delivered before the configuration is stored again.
		return WireState{}, nil
	}
	target, found := looks[wire.Into]
	if err != nil || !found {
		return WireState{}, err
	}
	state := WireState{
		Pending: pendingAlong(wire, looks), Held: holdsValue(target.Group, wire.Parameter),
		Revision: target.Group.Revision, Applied: make(map[string]int),
	}
	for _, member := range target.Members {
		state.Applied[member.Key()] = member.Report.Applied
	}
	return state, nil
}

func pendingAlong(wire hosting.Wire, looks map[string]Observation) bool {
	target := looks[wire.Into]
	if len(target.Members) == 0 {
		return false
	}
	if len(lagging(target, target.Group.Revision)) > 0 {
		return true
	}
	if len(wire.From) == 0 {
		return !holdsValue(target.Group, wire.Parameter)
	}
	now := carry(wire, looks)
	return now.ok && !stores(target.Group, wire.Parameter, now.value)
}

// lookAtEnds observes the target and the sources of a wire; a group that doesn't
// exist is absent.
func (m *Manager) lookAtEnds(ctx context.Context, wire hosting.Wire) (map[string]Observation, error) {
	looks := make(map[string]Observation)
	for _, name := range append(wire.Sources(), wire.Into) {
		if _, done := looks[name]; done {
			continue
		}
		look, err := m.ObserveByName(ctx, name)
		if errors.Is(err, hosting.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		looks[name] = look
	}
	return looks, nil
}
