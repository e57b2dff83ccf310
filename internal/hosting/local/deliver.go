//go:build linux

package local

import (
	"context"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// accessWidth bounds the servers whose files are worked on at once.
const accessWidth = 16

// Deliver implements [hosting.Servers].
func (s *Service) Deliver(ctx context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	if err := s.directory.check(); err != nil {
		return err
	}
	encoded := delivery.Encode()
	return s.eachServer(servers, accessWidth, "delivering to", func(directory serverDirectory) error {
		return directory.deliver(ctx, delivery.Revision, encoded)
	})
}

// deliver wakes the agent also where it has written nothing: whoever wrote may
// have crashed before waking it.
func (d serverDirectory) deliver(ctx context.Context, revision int, encoded []byte) error {
	recorded, err := d.ending()
	if err != nil || recorded.Reason != "" {
		return err
	}
	held, err := acquire(ctx, d.path("delivery.lock"))
	if err != nil {
		return err
	}
	defer held.release()
	present, err := d.revision()
	if err != nil {
		return err
	}
	if revision > present {
		if err := replaceFile(d.delivery(), encoded, volatile); err != nil {
			return err
		}
	}
	_, err = d.poke()
	return err
}
