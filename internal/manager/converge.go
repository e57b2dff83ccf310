package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// change is one change of a group's servers.
type change struct {
	*Manager

	ref hosting.GroupRef
	// keep are the slots whose members are not replaced.
	keep         map[int]bool
	drainTimeout time.Duration
	warnings     []error
}

// converge makes the group's servers what its record asks for. New servers exist
// before old ones go: first everything missing, and in the place of what has
// failed, together; then the healthy outdated members one at a time, stopping at
// the first that fails. What is too much goes also where nothing can be launched.
func (c *change) converge(ctx context.Context) (err error) {
	for range attempts {
		if err = c.tryConverge(ctx); !errors.Is(err, errOutdated) {
			break
		}
	}
	return err
}

func (c *change) tryConverge(ctx context.Context) error {
	group, err := c.group(ctx, c.ref)
	if err != nil {
		return err
	}
	launchErr := c.resumeLaunch(ctx, group)
	before, err := c.Observe(ctx, c.ref)
	if err != nil {
		return errors.Join(launchErr, err)
	}
	if launchErr == nil && before.Group.Launch != nil {
		return errOutdated
	}
	if err := c.spread(ctx, before, before.Group); err != nil {
		return errors.Join(launchErr, err)
	}
	work := planConvergence(before, c.keep)
	var launched []hosting.Server
	if launchErr == nil {
		launched, launchErr = c.launch(ctx, work.launch)
	}
	if launchErr == nil {
		work.surplus = append(work.surplus, work.failed...)
	}
	if err := errors.Join(launchErr, c.retire(ctx, work.surplus)); err != nil {
		return err
	}
	return c.roll(ctx, work, launched)
}

// lookAfter returns the group as it is after the change. It looks also when the
// change was cancelled, because what exists must reach Terraform's state.
func (c *change) lookAfter(ctx context.Context, changeErr error) (Outcome, error) {
	ctx, cancel := withGrace(ctx)
	defer cancel()
	observation, err := c.Observe(ctx, c.ref)
	return Outcome{Observation: observation, Warnings: c.warnings}, errors.Join(changeErr, err)
}

// convergence is what has to be done to a group.
type convergence struct {
	// launch are the slots that get a server at once.
	launch []int
	// failed are the servers in whose place others are launched.
	failed []hosting.Server
	// finish are the members to which a replacement that was cut short has come;
	// their predecessors still run.
	finish []replacement
	// roll are the healthy members to replace one at a time.
	roll []Member
	// restart are the healthy members to restart one at a time.
	restart []Member
	// surplus are the servers that are too much or left over.
	surplus []hosting.Server
}

// replacement is a server that takes another one's place.
type replacement struct{ old, successor hosting.Server }

func planConvergence(observation Observation, keep map[int]bool) convergence {
	group := observation.Group
	work := convergence{surplus: slices.Clone(observation.Leftovers)}
	for slot := range group.Size {
		work.planSlot(observation, slot, keep[slot])
	}
	for _, member := range slices.Backward(observation.Members) {
		if member.Slot < group.Size {
			continue
		}
		work.surplus = append(work.surplus, member.Server)
		if predecessor, found := observation.Predecessors[member.Slot]; found {
			work.surplus = append(work.surplus, predecessor.Server)
		}
	}
	return work
}

// planSlot plans one slot.
func (c *convergence) planSlot(observation Observation, slot int, keep bool) {
	member, running := observation.Member(slot)
	if predecessor, replacing := observation.Predecessors[slot]; replacing {
		begun := replacement{old: predecessor.Server, successor: member.Server}
		switch {
		case predecessor.Failed():
			c.surplus = append(c.surplus, begun.old)
		case !keep && (member.Failed() || outdated(observation.Group, member)):
			// The successor has failed, or isn't what is asked for any more: the
			// predecessor, which is well, takes its place again.
			c.surplus = append(c.surplus, begun.successor)
			member = predecessor
		default:
			c.finish = append(c.finish, begun)
			c.planRestart(observation.Group, member)
			return
		}
	}
	switch {
	case keep && (!running || member.Failed()):
	case !running:
		c.launch = append(c.launch, slot)
	case member.Failed():
		c.launch = append(c.launch, slot)
		c.failed = append(c.failed, member.Server)
	case !keep && outdated(observation.Group, member):
		c.roll = append(c.roll, member)
	default:
		c.planRestart(observation.Group, member)
	}
}

// outdated reports whether the member was launched from something else than its group's
// members are to be.
func outdated(group hosting.Group, member Member) bool {
	_, due := group.ReplacementDue(member.Server)
	return due || member.Fingerprint != Fingerprint(group.Configuration, group.Parameters)
}

