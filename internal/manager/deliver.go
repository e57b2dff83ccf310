package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// deliverAlong delivers what the wire carries, or the spec's value where it has no
// sources, and whatever an earlier run has stored and not delivered. It says why it holds
// where the sources have no servers, or too few.
func (m *Manager) deliverAlong(ctx context.Context, wire hosting.Wire, spec WireSpec) (Connection, error) {
	done := Connection{WireID: wire.ID}
	looks, err := m.lookAtEnds(ctx, wire)
	if err != nil {
		return done, err
	}
	target, found := looks[wire.Into]
	if !found || len(target.Members) == 0 {
		return done, nil
	}
	now := carried{}
	switch {
	case len(wire.From) > 0:
		now = carry(wire, looks)
	case spec.Value == nil || spec.KeepStored && holdsValue(target.Group, wire.Parameter):
	default:
		now = carried{value: boot.Value{Text: *spec.Value}, ok: true}
	}
	group := target.Group
	if now.ok {
		if group, _, err = m.store(ctx, looks, wire, now.value); err != nil {
			return done, err
		}
	}
	if now.empty {
		done.Holds = now.why
	}
	if short := shortage(wire, looks); short != "" && wire.OnViolation == hosting.ViolationFails {
		return done, &TooFewSourcesError{Into: wire.Into, Parameter: wire.Parameter, Shortage: short}
	}
	done.Outdated = outdatedFor(wire.Parameter, target, group)
	return done, m.spread(ctx, target, group)
}

// outdatedFor returns the keys of the members that keep a former value of the parameter.
func outdatedFor(parameter string, target Observation, group hosting.Group) []string {
	var keys []string
	for _, member := range target.Members {
		if renewal, due := group.ReplacementDue(member.Server); due && renewal.Parameter == parameter && member.Slot < group.Size {
			keys = append(keys, member.Key())
		}
	}
	return keys
}

func holdsValue(group hosting.Group, parameter string) bool {
	_, held := group.Values[parameter]
	return held
}

// stores reports whether the record holds exactly that value, since whenever.
func stores(group hosting.Group, parameter string, value boot.Value) bool {
	stored, held := group.Values[parameter]
	return held && stored.Text == value.Text && maps.Equal(stored.BySlot, value.BySlot) && (stored.BySlot == nil) == (value.BySlot == nil)
}

// store puts the value into the target's record if it is another one than the
// record has, and only while the wire still owns the parameter. The looks are those from
// which the wire carries it.
func (m *Manager) store(ctx context.Context, looks map[string]Observation, wire hosting.Wire, value boot.Value) (group hosting.Group, changed bool, err error) {
	if err := checkContract(wire, looks); err != nil {
		return hosting.Group{}, false, err
	}
	target := looks[wire.Into]
	parameter := target.Configuration.Parameters[wire.Parameter]
	if err := checkValue(parameter, value); err != nil {
		return hosting.Group{}, false, refusedValue(wire, err)
	}
	group, err = m.service.UpdateGroup(ctx, target.Group.GroupRef, func(group *hosting.Group) error {
		changed = owns(group.Wires[wire.ID], group.Name, wire.Parameter) && put(group, wire.Parameter, parameter, value)
		return nil
	})
	if err != nil {
		return group, false, fmt.Errorf("storing the value for parameter %q of server group %q: %w", wire.Parameter, wire.Into, err)
	}
	return group, changed, nil
}

// checkValue checks every text of the value.
func checkValue(parameter boot.Parameter, value boot.Value) error {
	if value.BySlot == nil {
		return parameter.Check(value.Text)
	}
	for _, slot := range slices.Sorted(maps.Keys(value.BySlot)) {
		if err := parameter.Check(value.BySlot[slot]); err != nil {
			return fmt.Errorf("the value for slot %d: %w", slot, err)
		}
	}
	return nil
}

// refusedValue says whose value its parameter doesn't take, and what to do.
func refusedValue(wire hosting.Wire, err error) error {
	if len(wire.From) == 0 {
		return fmt.Errorf("the value that the injection gives to parameter %q of server group %q: %w; "+
			"correct the injection's value, or the parameter's type or pattern", wire.Parameter, wire.Into, err)
	}
	return fmt.Errorf("what %s gives to parameter %q of server group %q: %w; "+
		"correct the script that publishes it, or the parameter's type or pattern", describeSources(wire), wire.Parameter, wire.Into, err)
}

// describeSources lists a wire's sources as "group.output".
func describeSources(wire hosting.Wire) string {
	var sources []string
	for _, from := range wire.From {
		sources = append(sources, from.Group+"."+from.Output)
	}
	return strings.Join(sources, ", ")
}

// spread delivers the record's values to the members that lack them and whose turn it is.
func (m *Manager) spread(ctx context.Context, observation Observation, group hosting.Group) error {
	servers := due(observation, group)
	if len(servers) == 0 {
		return nil
	}
	if err := m.service.Deliver(ctx, servers, group.Delivery()); err != nil {
		return fmt.Errorf("delivering revision %d to server group %q: %w", group.Revision, group.Name, err)
	}
	return nil
}

// lagging returns the servers of the members that have not been given the revision.
func lagging(observation Observation, revision int) []hosting.Server {
	var behind []hosting.Server
	for _, member := range observation.Members {
		if member.Delivered < revision {
			behind = append(behind, member.Server)
		}
	}
	return behind
}
