package manager

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// WireSpec is what an injection asks for: a wire into a deferred parameter, from
// outputs of groups or from a value.
type WireSpec struct {
	From      []hosting.Output
	Select    hosting.Select
	Separator string

	Into      string
	Parameter string

	// Value is what is delivered where From is empty; nil leaves the stored value
	// as it is.
	Value *string
}

// Connection is what a call of Connect has found and done.
type Connection struct {
	// WireID identifies the wire from now on.
	WireID string
	// Holds says, where nothing was delivered because the sources have no servers,
	// which; empty otherwise. It is no error: what was delivered stays in force.
	Holds string
}

// WireOwnedError says that another injection owns the parameter.
type WireOwnedError struct{ Into, Parameter string }

// Error says what is owned and what to do.
func (e *WireOwnedError) Error() string {
	return fmt.Sprintf("another injection delivers parameter %q of server group %q already: a parameter has one source; "+
		"remove one of the two injections, or move this one with a moved block if it is the same one under a new name", e.Parameter, e.Into)
}

// LoopError says that a wire would close a loop that can't boot.
type LoopError struct{ Loop []Edge }

// Error prints the loop and names the parameter to relax.
func (e *LoopError) Error() string { return describeLoop(e.Loop) }

// Connect records the wire, or changes the one of that ID, and delivers what
// exists already. It waits for nothing.
//
// An empty id asks for a new wire; one that an earlier run was cut short in
// recording is taken over. A parameter that another wire feeds is a
// [WireOwnedError]; a wire that closes a loop in which nobody can boot is a
// [LoopError], and then nothing is recorded.
func (m *Manager) Connect(ctx context.Context, id string, spec WireSpec) (Connection, error) {
	wire := hosting.Wire{
		ID: id, Run: m.run, Confirmed: id != "",
		From: spec.From, Select: spec.Select, Separator: spec.Separator,
		Into: spec.Into, Parameter: spec.Parameter,
	}
	if id == "" {
		wire.ID = rand.Text()
	}
	if err := m.recordWire(ctx, wire); err != nil {
		return Connection{}, err
	}
	holds, err := m.deliverAlong(ctx, wire, spec.Value)
	return Connection{WireID: wire.ID, Holds: holds}, err
}

// recordWire writes the wire into the records of its target and its sources, or
// changes nothing. The loop is looked for after the wire is in the target's
// record: of two wires that are recorded at the same time and close a loop
// together, at least one sees it.
func (m *Manager) recordWire(ctx context.Context, wire hosting.Wire) error {
	before, err := m.claimParameter(ctx, wire)
	if err != nil {
		return err
	}
	if err := m.completeWire(ctx, wire); err != nil {
		return errors.Join(err, m.undoWire(ctx, wire, before))
	}
	return m.forgetFormer(ctx, wire, before)
}

// completeWire records the wire at its sources and refuses one that closes a loop.
func (m *Manager) completeWire(ctx context.Context, wire hosting.Wire) error {
	for _, source := range wire.Sources() {
		if err := m.recordAtSource(ctx, source, wire); err != nil {
			return err
		}
	}
	loop, err := m.findLoop(ctx, wire)
	if err != nil {
		return err
	}
	if loop != nil {
		return &LoopError{Loop: loop}
	}
	return nil
}

// undoWire puts things back as they were before the wire was recorded.
func (m *Manager) undoWire(ctx context.Context, wire, before hosting.Wire) error {
	if before.ID == "" {
		return m.removeWire(ctx, wire.Into, wire)
	}
	ctx = context.WithoutCancel(ctx)
	err := m.editGroup(ctx, wire.Into, func(group *hosting.Group) { setWire(group, before) })
	return errors.Join(err, m.forgetAt(ctx, without(wire.Sources(), before.Sources()), wire))
}

// forgetFormer removes what the wire's former self has left in the target's record
// and in those of its former sources.
func (m *Manager) forgetFormer(ctx context.Context, wire, before hosting.Wire) error {
	if before.ID == "" {
		return nil
	}
	if before.Parameter != wire.Parameter {
		err := m.editGroup(ctx, wire.Into, func(group *hosting.Group) { delete(group.Values, before.Parameter) })
		if err != nil {
			return err
		}
	}
	return m.forgetAt(ctx, without(before.Sources(), append(wire.Sources(), wire.Into)), wire)
}

