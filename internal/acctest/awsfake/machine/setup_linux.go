package machine

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// hostDirectory is where the instance finds this machine's /bin and /sbin: under their
// own names it has links to what is there, but for some programs.
const hostDirectory = "/run/host"

// setUp makes the instance's root directory the one that there is, and mounts what
// belongs there. Nothing of this machine can be reached by its path from then on.
func setUp(given order) error {
	borrowed, err := borrow(given)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return enter(given.Root) },
		mountOwn,
		borrowed.attach,
		func() error { return maskBootID(given.BootID) },
		makeDevices,
		func() error { return makePrograms(given.Shell) },
		func() error { return makeFiles(given) },
		func() error { return setHostname(given.Hostname) },
		// A core file would lie in the instance, but a program may be waiting for it.
		func() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// enter makes the directory the root, and lets go of the one before, see
// pivot_root(2).
func enter(root string) error {
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting %s: %w; %s", root, err, advice)
	}
	if err := os.Chdir(root); err != nil {
		return fmt.Errorf("entering the root directory: %w", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("changing the root directory: %w", err)
	}
	// The old root lies above the new one.
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the root directory of before: %w", err)
	}
	unix.Umask(0o022)
	return os.Chdir("/")
}

// mountOwn mounts the file systems that begin empty at every boot.
func mountOwn() error {
	for _, own := range []struct {
		place, kind, data string
		flags             uintptr
	}{
		{"/dev", "tmpfs", "mode=755", unix.MS_NOSUID | unix.MS_NOEXEC},
		{"/dev/shm", "tmpfs", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
		{"/run", "tmpfs", "mode=755", unix.MS_NOSUID | unix.MS_NODEV},
		{"/tmp", "tmpfs", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
		{"/bin", "tmpfs", "mode=755", unix.MS_NOSUID | unix.MS_NODEV},
		{"/sbin", "tmpfs", "mode=755", unix.MS_NOSUID | unix.MS_NODEV},
	} {
		if err := os.MkdirAll(own.place, 0o755); err != nil {
			return fmt.Errorf("making %s: %w", own.place, err)
		}
		if err := unix.Mount(own.kind, own.place, own.kind, own.flags, own.data); err != nil {
			return fmt.Errorf("mounting %s: %w; %s", own.place, err, advice)
		}
	}
	return nil
}

// maskBootID gives the instance a boot of its own: the kernel's is this machine's.
func maskBootID(id string) error {
	const copied, place = hostDirectory + "/boot_id", "/proc/sys/kernel/random/boot_id"
	if err := os.WriteFile(copied, []byte(id+"\n"), 0o444); err != nil {
		return fmt.Errorf("writing the boot ID: %w", err)
	}
	mount, err := detach(copied, unix.MOUNT_ATTR_RDONLY)
	if err != nil {
		return err
	}
	return attach(mount, place)
}

func makeDevices() error {
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2",
	} {
		if err := link(target, "/dev/"+name); err != nil {
			return err
		}
	}
	return nil
}

func setHostname(name string) error {
	// Linux takes at most 64 bytes, see uname(2).
	const longest = 64
	name, _, _ = strings.Cut(name, ".")
	if err := unix.Sethostname([]byte(name[:min(len(name), longest)])); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	return nil
}

// link makes the symbolic link, in place of another one.
func link(target, path string) error {
	if current, err := os.Readlink(path); err == nil {
		if current == target {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("linking %s: %w", path, err)
		}
	}
	if err := os.Symlink(target, path); err != nil {
		return fmt.Errorf("linking %s: %w", path, err)
	}
	return nil
}
