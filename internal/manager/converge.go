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
// the first that fails; then what is too much is terminated.
func (m *Manager) converge(ctx context.Context, ref hosting.GroupRef, keep map[int]bool) error {
	group, err := m.group(ctx, ref)
	if err != nil {
		return err
	}
	if err := m.resumeLaunch(ctx, group); err != nil {
		return err
	}
	before, err := m.Observe(ctx, ref)
	if err != nil {
		return err
	}
	work := planConvergence(before, keep)
	if _, err := m.launch(ctx, ref, work.launch); err != nil {
		return err
	}
	if err := m.terminate(ctx, ref, work.retire); err != nil {
		return err
	}
	return m.roll(ctx, ref, work)
}

// convergence is what has to be done to a group.
type convergence struct {
	// launch are the slots that get a server at once.
	launch []int
	// roll are the healthy members to replace one at a time.
	roll []Member
	// retire are the servers that are too much, have failed, or are left over.
	retire []hosting.Server
}

func planConvergence(observation Observation, keep map[int]bool) convergence {
	group := observation.Group
	fingerprint := Fingerprint(group.Configuration, group.Parameters)
	work := convergence{retire: observation.Leftovers}
	for slot := range group.Size {
		member, running := observation.Member(slot)
		switch {
		case keep[slot]:
		case !running:
			work.launch = append(work.launch, slot)
		case member.Failed():
			work.launch = append(work.launch, slot)
			work.retire = append(work.retire, member.Server)
		case member.Fingerprint != fingerprint:
			work.roll = append(work.roll, member)
		}
	}
	for _, member := range slices.Backward(observation.Members) {
		if member.Slot >= group.Size {
			work.retire = append(work.retire, member.Server)
		}
	}
	return work
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

// roll replaces the healthy outdated members one at a time. It begins only when
// what was launched in the place of missing and failed members does better.
func (m *Manager) roll(ctx context.Context, ref hosting.GroupRef, work convergence) error {
	if len(work.roll) == 0 {
		return nil
	}
	for _, slot := range work.launch {
		if err := m.passGate(ctx, ref, slot); err != nil {
			return fmt.Errorf("the rolling change doesn't begin, the other members keep running: %w", err)
		}
	}
	for _, member := range work.roll {
		if err := m.rollMember(ctx, member); err != nil {
			return err
		}
	}
	return nil
}

// rollMember replaces one healthy member: its successor is launched, passes the
// gate, and only then the old server goes. A successor that fails goes instead.
func (m *Manager) rollMember(ctx context.Context, old Member) error {
	servers, err := m.launch(ctx, old.Group, []int{old.Slot})
	if err != nil {
		return err
	}
	if err := m.passGate(ctx, old.Group, old.Slot); err != nil {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		defer cancel()
		err = fmt.Errorf("the rolling change stops at %s, whose old server keeps running: %w", old.Key(), err)
		return errors.Join(err, m.terminate(cleanup, old.Group, servers))
	}
	return m.terminate(ctx, old.Group, []hosting.Server{old.Server})
}

// passGate waits until the slot's member is ready. It doesn't wait for a member
// that lacks only values which nobody can deliver before the change is over.
func (m *Manager) passGate(ctx context.Context, ref hosting.GroupRef, slot int) error {
	key := hosting.MemberKey(ref.Name, slot)
	err := wait.Until(ctx, m.service.Pace().Idle, func(ctx context.Context) (bool, error) {
		observation, err := m.Observe(ctx, ref)
		if err != nil {
			return false, err
		}
		member, running := observation.Member(slot)
		if !running {
			return false, &MemberError{Key: key, Failure: lostReason(observation, slot)}
		}
		if member.Failed() {
			return false, newMemberError(member, observation.Group)
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
