package ec2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// launching is what one call at a time does to a group: see [Service.lock].
const launching = "launch"

// Launch implements [hosting.Servers]. Where a run of slots is sent is recorded before
// it is sent; see launch_plan.go for what that is good for.
func (s *Service) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	servers, err := s.launchServers(ctx, request)
	if capacity := (*hosting.CapacityError)(nil); err != nil && !errors.As(err, &capacity) {
		err = fmt.Errorf("launching servers of group %q: %w", request.Group.Name, err)
	}
	return servers, err
}

func (s *Service) launchServers(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	if err := checkLaunch(request); err != nil {
		return nil, err
	}
	unlock, err := s.lock(ctx, request.Group, launching)
	if err != nil {
		return nil, err
	}
	defer unlock()
	l, err := s.beginLaunch(ctx, request)
	if err != nil {
		return nil, err
	}
	err = l.finish(ctx, l.carryOut(ctx))
	return l.servers(), l.judge(err)
}

func checkLaunch(request hosting.LaunchRequest) error {
	slots := slices.Sorted(slices.Values(request.Slots))
	switch {
	case request.Group.Name == "" || request.Group.Incarnation == "":
		return errors.New("the group has no name or no incarnation")
	case request.Payload.Configuration.EC2 == nil:
		return fmt.Errorf("server configuration %q has no ec2 settings", request.Payload.Configuration.Name)
	case len(slots) > 0 && slots[0] < 0:
		return fmt.Errorf("slot %d is negative", slots[0])
	case len(slices.Compact(slots)) != len(request.Slots):
		return errors.New("a slot is asked for twice")
	}
	return nil
}

// launch is one call of Launch or Recall.
type launch struct {
	service *Service
	request hosting.LaunchRequest
	// template is what new runs are launched from.
	template   template
	candidates []candidate
	shape      shape
	// sends are those that are recorded, of this attempt.
	sends []send
	// members are those of the attempt by slot, as far as they are known. Those of other
	// slots than the request's may be among them.
	members map[int]member
	// ended are slots whose server has ended so long ago that EC2 doesn't show it.
	ended map[int]bool
	// full are the candidates that were found to have no room, and why.
	full map[candidate]error
	// recall says that nothing new is to be launched.
	recall bool
}

// beginLaunch gathers what a launch needs. It launches nothing.
func (s *Service) beginLaunch(ctx context.Context, request hosting.LaunchRequest) (*launch, error) {
	l := s.newLaunch(request)
	if len(request.Slots) == 0 {
		return l, nil
	}
	configuration := request.Payload.Configuration
	found, err := s.findTemplate(ctx, configuration.ID())
	if err != nil {
		return nil, fmt.Errorf("reading the launch template of server configuration %q: %w", configuration.Name, err)
	}
	l.template, l.candidates = found, candidates(*configuration.EC2, found.InstanceType)
	if l.shape, err = s.newShape(ctx, request, found); err != nil {
		return nil, err
	}
	if err := s.recordTemplate(ctx, request.Group, found.ID); err != nil {
		return nil, err
	}
	return l, l.look(ctx)
}

func (s *Service) newLaunch(request hosting.LaunchRequest) *launch {
	return &launch{
		service: s, request: request,
		members: make(map[int]member), ended: make(map[int]bool), full: make(map[candidate]error),
	}
}

// look takes note of the members of the attempt that are known.
func (l *launch) look(ctx context.Context) error {
	members, err := l.service.members(ctx, l.request.Group)
	for _, m := range members {
		l.admit(m)
	}
	return err
}

// admit takes note of a member, if it is of this attempt.
func (l *launch) admit(m member) {
	if m.attempt == l.request.Attempt {
		l.members[m.slot] = m
	}
}

// carryOut sends what is to be sent, in rounds: what a place has no room for is of a later
// round.
func (l *launch) carryOut(ctx context.Context) error {
	queue, err := l.plan(ctx)
	for err == nil && len(queue) > 0 {
		size := min(len(queue), maxSends)
		if size == maxSends {
			// What is listed need not be recorded any more.
			if err := l.awaitListed(ctx); err != nil {
				return err
			}
		}
		var later []task
		later, err = l.carryOutRound(ctx, queue[:size])
		queue = append(later, queue[size:]...)
	}
	return err
}

// finish waits until the list shows what was launched, also where the launch has failed:
// what runs is to be known. A launch that was given up hasn't been waited for, and so has
// failed.
func (l *launch) finish(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return errors.Join(err, l.awaitListed(ctx))
	}
	if err == nil {
		err = fmt.Errorf("waiting until EC2 shows what was launched: %w", context.Cause(ctx))
	}
	return err
}

// servers returns what is known of the servers in the request's slots, sorted by slot.
func (l *launch) servers() []hosting.Server {
	var servers []hosting.Server
	for _, slot := range slices.Sorted(slices.Values(l.request.Slots)) {
		switch m, found := l.members[slot]; {
		case found:
			servers = append(servers, m.server())
		case l.ended[slot]:
			servers = append(servers, hosting.Server{
				Group: l.request.Group, Slot: slot, Attempt: l.request.Attempt,
				State: hosting.ServerEnded, EndReason: "it was terminated",
			})
		}
	}
	return servers
}

// judge makes a CapacityError where all that has gone wrong is that there is no room.
func (l *launch) judge(err error) error {
	missing := 0
	for _, slot := range l.request.Slots {
		if _, found := l.members[slot]; !found && !l.ended[slot] {
			missing++
		}
	}
	if err != nil || missing == 0 || l.recall {
		return err
	}
	var reasons []error
	for _, place := range l.candidates {
		if reason, full := l.full[place]; full {
			reasons = append(reasons, fmt.Errorf("%s: %w", place, reason))
		}
	}
	wanted := len(l.request.Slots)
	return &hosting.CapacityError{Wanted: wanted, Launched: wanted - missing, Err: errors.Join(reasons...)}
}

// Recall implements [hosting.Servers]. Only the client token tells whether a run that
// was sent has been launched, and it tells by launching it: what was recorded is sent
// once more.
func (s *Service) Recall(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	servers, err := s.recallServers(ctx, request)
	if err != nil {
		err = fmt.Errorf("recalling servers of group %q: %w", request.Group.Name, err)
	}
	return servers, err
}

func (s *Service) recallServers(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	if err := checkLaunch(request); err != nil {
		return nil, err
	}
	unlock, err := s.lock(ctx, request.Group, launching)
	if err != nil {
		return nil, err
	}
	defer unlock()
	l, err := s.beginRecall(ctx, request)
	if err != nil {
		return nil, err
	}
	err = l.finish(ctx, l.carryOut(ctx))
	maps.DeleteFunc(l.ended, func(int, bool) bool { return true })
	return l.servers(), err
}

// beginRecall is beginLaunch where the content of the configuration may be gone:
// without it no run can be sent again, but looked for.
func (s *Service) beginRecall(ctx context.Context, request hosting.LaunchRequest) (*launch, error) {
	l := s.newLaunch(request)
	l.recall = true
	found, err := s.findTemplate(ctx, request.Payload.Configuration.ID())
	switch {
	case errors.Is(err, hosting.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		l.template = found
		if l.shape, err = s.newShape(ctx, request, found); err != nil {
			return nil, err
		}
	}
	return l, l.look(ctx)
}
