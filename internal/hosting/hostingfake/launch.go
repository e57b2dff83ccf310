package hostingfake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

var errFull = errors.New("the world is full")

// Launch implements [hosting.Servers]. Each server is a step.
func (s *Service) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	if err := validateLaunch(request); err != nil {
		return nil, err
	}
	work := launch{world: s.world, request: request, program: newProgram(clonePayload(request.Payload))}
	work.request.Delivery = cloneDelivery(request.Delivery)
	var effects []effect
	for _, slot := range slices.Sorted(slices.Values(request.Slots)) {
		effects = append(effects, func() (bool, error) { return work.start(slot) })
	}
	what := fmt.Sprintf("attempt %d, slots %v", request.Attempt, request.Slots)
	err := s.performEach(ctx, Call{Method: "Launch", Group: request.Group.Name, What: what}, effects)
	if errors.Is(err, ErrKilled) {
		return nil, err
	}
	s.world.noteReturned(work.launched)
	if errors.Is(err, errFull) {
		err = &hosting.CapacityError{Wanted: len(request.Slots), Launched: len(work.launched), Err: err}
	}
	return work.launched, err
}

// Recall implements [hosting.Servers]: what was launched is known here, also while it
// isn't listed yet.
func (s *Service) Recall(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	var recalled []hosting.Server
	what := fmt.Sprintf("attempt %d, slots %v", request.Attempt, request.Slots)
	err := s.perform(ctx, Call{Method: "Recall", Group: request.Group.Name, What: what}, func() (bool, error) {
		for _, slot := range slices.Sorted(slices.Values(request.Slots)) {
			if found, launched := s.world.servers[serverID(request.Group, slot, request.Attempt)]; launched {
				found.Returned = true
				recalled = append(recalled, found.describe(s.world.options.Now()))
			}
		}
		return false, nil
	})
	return recalled, err
}

func validateLaunch(request hosting.LaunchRequest) error {
	slots := slices.Sorted(slices.Values(request.Slots))
	switch {
	case request.Group.Name == "" || request.Group.Incarnation == "":
		return errors.New("launching servers: the group has no name or no incarnation")
	case len(slots) > 0 && slots[0] < 0:
		return fmt.Errorf("launching servers of group %q: slot %d is negative", request.Group.Name, slots[0])
	case len(slices.Compact(slots)) != len(request.Slots):
		return fmt.Errorf("launching servers of group %q: a slot is asked for twice", request.Group.Name)
	}
	return nil
}

// launch is one call of Launch.
type launch struct {
	world    *World
	request  hosting.LaunchRequest
	program  *program
	launched []hosting.Server
}

// start launches the server of a slot, or finds it.
func (l *launch) start(slot int) (changed bool, err error) {
	w, now := l.world, l.world.options.Now()
	id := serverID(l.request.Group, slot, l.request.Attempt)
	if present, found := w.servers[id]; found {
		l.launched = append(l.launched, present.describe(now))
		return false, nil
	}
	if w.capacity > 0 && w.countRunning() >= w.capacity {
		return false, errFull
	}
	key := l.program.key()
	if _, known := w.programs[key]; !known {
		w.programs[key] = l.program
	}
	started := &server{
		Server: hosting.Server{
			ID: id, Group: l.request.Group, Slot: slot, Attempt: l.request.Attempt,
			State:       hosting.ServerRunning,
			Facts:       hosting.Facts{PrivateIP: w.nextAddress(), Zone: "fake"},
			Fingerprint: l.request.Fingerprint, Restart: l.request.Restart,
			Delivered: l.request.Delivery.Revision, LaunchedAt: now,
		},
		Program: key, Newest: l.request.Delivery, Life: newLife(1, now, l.request.Delivery),
		program: w.programs[key], behavior: w.behaviorOf(l.program),
	}
	w.admit(started)
	l.launched = append(l.launched, started.Server)
	return true, nil
}

func (w *World) noteReturned(servers []hosting.Server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, launched := range servers {
		if known, found := w.servers[launched.ID]; found {
			known.Returned = true
		}
	}
}

func (w *World) countRunning() int {
	count := 0
	for _, server := range w.servers {
		server.settle(w.options.Now())
		if server.running() {
			count++
		}
	}
	return count
}

func clonePayload(payload boot.Payload) boot.Payload {
	payload.Configuration = cloneConfiguration(payload.Configuration)
	payload.Parameters = maps.Clone(payload.Parameters)
	return payload
}

func cloneDelivery(delivery boot.Delivery) boot.Delivery {
	delivery.Values = maps.Clone(delivery.Values)
	return delivery
}