// planRestart plans the restart of a member that has yet to boot under its group's
// mark.
func (c *convergence) planRestart(group hosting.Group, member Member) {
	if _, due := group.RestartDue(member.Server); due {
		c.restart = append(c.restart, member)
	}
}

// roll replaces and restarts the healthy outdated members one at a time, what was
// cut short first. It begins only when what was launched in the place of missing and
// failed members does better.
func (c *change) roll(ctx context.Context, work convergence, launched []hosting.Server) error {
	if len(work.roll)+len(work.finish)+len(work.restart) == 0 {
		return nil
	}
	for _, server := range launched {
		if err := c.passGate(ctx, server); err != nil {
			return fmt.Errorf("the rolling change doesn't begin, the other members keep running: %w", err)
		}
	}
	for _, begun := range work.finish {
		if err := c.handOver(ctx, begun); err != nil {
			return err
		}
	}
	for _, old := range work.roll {
		successors, err := c.launch(ctx, []int{old.Slot})
		if err != nil {
			return err
		}
		for _, successor := range successors {
			if err := c.handOver(ctx, replacement{old: old.Server, successor: successor}); err != nil {
				return err
			}
		}
	}
	return c.restartAll(ctx, work.restart)
}

// restartAll restarts the members one at a time under their group's mark, stopping
// at the first that doesn't come up again.
func (c *change) restartAll(ctx context.Context, members []Member) error {
	if len(members) == 0 {
		return nil
	}
	group, err := c.group(ctx, c.ref)
	if err != nil {
		return err
	}
	for _, member := range members {
		if err := c.restart(ctx, group, member); err != nil {
			return err
		}
		if err := c.passGate(ctx, member.Server); err != nil {
			return fmt.Errorf("the restart stops at %s, the members after it have not been restarted: %w", member.Key(), err)
		}
	}
	return nil
}

// restart lets the member boot anew, if it has not since that was asked for. It finds then
// what the record holds.
func (m *Manager) restart(ctx context.Context, group hosting.Group, member Member) error {
	mark, due := group.RestartDue(member.Server)
	if !due {
		return nil
	}
	servers := []hosting.Server{member.Server}
	if err := m.service.Deliver(ctx, servers, group.Delivery()); err != nil {
		return fmt.Errorf("delivering revision %d to %s: %w", group.Revision, member.Key(), err)
	}
	if err := m.service.Restart(ctx, servers, mark.String()); err != nil {
		return fmt.Errorf("restarting %s: %w", member.Key(), err)
	}
	return nil
}

// handOver ends a healthy server when its successor has passed the gate. A
// successor that doesn't pass it goes instead.
func (c *change) handOver(ctx context.Context, pair replacement) error {
	err := c.passGate(ctx, pair.successor)
	if err == nil {
		return c.retire(ctx, []hosting.Server{pair.old})
	}
	err = fmt.Errorf("the rolling change stops at %s, whose old server keeps running: %w", pair.old.Key(), err)
	cleanup, cancel := withGrace(ctx)
	defer cancel()
	return errors.Join(err, c.terminate(cleanup, []hosting.Server{pair.successor}))
}

// passGate waits until the server, the newest in its slot, is ready. It doesn't
// wait for one that lacks only values which nobody can deliver before the change
// is over.
func (m *Manager) passGate(ctx context.Context, server hosting.Server) error {
	key := server.Key()
	err := wait.Until(ctx, m.service.Pace().Idle, func(ctx context.Context) (bool, error) {
		observation, err := m.watch(ctx, server.Group)
		if err != nil {
			return false, err
		}
		member, running := observation.Member(server.Slot)
		if !running || member.ID != server.ID {
			return false, observation.lost(server.Slot)
		}
		if member.Failed() {
			return false, observation.failure(member)
		}
		// Whoever was to deliver what the ledger holds may wait for this change.
		if err := m.spread(ctx, observation, observation.Group); err != nil {
			return false, err
		}
		return member.Report.Status == boot.StatusReady || waitsInVain(member, observation.Group), nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s was not ready in time: %w", key, err)
	}
	return err
}

// waitsInVain reports whether the member waits, and only for parameters that the
// ledger has no value for.
func waitsInVain(member Member, group hosting.Group) bool {
	if member.Report.Status != boot.StatusWaiting {
		return false
	}
	for _, name := range member.Report.Waiting {
		if value, stored := group.Values[name]; stored && value.Has(member.Slot) {
			return false
		}
	}
	return true
}
