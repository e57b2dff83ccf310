//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

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
	return each(len(servers), accessWidth, func(index int) error {
		id := servers[index].ID
		if !serverID.MatchString(id) {
			return nil
		}
		directory := s.serverDirectory(id)
		err := directory.deliver(ctx, delivery.Revision, encoded)
		if err != nil && directory.exists() {
			return fmt.Errorf("delivering to %s: %w", servers[index].Key(), err)
		}
		return nil
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

// poke writes to the agent's FIFO. It reports false where nobody reads there:
// the agent has not begun to, and will look at the delivery before it does.
func (d serverDirectory) poke() (bool, error) {
	// Without os.File, whose writes would wait where the FIFO is full: then the
	// agent has enough to wake up for.
	fifo, err := unix.Open(d.wake(), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENXIO) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening %s: %w", d.wake(), err)
	}
	defer func() { _ = unix.Close(fifo) }()
	_, err = unix.Write(fifo, []byte("\n"))
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EPIPE) {
		return false, fmt.Errorf("writing to %s: %w", d.wake(), err)
	}
	return true, nil
}
