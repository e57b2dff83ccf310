package manager

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// WireSpec is what an injection asks for: a wire into a deferred parameter, from
// outputs of groups or from a value.
type WireSpec struct {
	From      []hosting.Output
	Select    hosting.Select
	Separator string
	// MinSources, OnViolation and Order are those of a [hosting.Wire].
	MinSources  int
	OnViolation hosting.Violation
	Order       hosting.Order

	Into      string
	Parameter string
	// Former names the group that the wire fed until now, where Into is another
	// one; empty otherwise.
	Former string

	// Value is what is delivered where From is empty; nil leaves the stored value
	// as it is.
	Value *string
	// KeepStored: Value counts only where the target's record holds none. A secret
	// that Terraform doesn't compare may be another one in every run.
	KeepStored bool
}

// Connection is what a call of Connect has found and done.
type Connection struct {
	// WireID identifies the wire from now on.
	WireID string
	// Holds says, where nothing was delivered because the sources have no servers, or
	// too few, which; empty otherwise. It is no error: what was delivered stays in force.
	Holds string
	// Outdated are the keys of the members that keep a former value, because its change
	// replaces servers; the next change of their group does that.
	Outdated []string
}

// WireOwnedError says that another injection owns the parameter.
type WireOwnedError struct{ Into, Parameter string }

// Error says what is owned and what to do.
func (e *WireOwnedError) Error() string {
	return fmt.Sprintf("another injection delivers parameter %q of server group %q already: a parameter has one source; "+
		"remove one of the two injections, or move this one with a moved block if it is the same one under a new name; "+
		"where two injections exchange their parameters, remove one of them, apply, and add it again", e.Parameter, e.Into)
}

// TooFewSourcesError says that the sources of a wire have fewer servers than it demands.
type TooFewSourcesError struct{ Into, Parameter, Shortage string }

// Error says what is missing and what to do.
func (e *TooFewSourcesError) Error() string {
	return fmt.Sprintf("parameter %q of server group %q: %s; add servers, or lower min_sources; with on_violation = \"hold\", what was delivered before stays in force",
		e.Parameter, e.Into, e.Shortage)
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
// [LoopError]; sources with too few servers are a [TooFewSourcesError] if the wire
// says so. After any error things are as they were before the call, as far as the
// hosting service allows it; a repeated call goes on from there.
func (m *Manager) Connect(ctx context.Context, id string, spec WireSpec) (Connection, error) {
	if spec.Select == hosting.SelectOwn && (len(spec.From) != 1 || spec.From[0].Group != spec.Into) {
		return Connection{}, fmt.Errorf("a wire that gives each member its own value has server group %q as its only source", spec.Into)
	}
	moved, err := m.movedWire(ctx, id, spec)
	if err != nil {
		return Connection{}, err
	}
	wire := hosting.Wire{
		ID: id, Run: m.run,
		// Until Terraform has saved that the wire has moved, nothing but this run
		// stands for it at its new target.
		Confirmed: id != "" && moved.ID == "",
		From:      spec.From, Select: spec.Select, Separator: spec.Separator,
		MinSources: spec.MinSources, OnViolation: spec.OnViolation, Order: spec.Order,
		Into: spec.Into, Parameter: spec.Parameter,
	}
	if id == "" {
		wire.ID = rand.Text()
	}
	former, err := m.claimParameter(ctx, wire)
	if err != nil {
		return Connection{}, err
	}
	if moved.ID != "" {
		former = moved
	}
	done, err := m.establish(ctx, wire, former, spec)
	if err != nil {
		return Connection{}, errors.Join(err, m.undo(ctx, wire, former))
	}
	return done, nil
}

// movedWire returns the wire as the record of its former target has it; zero where
// the target stays, or where nothing of the wire is left there.
func (m *Manager) movedWire(ctx context.Context, id string, spec WireSpec) (hosting.Wire, error) {
	if id == "" || spec.Former == "" || spec.Former == spec.Into {
		return hosting.Wire{}, nil
	}
	return m.wireInto(ctx, id, spec.Former)
}

// wireInto returns the wire as the record of its target has it; zero where there
// is none.
func (m *Manager) wireInto(ctx context.Context, id, into string) (hosting.Wire, error) {
	group, err := m.service.Group(ctx, into)
	if errors.Is(err, hosting.ErrNotFound) {
		return hosting.Wire{}, nil
	}
	if err != nil {
		return hosting.Wire{}, err
	}
	if wire := group.Wires[id]; wire.Into == into {
		return wire, nil
	}
	return hosting.Wire{}, nil
}

// establish completes the record of a wire that owns its parameter, delivers, and
// last removes what its former self, zero for a new wire, has left: until then
// everything can be put back.
func (m *Manager) establish(ctx context.Context, wire, former hosting.Wire, spec WireSpec) (Connection, error) {
	if err := m.completeWire(ctx, wire); err != nil {
		return Connection{}, err
	}
	done, err := m.deliverAlong(ctx, wire, spec)
	if err != nil || former.ID == "" {
		return done, err
	}
	return done, m.exchange(ctx, former, wire)
}

// completeWire records the wire at its sources and refuses one that closes a loop.
// The loop is looked for after the wire is in the target's record: of two wires
// that are recorded at the same time and close a loop together, at least one sees
// it.
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

// Disconnect forgets the wire and, if it still owns the parameter, the value that
// is stored for it. Running members keep what they have, and the revision stays. A
// wire or a group that is gone is no error.
func (m *Manager) Disconnect(ctx context.Context, id, into string) error {
	wire, err := m.wireInto(ctx, id, into)
	if err != nil || wire.ID == "" {
		return err
	}
	ctx, cancel := withGrace(ctx)
	defer cancel()
	return m.exchange(ctx, wire, hosting.Wire{})
}
