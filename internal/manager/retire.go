package manager

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// errDrainTimeout ends the wait for consumers, and that for decommission scripts.
var errDrainTimeout = errors.New("the drain timeout is over")

// retire lets those who use the servers know that they go, lets the servers run their
// decommission scripts, and terminates them. A consumer that doesn't answer within the
// drain timeout is a warning, and so is a script that fails or doesn't end within it.
func (c *change) retire(ctx context.Context, servers []hosting.Server) error {
	if len(servers) == 0 {
		return nil
	}
	if c.drainTimeout > 0 {
		err := c.notifyOf(ctx, servers)
		if ctx.Err() == nil {
			err = errors.Join(err, c.drain(ctx, servers))
		}
		if ctx.Err() != nil {
			return fmt.Errorf("decommissioning servers of group %q: %w", c.ref.Name, context.Cause(ctx))
		}
		if err != nil {
			// A server that can't be asked must not live for ever.
			c.warnings = append(c.warnings, fmt.Errorf("servers of group %q could not be decommissioned: %w", c.ref.Name, err))
		}
	}
	return c.terminate(ctx, servers)
}

func (c *change) terminate(ctx context.Context, servers []hosting.Server) error {
	if err := c.service.Terminate(ctx, servers); err != nil {
		return fmt.Errorf("terminating servers of group %q: %w", c.ref.Name, err)
	}
	return nil
}

// drain has the servers run their decommission scripts, all at the same time, and
// returns when they have, or can't any more, or the drain timeout is over. Asking
// again those that an interrupted change has asked already does no harm.
func (c *change) drain(ctx context.Context, servers []hosting.Server) error {
	running := slices.DeleteFunc(slices.Clone(servers), func(s hosting.Server) bool { return s.State != hosting.ServerRunning })
	reports, err := c.service.Reports(ctx, running)
	if err != nil {
		return err
	}
	leaving := slices.DeleteFunc(running, func(s hosting.Server) bool { return reports[s.ID].Decommission == boot.DecommissionNone })
	if len(leaving) == 0 {
		return nil
	}
	if err := c.service.Decommission(ctx, leaving); err != nil {
		return err
	}
	left := leaving
	limited, cancel := context.WithTimeoutCause(ctx, c.drainTimeout, errDrainTimeout)
	defer cancel()
	err = wait.Until(limited, c.service.Pace().Idle, func(ctx context.Context) (bool, error) {
		still, err := c.stillLeaving(ctx, leaving)
		if err == nil {
			left = still
		}
		return err == nil && len(still) == 0, err
	})
	if err != nil && !errors.Is(context.Cause(limited), errDrainTimeout) {
		return err
	}
	return c.warnOf(ctx, leaving, left)
}

// stillLeaving returns the servers that run and whose decommission scripts have not
// ended.
func (c *change) stillLeaving(ctx context.Context, leaving []hosting.Server) ([]hosting.Server, error) {
	reports, err := c.service.Reports(ctx, leaving)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(leaving), func(s hosting.Server) bool { return reports[s.ID].Decommission.Ended() })
	if len(left) == 0 {
		return nil, nil
	}
	servers, err := c.service.Servers(ctx, c.ref)
	if err != nil {
		return nil, err
	}
	alive := make(map[string]bool)
	for _, server := range servers {
		alive[server.ID] = server.State == hosting.ServerRunning
	}
	return slices.DeleteFunc(left, func(s hosting.Server) bool { return !alive[s.ID] }), nil
}

// warnOf warns of the decommission scripts that have failed, and of those that are
// left unfinished.
func (c *change) warnOf(ctx context.Context, leaving, left []hosting.Server) error {
	group, err := c.group(ctx, c.ref)
	if err != nil {
		return err
	}
	look := Observation{Group: group}
	// Without the declarations every output counts as a secret, which hides more.
	if configuration, err := c.Configuration(ctx, group.Configuration); err == nil {
		look.Configuration = configuration
	}
	reports, err := c.service.Reports(ctx, leaving)
	if err != nil {
		return err
	}
	for _, server := range leaving {
		if report := reports[server.ID]; report.Decommission == boot.DecommissionFailed {
			member := Member{Server: server, Report: report}
			c.warnings = append(c.warnings, look.decommissionFailure(member))
		}
	}
	for _, server := range left {
		c.warnings = append(c.warnings, &MemberError{
			Key:     server.Key(),
			Failure: fmt.Sprintf("decommission script has not ended within the drain timeout of %s", c.drainTimeout),
		})
	}
	return nil
}
