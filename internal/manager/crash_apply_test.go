package manager_test

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// createGroup saves what runs also after a failure, which then is a warning.
func (r *run) createGroup(ctx context.Context, name string) error {
	spec := r.want.spec(name)
	outcome, err := r.manager.CreateGroup(ctx, spec)
	if err != nil && len(outcome.Members) == 0 {
		return err
	}
	r.state.groups[name] = groupState{
		ref: outcome.Group.GroupRef, generation: r.want.groups[name].generation, spec: spec, members: membersOf(outcome.Observation),
	}
	return nil
}

// changeGroup saves the members and, after a failure, the arguments as they were.
func (r *run) changeGroup(ctx context.Context, name string, keep map[int]bool) error {
	known, spec := r.state.groups[name], r.want.spec(name)
	outcome, err := r.manager.ChangeGroup(ctx, known.ref, spec, keep)
	if err != nil && outcome.Group.Name == "" {
		return err
	}
	members := membersOf(outcome.Observation)
	if err == nil {
		known.spec = spec
		for slot, kept := range keep {
			if kept {
				members[slot] = known.members[slot]
			}
		}
	}
	known.members = members
	r.state.groups[name] = known
	return err
}

func (r *run) connect(ctx context.Context, address string) error {
	known, exists := r.state.wires[address]
	spec := r.want.wires[address]
	if exists && known.spec.Into != spec.Into {
		spec.Former = known.spec.Into
	}
	connection, err := r.manager.Connect(ctx, known.id, spec)
	if err != nil {
		return err
	}
	spec.Former = ""
	r.state.wires[address] = wireState{id: connection.WireID, spec: spec, ends: r.handles(spec), delivery: rand.Text()}
	return nil
}

func (r *run) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if len(r.state.groups) == 0 {
		return nil
	}
	if _, err := r.manager.Await(ctx, manager.AwaitSpec{Groups: r.refs()}); err != nil {
		return err
	}
	r.state.readiness = r.awaited()
	return nil
}
