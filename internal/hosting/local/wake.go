//go:build linux

package local

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// poke writes to the agent's FIFO. It reports false where nobody reads there:
// the agent has not begun to, and will look around before it does, or its own
// scripts have put something else there.
func (d serverDirectory) poke() (bool, error) {
	fifo, err := d.openWake()
	if fifo < 0 || err != nil {
		return false, err
	}
	defer func() { _ = unix.Close(fifo) }()
	_, err = unix.Write(fifo, []byte("\n"))
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EPIPE) {
		return false, fmt.Errorf("writing to %s: %w", d.wake(), err)
	}
	return true, nil
}

// openWake returns a negative descriptor where no agent reads. It follows no
// symbolic link in the server's directory. There is no os.File, whose writes
// would wait where the FIFO is full: then the agent has enough to wake up for.
func (d serverDirectory) openWake() (int, error) {
	run, err := unix.Open(d.run(), unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, ignoreNoReader(d.run(), err)
	}
	defer func() { _ = unix.Close(run) }()
	fifo, err := unix.Openat(run, wakeName, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, ignoreNoReader(d.wake(), err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fifo, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFIFO {
		_ = unix.Close(fifo)
		return -1, err
	}
	return fifo, nil
}

// ignoreNoReader returns nil for the errors of open(2) that say that there is
// no such FIFO or that nobody reads from it.
func ignoreNoReader(path string, err error) error {
	for _, expected := range []error{unix.ENOENT, unix.ENXIO, unix.ENOTDIR, unix.ELOOP, unix.EISDIR} {
		if errors.Is(err, expected) {
			return nil
		}
	}
	return fmt.Errorf("opening %s: %w", path, err)
}
