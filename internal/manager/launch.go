package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// launch starts one server in each slot from what the group's record asks for.
// The intent is recorded before the first call and the record cleared after the
// last, so that a launch that is cut short is repeated under the same identity.
// The servers that do run are returned also with an error.
func (c *change) launch(ctx context.Context, slots []int) ([]hosting.Server, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	group, err := c.service.UpdateGroup(ctx, c.ref, func(group *hosting.Group) error {
		if group.Launch != nil {
			// To forget it is to lose what it has launched.
			return errOutdated
		}
		dropOwn(group, slots)
		if len(heldBack(*group, slots)) > 0 {
			// The revision below is what they start with.
			group.Revision++
		}
		group.Attempt++
		group.Launch = &hosting.PendingLaunch{
			Attempt:     group.Attempt,
			Slots:       slots,
			Fingerprint: Fingerprint(group.Configuration, group.Parameters),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recording a launch for server group %q: %w", c.ref.Name, err)
	}
	return c.carryOut(ctx, group)
}

// resumeLaunch repeats the launch that an earlier run was cut short in, if all of its
// servers are still wanted, and recalls it otherwise. Those that run already are
// found, not doubled.
func (c *change) resumeLaunch(ctx context.Context, group hosting.Group) error {
	if group.Launch == nil {
		return nil
	}
	surplus := slices.ContainsFunc(group.Launch.Slots, func(slot int) bool { return slot >= group.Size })
	if surplus || group.Launch.Fingerprint != Fingerprint(group.Configuration, group.Parameters) {
		return c.recallLaunch(ctx, group)
	}
	_, err := c.carryOut(ctx, group)
	return err
}

// recallLaunch gives the recorded launch up. What it has launched is listed from then
// on and treated like every other server.
func (c *change) recallLaunch(ctx context.Context, group hosting.Group) error {
	if group.Launch == nil {
		return nil
	}
	request, err := c.launchRequest(ctx, group)
	// A group whose configuration is gone can still be destroyed.
	if err != nil && !errors.Is(err, hosting.ErrNotFound) {
		return err
	}
	if _, err := c.service.Recall(ctx, request); err != nil {
		return fmt.Errorf("recalling servers of group %q: %w", group.Name, err)
	}
	return c.endLaunch(ctx, group)
}

func (c *change) carryOut(ctx context.Context, group hosting.Group) ([]hosting.Server, error) {
	request, err := c.launchRequest(ctx, group)
	if err != nil {
		return nil, err
	}
	servers, err := c.service.Launch(ctx, request)
	if err != nil {
		return servers, fmt.Errorf("launching servers of group %q: %w", group.Name, err)
	}
	return servers, errors.Join(c.endLaunch(ctx, group), c.tellItself(ctx, group))
}

// launchRequest returns the request of the recorded launch; with an error of the
// configuration all of it but that.
func (c *change) launchRequest(ctx context.Context, group hosting.Group) (hosting.LaunchRequest, error) {
	configuration, err := c.Configuration(ctx, group.Configuration)
	if err != nil {
		err = fmt.Errorf("reading the configuration of server group %q: %w", group.Name, err)
	}
	return hosting.LaunchRequest{
		Group:       group.GroupRef,
		Attempt:     group.Launch.Attempt,
		Slots:       group.Launch.Slots,
		Payload:     boot.Payload{Group: group.Name, Configuration: configuration, Parameters: group.Parameters},
		Delivery:    launchDelivery(group, group.Launch.Slots),
		Fingerprint: group.Launch.Fingerprint,
		Restart:     group.Restart,
		Warn:        func(warning error) { c.warnings = append(c.warnings, warning) },
	}, err
}

// endLaunch doesn't end with the context: what runs is to be known as launched.
func (m *Manager) endLaunch(ctx context.Context, launched hosting.Group) error {
	ctx, cancel := withGrace(ctx)
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
