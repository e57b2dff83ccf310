//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// launchWidth bounds the supervisors that start at once: starting one is work
// for a processor, and more at once make none of them faster.
const launchWidth = 8

// Launch implements [hosting.Servers]. A server of the same identity that has
// ended is returned as such: a launch never starts anything a second time.
func (s *Service) Launch(ctx context.Context, request hosting.LaunchRequest) ([]hosting.Server, error) {
	if err := validateLaunch(request); err != nil {
		return nil, fmt.Errorf("launching servers of group %q: %w", request.Group.Name, err)
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	contents := newParcel(request)
	slots := slices.Sorted(slices.Values(request.Slots))
	launched := make([]*hosting.Server, len(slots))
	err := each(len(slots), launchWidth, func(index int) error {
		server, err := s.launch(ctx, request, slots[index], contents)
		if err != nil {
			return fmt.Errorf("launching %s: %w", hosting.MemberKey(request.Group.Name, slots[index]), err)
		}
		launched[index] = &server
		return nil
	})
	var servers []hosting.Server
	for _, server := range launched {
		if server != nil {
			servers = append(servers, *server)
		}
	}
	return servers, capacityError(err, len(slots), len(servers))
}

func validateLaunch(request hosting.LaunchRequest) error {
	if err := boot.CheckResourceName(request.Group.Name); err != nil {
		return err
	}
	if request.Group.Incarnation == "" {
		return errors.New("the group has no incarnation")
	}
	slots := slices.Sorted(slices.Values(request.Slots))
	if len(slots) > 0 && slots[0] < 0 {
		return fmt.Errorf("slot %d is negative", slots[0])
	}
	if len(slices.Compact(slots)) != len(request.Slots) {
		return errors.New("a slot is asked for twice")
	}
	return nil
}

// capacityError tells a machine that is full from everything else that fails.
func capacityError(err error, wanted, launched int) error {
	full := []error{syscall.EAGAIN, syscall.ENOMEM, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, errNoAddress}
	if err != nil && slices.ContainsFunc(full, func(target error) bool { return errors.Is(err, target) }) {
		return &hosting.CapacityError{Wanted: wanted, Launched: launched, Err: err}
	}
	return err
}

func (s *Service) launch(ctx context.Context, request hosting.LaunchRequest, slot int, contents parcel) (hosting.Server, error) {
	if err := context.Cause(ctx); err != nil {
		return hosting.Server{}, err
	}
	server, err := s.open(ctx, request, slot, contents)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, hosting.ErrNotFound) {
		if !s.serverDirectory(deriveID(request.Group, slot, request.Attempt)).exists() {
			err = fmt.Errorf("somebody has terminated it meanwhile: %w", err)
		}
	}
	return server, err
}

// open returns the server, which it starts unless it has been started.
func (s *Service) open(ctx context.Context, request hosting.LaunchRequest, slot int, contents parcel) (hosting.Server, error) {
	id := deriveID(request.Group, slot, request.Attempt)
	record := launchRecord{
		Group: request.Group, Slot: slot, Attempt: request.Attempt,
		Fingerprint: request.Fingerprint, Restart: request.Restart,
	}
	directory, started, held, err := s.openServer(ctx, id, record, contents)
	if err != nil {
		return hosting.Server{}, err
	}
	if !started {
		if err := s.start(ctx, directory, held); err != nil {
			return hosting.Server{}, err
		}
	}
	return s.inspect(ctx, directory)
}
