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

// lookTimeout bounds the look at a group after a change that was cancelled.
const lookTimeout = 30 * time.Second

// converge makes the group's servers what its record asks for. New servers exist
// before old ones go: first everything missing, and in the place of what has
// failed, together; then the healthy outdated members one at a time, stopping at
// the first that fails. What is too much goes also where nothing can be launched.
func (m *Manager) converge(ctx context.Context, ref hosting.GroupRef, keep map[int]bool) error {
	group, err := m.group(ctx, ref)
	if err != nil {
		return err
	}
	launchErr := m.resumeLaunch(ctx, group)
	before, err := m.Observe(ctx, ref)
	if err != nil {
		return errors.Join(launchErr, err)
	}
	work := planConvergence(before, keep)
	var launched []hosting.Server
	if launchErr == nil {
		launched, launchErr = m.launch(ctx, ref, work.launch)
	}
	if launchErr == nil {
		work.surplus = append(work.surplus, work.failed...)
	}
	if err := errors.Join(launchErr, m.terminate(ctx, ref, work.surplus)); err != nil {
		return err
	}
	return m.roll(ctx, work, launched)
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

// planSlot plans one slot. A predecessor that is well stays until its successor
// is, or takes its place again where the successor has failed.
func (c *convergence) planSlot(observation Observation, slot int, keep bool) {
	member, running := observation.Member(slot)
	predecessor, replacing := observation.Predecessors[slot]
	switch {
	case replacing && predecessor.Failed():
		c.surplus = append(c.surplus, predecessor.Server)
	case replacing && member.Failed() && !keep:
		c.surplus = append(c.surplus, member.Server)
		member = predecessor
	case replacing:
		c.finish = append(c.finish, replacement{old: predecessor.Server, successor: member.Server})
		return
	}
	fingerprint := Fingerprint(observation.Group.Configuration, observation.Group.Parameters)
	switch {
	case keep:
	case !running:
		c.launch = append(c.launch, slot)
	case member.Failed():
		c.launch = append(c.launch, slot)
		c.failed = append(c.failed, member.Server)
	case member.Fingerprint != fingerprint:
		c.roll = append(c.roll, member)
	}
}

func (m *Manager) terminate(ctx context.Context, ref hosting.GroupRef, servers []hosting.Server) error {
	if len(servers) == 0 {
		return nil
	}
	if err := m.service.Terminate(ctx, servers); err != nil {
		return fmt.Errorf("terminating servers of group %q: %w", ref.Name, err)
	}
	return nil
}

// roll replaces the healthy outdated members one at a time, what was cut short
// first. It begins only when what was launched in the place of missing and failed
// members does better.
func (m *Manager) roll(ctx context.Context, work convergence, launched []hosting.Server) error {
	if len(work.roll)+len(work.finish) == 0 {
		return nil
	}
	for _, server := range launched {
		if err := m.passGate(ctx, server); err != nil {
			return fmt.Errorf("the rolling change doesn't begin, the other members keep running: %w", err)
		}
	}
	for _, begun := range work.finish {
		if err := m.handOver(ctx, begun); err != nil {
			return err
		}
	}
	for _, old := range work.roll {
		successors, err := m.launch(ctx, old.Group, []int{old.Slot})
		if err != nil {
			return err
		}
		for _, successor := range successors {
			if err := m.handOver(ctx, replacement{old: old.Server, successor: successor}); err != nil {
				return err
			}
		}
	}
	return nil
}

// handOver ends a healthy server when its successor has passed the gate. A
// successor that doesn't pass it goes instead.
func (m *Manager) handOver(ctx context.Context, change replacement) error {
	group := change.old.Group
	err := m.passGate(ctx, change.successor)
	if err == nil {
		return m.terminate(ctx, group, []hosting.Server{change.old})
	}
	err = fmt.Errorf("the rolling change stops at %s, whose old server keeps running: %w", change.old.Key(), err)
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	return errors.Join(err, m.terminate(cleanup, group, []hosting.Server{change.successor}))
}

// passGate waits until the server, the newest in its slot, is ready. It doesn't
// wait for one that lacks only values which nobody can deliver before the change
// is over.
func (m *Manager) passGate(ctx context.Context, server hosting.Server) error {
	key := server.Key()
	err := wait.Until(ctx, m.service.Pace().Idle, func(ctx context.Context) (bool, error) {
		observation, err := m.Observe(ctx, server.Group)
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
		if _, stored := group.Values[name]; stored {
			return false
		}
	}
	return true
}