// forgetAt removes the wire from the records of the named sources. Where one of
// them has become the wire's target since, it stays.
func (m *Manager) forgetAt(ctx context.Context, names []string, wire hosting.Wire) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, m.editGroup(ctx, name, func(group *hosting.Group) {
			if group.Wires[wire.ID].Into != group.Name {
				delete(group.Wires, wire.ID)
			}
		}))
	}
	return errors.Join(errs...)
}

// without returns the names that are not among the others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// claimParameter makes the wire the owner of its parameter. It returns the wire as
// it was in the target's record before, which is zero for a new one.
func (m *Manager) claimParameter(ctx context.Context, wire hosting.Wire) (before hosting.Wire, err error) {
	target, err := m.service.Group(ctx, wire.Into)
	if err != nil {
		return before, fmt.Errorf("reading server group %q: %w", wire.Into, err)
	}
	target, err = m.service.UpdateGroup(ctx, target.GroupRef, func(group *hosting.Group) error {
		for id, other := range group.Wires {
			if other.Into != group.Name || other.Parameter != wire.Parameter || id == wire.ID {
				continue
			}
			if other.Confirmed || other.Run == m.run {
				return &WireOwnedError{Into: wire.Into, Parameter: wire.Parameter}
			}
			delete(group.Wires, id)
		}
		before = hosting.Wire{}
		if former := group.Wires[wire.ID]; former.Into == wire.Into {
			before = former
		}
		setWire(group, wire)
		return nil
	})
	if err != nil {
		return before, fmt.Errorf("recording the wire into %q: %w", wire.Into, err)
	}
	return before, nil
}

func (m *Manager) recordAtSource(ctx context.Context, name string, wire hosting.Wire) error {
	source, err := m.service.Group(ctx, name)
	if err != nil {
		return fmt.Errorf("reading server group %q: %w", name, err)
	}
	_, err = m.service.UpdateGroup(ctx, source.GroupRef, func(group *hosting.Group) error {
		setWire(group, wire)
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording the wire from %q: %w", name, err)
	}
	return nil
}

func setWire(group *hosting.Group, wire hosting.Wire) {
	if group.Wires == nil {
		group.Wires = make(map[string]hosting.Wire)
	}
	group.Wires[wire.ID] = wire
}

// Disconnect forgets the wire and, if it still owns the parameter, the value that
// is stored for it. Running members keep what they have. A wire or a group that
// is gone is no error.
func (m *Manager) Disconnect(ctx context.Context, id, into string) error {
	group, err := m.service.Group(ctx, into)
	if errors.Is(err, hosting.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading server group %q: %w", into, err)
	}
	wire, found := group.Wires[id]
	if !found || wire.Into != into {
		return nil
	}
	return m.removeWire(ctx, into, wire)
}

// removeWire removes the wire from the record of its target, with the value that
// it owns, and then from those of its sources. The revision stays: running
// members are left alone.
func (m *Manager) removeWire(ctx context.Context, into string, wire hosting.Wire) error {
	ctx = context.WithoutCancel(ctx)
	err := m.editGroup(ctx, into, func(group *hosting.Group) {
		if _, owned := group.Wires[wire.ID]; owned {
			delete(group.Wires, wire.ID)
			delete(group.Values, wire.Parameter)
		}
	})
	return errors.Join(err, m.forgetAt(ctx, without(wire.Sources(), []string{into}), wire))
}

// forgetAtSources removes the traces of a group that goes from the records of
// the groups that feed it.
func (m *Manager) forgetAtSources(ctx context.Context, gone hosting.Group) error {
	var errs []error
	for _, wire := range gone.Wires {
		if wire.Into == gone.Name {
			errs = append(errs, m.forgetAt(ctx, without(wire.Sources(), []string{gone.Name}), wire))
		}
	}
	return errors.Join(errs...)
}

// editGroup changes the record of whatever incarnation has the name; a group
// that is gone is passed over.
func (m *Manager) editGroup(ctx context.Context, name string, edit func(*hosting.Group)) error {
	group, err := m.service.Group(ctx, name)
	if err == nil {
		_, err = m.service.UpdateGroup(ctx, group.GroupRef, func(group *hosting.Group) error {
			edit(group)
			return nil
		})
	}
	if err != nil && !errors.Is(err, hosting.ErrNotFound) {
		return fmt.Errorf("changing the record of server group %q: %w", name, err)
	}
	return nil
}
