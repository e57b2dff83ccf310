package manager

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// launch starts one server in each slot from what the group's record asks for.
// The intent is recorded before the first call and the record cleared after the
// last, so that a launch that is cut short is repeated under the same identity.
// The servers that do run are returned also with an error.
func (m *Manager) launch(ctx context.Context, ref hosting.GroupRef, slots []int) ([]hosting.Server, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	group, err := m.service.UpdateGroup(ctx, ref, func(group *hosting.Group) error {
		group.Attempt++
		group.Launch = &hosting.PendingLaunch{
			Attempt:     group.Attempt,
			Slots:       slots,
			Fingerprint: Fingerprint(group.Configuration, group.Parameters),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recording a launch for server group %q: %w", ref.Name, err)
	}
	return m.carryOut(ctx, group)
}

// resumeLaunch repeats the launch that an earlier run was cut short in, if its
// servers are still wanted. Those that run already are found, not doubled.
func (m *Manager) resumeLaunch(ctx context.Context, group hosting.Group) error {
	if group.Launch == nil {
		return nil
	}
	wanted := *group.Launch
	wanted.Slots = slices.DeleteFunc(slices.Clone(wanted.Slots), func(slot int) bool { return slot >= group.Size })
	if len(wanted.Slots) > 0 && wanted.Fingerprint == Fingerprint(group.Configuration, group.Parameters) {
		group.Launch = &wanted
		_, err := m.carryOut(ctx, group)
		return err
	}
	return m.endLaunch(ctx, group)
}

func (m *Manager) carryOut(ctx context.Context, group hosting.Group) ([]hosting.Server, error) {
	configuration, err := m.Configuration(ctx, group.Configuration)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of server group %q: %w", group.Name, err)
	}
	servers, err := m.service.Launch(ctx, hosting.LaunchRequest{
		Group:       group.GroupRef,
		Attempt:     group.Launch.Attempt,
		Slots:       group.Launch.Slots,
		Payload:     boot.Payload{Group: group.Name, Configuration: configuration, Parameters: group.Parameters},
		Delivery:    group.Delivery(),
		Fingerprint: group.Launch.Fingerprint,
		Restart:     group.Restart,
	})
	if err != nil {
		return servers, fmt.Errorf("launching servers of group %q: %w", group.Name, err)
	}
	return servers, m.endLaunch(ctx, group)
}

// endLaunch doesn't end with the context: what runs is to be known as launched.
func (m *Manager) endLaunch(ctx context.Context, launched hosting.Group) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	_, err := m.service.UpdateGroup(ctx, launched.GroupRef, func(group *hosting.Group) error {
		if group.Launch != nil && group.Launch.Attempt == launched.Launch.Attempt {
			group.Launch = nil
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording the end of a launch for server group %q: %w", launched.Name, err)
	}
	return nil
}
