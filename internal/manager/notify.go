package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// notify gives the consumers of the group's outputs, along its wires, what the servers say
// that stay, and waits until they have applied it: nobody is to use a server that goes.
// A consumer that isn't ready, or doesn't answer within the drain timeout, is passed over
// with a warning.
func (c *change) notify(ctx context.Context) error {
	group, err := c.group(ctx, c.ref)
	if err != nil {
		return err
	}
	var consumers []consumer
	for _, name := range consumersOf(group) {
		told, err := c.tell(ctx, name)
		if errors.Is(err, hosting.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("delivering to server group %q: %w", name, err)
		}
		consumers = append(consumers, told)
	}
	return c.awaitConsumers(ctx, consumers)
}

// notifyOf is notify where one of the servers still runs.
func (c *change) notifyOf(ctx context.Context, servers []hosting.Server) error {
	if !slices.ContainsFunc(servers, func(s hosting.Server) bool { return s.State == hosting.ServerRunning }) {
		return nil
	}
	return c.notify(ctx)
}

// consumersOf returns the names of the groups that are fed from the group, sorted.
func consumersOf(group hosting.Group) []string {
	names := make(map[string]bool)
	for _, wire := range group.Wires {
		if slices.Contains(wire.Sources(), group.Name) {
			names[wire.Into] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// consumer is a group that was told.
type consumer struct {
	ref hosting.GroupRef
	// revision is the one that its members are to have applied.
	revision int
	// awaited are the IDs of the servers that had not applied it yet, by member key.
	awaited map[string]string
}

// tell stores and delivers what the wires from the group into another one carry now.
func (c *change) tell(ctx context.Context, name string) (consumer, error) {
	target, err := c.ObserveByName(ctx, name)
	if err != nil {
		return consumer{}, err
	}
	group, carries := target.Group, false
	for _, id := range slices.Sorted(maps.Keys(group.Wires)) {
		wire := group.Wires[id]
		if wire.Into != name || !slices.Contains(wire.Sources(), c.ref.Name) || len(target.Members) == 0 {
			continue
		}
		looks, err := c.lookAtEnds(ctx, wire)
		if err != nil {
			return consumer{}, err
		}
		now := carry(wire, looks)
		if !now.ok {
			continue
		}
		if group, _, err = c.store(ctx, looks, wire, now.value); err != nil {
			return consumer{}, err
		}
		carries = true
	}
	if !carries {
		return consumer{}, nil
	}
	told := consumer{ref: group.GroupRef, revision: group.Revision, awaited: make(map[string]string)}
	for _, member := range target.Members {
		if member.Slot < group.Size && !member.Failed() && member.Report.Applied < group.Revision {
			told.awaited[member.Key()] = member.ID
		}
	}
	return told, c.spread(ctx, target, group)
}

// tellItself is tell for a group that feeds itself: its new servers wait for a list that
// they are in.
func (c *change) tellItself(ctx context.Context, group hosting.Group) error {
	if !slices.Contains(consumersOf(group), group.Name) {
		return nil
	}
	_, err := c.tell(ctx, group.Name)
	return err
}

// awaitConsumers waits until those that were told have applied it, and warns of the others.
func (c *change) awaitConsumers(ctx context.Context, consumers []consumer) error {
	limited, cancel := context.WithTimeoutCause(ctx, c.drainTimeout, errDrainTimeout)
	defer cancel()
	var last lateness
	err := wait.Until(limited, c.service.Pace().Idle, func(ctx context.Context) (bool, error) {
		now, err := c.lateMembers(ctx, consumers)
		if err == nil {
			last = now
		}
		return err == nil && !now.busy, err
	})
	if err != nil && !errors.Is(context.Cause(limited), errDrainTimeout) {
		return err
	}
	for _, key := range last.keys {
		c.warnings = append(c.warnings, fmt.Errorf("%s has not applied that servers of group %q go, and may use them until it has", key, c.ref.Name))
	}
	return nil
}

// lateness is which consumers have not applied what they were told.
type lateness struct {
	keys []string
	// busy: one of them is ready, or at work, and so will.
	busy bool
}

func (c *change) lateMembers(ctx context.Context, consumers []consumer) (lateness, error) {
	var late lateness
	for _, told := range consumers {
		if len(told.awaited) == 0 {
			continue
		}
		look, err := c.watch(ctx, told.ref)
		if errors.Is(err, hosting.ErrNotFound) {
			continue
		}
		if err != nil {
			return lateness{}, err
		}
		// Those whose turn has come get it.
		if err := c.spread(ctx, look, look.Group); err != nil {
			return lateness{}, err
		}
		for _, member := range look.Members {
			if told.awaited[member.Key()] != member.ID || member.Failed() || member.Report.Applied >= told.revision {
				continue
			}
			late.keys = append(late.keys, member.Key())
			waits := member.inLine(look.Group) && stopped(look)
			late.busy = late.busy || !waits && (member.Report.Status == boot.StatusReady || member.Report.Received > member.Report.Applied)
		}
	}
	return late, nil
}
