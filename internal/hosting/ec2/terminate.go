package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// Terminate implements [hosting.Servers]. What isn't proved to be a member is left alone,
// whatever it is called.
func (s *Service) Terminate(ctx context.Context, servers []hosting.Server) error {
	var errs []error
	for ref, ids := range byGroup(servers) {
		if err := s.terminate(ctx, ref, ids); err != nil {
			errs = append(errs, fmt.Errorf("terminating servers of group %q: %w", ref.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) terminate(ctx context.Context, ref hosting.GroupRef, asked []string) error {
	members, err := s.members(ctx, ref)
	if err != nil {
		return err
	}
	members = slices.DeleteFunc(members, func(m member) bool { return !slices.Contains(asked, m.id) })
	refused, err := batchCall{
		service: s,
		call: func(ctx context.Context, ids []string) error {
			_, err := s.options.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
			return err
		},
		// Such as termination protection.
		refuses: func(code string) bool { return code == "OperationNotPermitted" || code == "UnsupportedOperation" },
	}.do(ctx, memberIDs(members))
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range members {
		if err := refused[m.id]; err != nil {
			errs = append(errs, fmt.Errorf("%s (%s): %w", hosting.MemberKey(ref.Name, m.slot), m.id, err))
		}
	}
	ending := slices.DeleteFunc(members, func(m member) bool { return refused[m.id] != nil })
	ids := append(memberIDs(ending), s.shuttingDown(ref, asked)...)
	return errors.Join(append(errs, s.awaitEnd(ctx, ids))...)
}

// shuttingDown returns those of the members that are about to be terminated already.
func (s *Service) shuttingDown(ref hosting.GroupRef, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		k, found := s.recollect(id)
		return !found || k.ref != ref || k.state != ec2types.InstanceStateNameShuttingDown
	})
}

// awaitEnd waits until nothing of the instances runs any more, and forgets them. One that
// EC2 has stopped showing has ended, if a second look doesn't show it either.
func (s *Service) awaitEnd(ctx context.Context, ids []string) error {
	absent := make(map[string]bool)
	err := wait.Until(ctx, s.options.Pace.Busy, func(ctx context.Context) (bool, error) {
		instances, err := s.describeIDs(ctx, ids)
		if err != nil {
			return false, err
		}
		states := make(map[string]ec2types.InstanceStateName)
		for _, instance := range instances {
			if instance.InstanceId != nil && instance.State != nil {
				states[*instance.InstanceId] = instance.State.Name
			}
		}
		ids = slices.DeleteFunc(ids, func(id string) bool {
			state, shown := states[id]
			over := state == ec2types.InstanceStateNameTerminated || !shown && absent[id]
			absent[id] = !shown
			if over {
				s.forget(id)
			}
			return over
		})
		return len(ids) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %d instances to end: %w", len(ids), err)
	}
	return nil
}
