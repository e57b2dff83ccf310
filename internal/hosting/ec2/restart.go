package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// restarting is what one call at a time does to a group: see [Service.lock].
const restarting = "restart"

// Restart implements [hosting.Servers]. EC2 reboots an instance some time after it was
// asked, and tells nobody when: what the former boot says until then is told from what the
// new one says by the boot's identity, which is kept in a tag together with the mark.
func (s *Service) Restart(ctx context.Context, servers []hosting.Server, mark string) error {
	return s.reach(ctx, servers, restarting, func(ctx context.Context, ref hosting.GroupRef, members []member) error {
		members = slices.DeleteFunc(members, func(m member) bool { return m.tags[channel.RestartTag] == mark })
		if err := s.restart(ctx, ref, members, mark); err != nil {
			return fmt.Errorf("restarting servers of group %q: %w", ref.Name, err)
		}
		return nil
	})
}

func (s *Service) restart(ctx context.Context, ref hosting.GroupRef, members []member, mark string) error {
	ids, err := s.awaitRunning(ctx, ref, memberIDs(members))
	if err != nil || len(ids) == 0 {
		return err
	}
	// The newest boot is to be known: it may be one that nobody has asked for.
	if err := s.askAll(ctx, ref, ids); err != nil {
		return err
	}
	refused, err := batchCall{
		service: s,
		call: func(ctx context.Context, ids []string) error {
			_, err := s.options.EC2.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids})
			return err
		},
		refuses: func(code string) bool { return code == "IncorrectInstanceState" || code == "IncorrectState" },
	}.do(ctx, ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return refused[id] != nil })
	if err := errors.Join(s.refusals(ctx, refused), s.markRestarted(ctx, ids, mark)); err != nil {
		return err
	}
	// Whoever doesn't see the mark restarts once more.
	return s.awaitShown(ctx, ref, ids)
}

// awaitRunning waits until none of the members is pending: EC2 doesn't reboot such ones. It
// returns those that run.
func (s *Service) awaitRunning(ctx context.Context, ref hosting.GroupRef, ids []string) (running []string, err error) {
	err = wait.Until(ctx, s.options.Pace.Busy, func(ctx context.Context) (bool, error) {
		running = nil
		for _, id := range ids {
			switch k, _ := s.recollect(id); {
			case k.gone:
			case k.state == ec2types.InstanceStateNamePending:
				_, err := s.members(ctx, ref)
				return false, err
			case k.state == ec2types.InstanceStateNameRunning:
				running = append(running, id)
			}
		}
		return true, nil
	})
	return running, err
}

// askAll reads the newest reports of the members, also where a final one is known.
func (s *Service) askAll(ctx context.Context, ref hosting.GroupRef, ids []string) error {
	all, err := s.recollectAll(ctx, ref, ids)
	if err != nil {
		return err
	}
	return s.ask(ctx, ref, all)
}

// markRestarted writes the mark of the new boot and the identity of the former one, and drops
// the final report, which may be of a boot before that. A server that is not marked because of
// a crash is restarted once more.
func (s *Service) markRestarted(ctx context.Context, ids []string, mark string) error {
	byFormer := make(map[string][]string)
	for _, id := range ids {
		k, _ := s.recollect(id)
		// Where the former boot has said nothing, the one before it may still be heard.
		former := k.tags[channel.FormerTag]
		if report, said := k.lastReport(); said {
			former = report.Boot
		}
		byFormer[former] = append(byFormer[former], id)
	}
	var errs []error
	for former, ids := range byFormer {
		errs = append(errs, s.writeTags(ctx, ids, map[string]string{
			channel.RestartTag: mark, channel.FormerTag: former, channel.ReportTag: "",
		}))
	}
	return errors.Join(errs...)
}

// refusals returns the errors of those instances that still run. The others have begun to end
// meanwhile and are passed over.
func (s *Service) refusals(ctx context.Context, refused map[string]error) error {
	var errs []error
	for id, err := range refused {
		instances, lookErr := s.describeIDs(ctx, []string{id})
		if lookErr != nil {
			return lookErr
		}
		if len(instances) == 1 && instances[0].State != nil && instances[0].State.Name == ec2types.InstanceStateNameRunning {
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}
