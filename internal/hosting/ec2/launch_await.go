package ec2

import (
	"context"
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// awaitListed waits until every server of the launch is in the list that every process
// sees, with its addresses, or has ended. So whoever looks later finds it, and need not
// know that it was launched.
func (l *launch) awaitListed(ctx context.Context) error {
	first := true
	err := wait.Until(ctx, l.service.options.Pace.Busy, func(ctx context.Context) (bool, error) {
		if !first {
			if err := l.look(ctx); err != nil {
				return false, err
			}
		}
		first = false
		return l.allListed(), nil
	})
	if err != nil {
		return fmt.Errorf("waiting until EC2 shows what was launched: %w", err)
	}
	return l.adopt(ctx)
}

// allListed reports whether there is nothing to wait for, and takes note of what is known
// of the members by now.
func (l *launch) allListed() bool {
	all := true
	for slot, m := range l.members {
		k, found := l.service.recollect(m.id)
		if !found {
			continue
		}
		l.members[slot] = k.member
		if !k.gone && k.runs() {
			all = all && k.listed && k.settled()
		}
	}
	return all
}

// adopt gives a first delivery to servers that otherwise power themselves off when their
// orphan deadline is over: those that no run knows to have launched.
func (l *launch) adopt(ctx context.Context) error {
	if settings := l.request.Payload.Configuration.EC2; settings.OrphanDeadline == 0 || l.recall {
		return nil
	}
	var orphans []member
	for _, m := range l.members {
		if m.runs() && m.tags[channel.ManifestTag] == "" {
			orphans = append(orphans, m)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	delivery := l.request.Delivery
	if hasSecrets(delivery) && l.request.Payload.Configuration.EC2.Channel == boot.ChannelConsole {
		// What is secret comes when the server has shown its key.
		delivery = boot.Delivery{}
	}
	if err := l.service.deliver(ctx, l.request.Group, orphans, delivery); err != nil {
		return fmt.Errorf("delivering to the launched servers: %w", err)
	}
	l.allListed()
	return nil
}
