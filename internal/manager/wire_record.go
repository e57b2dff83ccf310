package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// claimParameter makes the wire the owner of its parameter. It returns the wire as
// it was in the target's record before, which is zero for a new one. What an
// earlier run was cut short in recording gives way: first at its sources, because
// nobody would look there for a wire that its target has forgotten.
func (m *Manager) claimParameter(ctx context.Context, wire hosting.Wire) (before hosting.Wire, err error) {
	for range attempts {
		before, err = m.tryClaim(ctx, wire)
		if !errors.Is(err, errOutdated) {
			break
		}
	}
	if err != nil {
		return before, fmt.Errorf("recording the wire into %q: %w", wire.Into, err)
	}
	return before, nil
}

// tryClaim returns errOutdated where the record holds another wire than a look at it
// has shown.
func (m *Manager) tryClaim(ctx context.Context, wire hosting.Wire) (before hosting.Wire, err error) {
	target, err := m.service.Group(ctx, wire.Into)
	if err != nil {
		return before, err
	}
	deposed, err := m.depose(ctx, target, wire)
	if err != nil {
		return before, err
	}
	_, err = m.service.UpdateGroup(ctx, target.GroupRef, func(group *hosting.Group) error {
		for id := range rivals(*group, wire) {
			if !deposed[id] {
				return errOutdated
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
	return before, err
}

// depose forgets, at their sources, the other wires into the wire's parameter that no
// run stands for, and returns their IDs. Any other is a [WireOwnedError].
func (m *Manager) depose(ctx context.Context, target hosting.Group, wire hosting.Wire) (map[string]bool, error) {
	deposed := make(map[string]bool)
	for id, other := range rivals(target, wire) {
		if other.Confirmed || !m.abandoned(other.Run) {
			return nil, &WireOwnedError{Into: wire.Into, Parameter: wire.Parameter}
		}
		deposed[id] = true
	}
	for id := range deposed {
		if err := m.forgetAtSourcesOf(ctx, target.Wires[id]); err != nil {
			return nil, err
		}
	}
	return deposed, nil
}

// rivals are the other wires in the record of the wire's target that own its
// parameter, by ID.
func rivals(target hosting.Group, wire hosting.Wire) map[string]hosting.Wire {
	rivals := maps.Clone(target.Wires)
	maps.DeleteFunc(rivals, func(id string, other hosting.Wire) bool {
		return id == wire.ID || !owns(other, wire.Into, wire.Parameter)
	})
	return rivals
}

func (m *Manager) recordAtSource(ctx context.Context, name string, wire hosting.Wire) error {
	source, err := m.service.Group(ctx, name)
	if err != nil {
		return err
	}
	_, err = m.service.UpdateGroup(ctx, source.GroupRef, func(group *hosting.Group) error {
		// A target's own copy is all that is left of a wire that moves: it goes last.
		if group.Wires[wire.ID].Into != group.Name {
			setWire(group, wire)
		}
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

// exchange puts one form of a wire in the place of another in the records of all
// groups at its ends; a zero replacement removes it. The value that only the old
// form owns goes with it. The old target comes last, and only when all else is
// done: as long as anything of the old form is left, a repeated call finds it there.
func (m *Manager) exchange(ctx context.Context, old, replacement hosting.Wire) error {
	for _, name := range oldTargetLast(old, replacement) {
		if err := m.exchangeAt(ctx, name, old, replacement); err != nil {
			return err
		}
	}
	return nil
}

// undo puts the former self of a wire, zero for a new one, back in its place, as
// far as that goes: nobody may ever ask for the wire again. It doesn't end with the
// context.
func (m *Manager) undo(ctx context.Context, wire, former hosting.Wire) error {
	ctx, cancel := withGrace(ctx)
	defer cancel()
	var errs []error
	for _, name := range oldTargetLast(wire, former) {
		errs = append(errs, m.exchangeAt(ctx, name, wire, former))
	}
	return errors.Join(errs...)
}

func oldTargetLast(old, replacement hosting.Wire) []string {
	names := slices.Compact(slices.Sorted(slices.Values(append(old.Sources(), ends(replacement)...))))
	return append(slices.DeleteFunc(names, func(name string) bool { return name == old.Into }), old.Into)
}

func (m *Manager) exchangeAt(ctx context.Context, name string, old, replacement hosting.Wire) error {
	return m.editGroup(ctx, name, func(group *hosting.Group) { exchangeIn(group, old, replacement) })
}

// ends returns the names of the groups that a wire touches; none for a zero wire.
func ends(wire hosting.Wire) []string {
	if wire.ID == "" {
		return nil
	}
	return append(wire.Sources(), wire.Into)
}

// exchangeIn is exchange in the record of one group.
func exchangeIn(group *hosting.Group, old, replacement hosting.Wire) {
	if !owns(replacement, group.Name, old.Parameter) && old.Into == group.Name && len(rivals(*group, old)) == 0 {
		delete(group.Values, old.Parameter)
	}
	switch {
	case slices.Contains(ends(replacement), group.Name):
		setWire(group, replacement)
	case group.Wires[old.ID].Into == old.Into:
		// Otherwise it is what leads to the wire's new target.
		delete(group.Wires, old.ID)
	}
}

func owns(wire hosting.Wire, group, parameter string) bool {
	return wire.Into == group && wire.Parameter == parameter
}

// forgetAtSources removes the traces of a group that goes from the records of
// the groups that feed it.
func (m *Manager) forgetAtSources(ctx context.Context, gone hosting.Group) error {
	var errs []error
	for _, wire := range gone.Wires {
		if wire.Into == gone.Name {
			errs = append(errs, m.forgetAtSourcesOf(ctx, wire))
		}
	}
	return errors.Join(errs...)
}

// forgetAtSourcesOf removes what leads to the wire from the records of its sources,
// but not from that of its target, which may be a source too.
func (m *Manager) forgetAtSourcesOf(ctx context.Context, wire hosting.Wire) error {
	var errs []error
	for _, name := range wire.Sources() {
		if name != wire.Into {
			errs = append(errs, m.exchangeAt(ctx, name, wire, hosting.Wire{}))
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
