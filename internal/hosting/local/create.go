//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// unfinishedPrefix begins the names of directories that are still being filled.
const unfinishedPrefix = ".new."

var errBeingRemoved = fmt.Errorf("the group is being removed: %w", hosting.ErrNotFound)

// parcel is what every server of a launch gets, encoded once.
type parcel struct {
	agent, payload, delivery []byte
}

func newParcel(request hosting.LaunchRequest) parcel {
	return parcel{
		agent:    []byte(boot.Agent(transport)),
		payload:  request.Payload.Encode(),
		delivery: request.Delivery.Encode(),
	}
}

// openServer makes the server's directory unless there is one, and settles it;
// see [serverDirectory.settle]. A new directory is filled under another name and
// renamed, so that a crash leaves no half of a server, and it is locked before
// it has its name, so that nobody takes it for an interrupted launch.
func (s *Service) openServer(ctx context.Context, id string, record launchRecord, contents parcel) (directory serverDirectory, started bool, held lock, err error) {
	directory = s.serverDirectory(id)
	if !directory.exists() {
		var created bool
		held, created, err = s.createServer(directory, record, contents)
		if created || err != nil {
			return directory, false, held, err
		}
	}
	if err := directory.checkRecord(record); err != nil {
		return directory, false, lock{}, err
	}
	started, held, err = directory.settle(ctx)
	return directory, started, held, err
}

// createServer returns created false where somebody else was faster.
func (s *Service) createServer(directory serverDirectory, record launchRecord, contents parcel) (held lock, created bool, err error) {
	unfinished, err := os.MkdirTemp(s.directory.servers(), unfinishedPrefix+directory.id()+".")
	if err != nil {
		return lock{}, false, err
	}
	if err := os.Chmod(unfinished, 0o700); err != nil {
		return lock{}, false, errors.Join(err, os.RemoveAll(unfinished))
	}
	held, err = serverDirectory(unfinished).fill(record, contents)
	if err != nil {
		return lock{}, false, errors.Join(err, os.RemoveAll(unfinished))
	}
	err = os.Rename(unfinished, string(directory))
	if err == nil {
		return held, true, nil
	}
	held.release()
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
		err = nil
	}
	return lock{}, false, errors.Join(err, os.RemoveAll(unfinished))
}

// checkRecord reports that the directory belongs to another server. The
// fingerprint may differ: what runs already is what it is.
func (d serverDirectory) checkRecord(want launchRecord) error {
	got, err := d.record()
	if err != nil {
		return err
	}
	if got.Group != want.Group || got.Slot != want.Slot || got.Attempt != want.Attempt {
		return fmt.Errorf("%s belongs to %s, attempt %d", d, hosting.MemberKey(got.Group.Name, got.Slot), got.Attempt)
	}
	return nil
}

// fill writes a new server's files and returns its lock, which it has from the
// beginning: whoever removes what a crash has left removes nothing that is locked.
func (d serverDirectory) fill(record launchRecord, contents parcel) (lock, error) {
	held, free, err := tryAcquire(d.path("lock"))
	if err == nil && !free {
		err = errBeingRemoved
	}
	if err != nil {
		return lock{}, err
	}
	if err := d.write(record, contents); err != nil {
		held.release()
		return lock{}, err
	}
	return held, nil
}

func (d serverDirectory) write(record launchRecord, contents parcel) error {
	encoded, err := encodeDocument(record)
	if err != nil {
		return err
	}
	for _, path := range []string{d.run(), d.home()} {
		if err := makeDirectory(path); err != nil {
			return err
		}
	}
	files := map[string][]byte{
		"agent.sh": contents.agent,
		"payload":  contents.payload,
		"delivery": contents.delivery,
	}
	for name, content := range files {
		if err := writeFile(d.path(name), content, volatile); err != nil {
			return err
		}
	}
	// Only this file must survive a crash of the machine.
	return writeFile(d.recordPath(), encoded, durable)
}
