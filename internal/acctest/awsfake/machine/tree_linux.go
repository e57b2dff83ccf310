package machine

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// shared is what the instance sees of this machine, read-only, where it exists.
func shared() []string {
	return []string{"/usr", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives", "/etc/ld.so.cache"}
}

// devices are those of this machine's devices that belong to nobody.
func devices() []string {
	return []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
}

// trees are parts of this machine's file system, each with the place that it gets in
// the instance.
type trees struct {
	at    []string
	mount map[string]int
	// links are those of the paths that are symbolic links on this machine.
	links map[string]string
}

// borrow takes hold of what the instance sees of this machine, while that can be
// reached.
func borrow(given order) (*trees, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("making mounts private: %w; %s", err, advice)
	}
	t := &trees{mount: make(map[string]int), links: make(map[string]string)}
	if err := t.takeProcesses(); err != nil {
		return nil, err
	}
	for _, path := range shared() {
		if target, err := os.Readlink(path); err == nil {
			t.links[path] = target
			continue
		}
		if err := t.take(path, path, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
			return nil, err
		}
	}
	for _, path := range []string{"/bin", "/sbin"} {
		if err := t.take(path, hostDirectory+path, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
			return nil, err
		}
	}
	for _, path := range devices() {
		if err := t.take(path, path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC); err != nil {
			return nil, err
		}
	}
	return t, t.take(given.Console, "/dev/console", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC)
}

// takeProcesses makes the /proc of this PID namespace. The kernel allows that only as
// long as this machine's own is in sight, and nothing hides a part of it.
func (t *trees) takeProcesses() error {
	context, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("making /proc: %w; %s", err, advice)
	}
	defer unix.Close(context)
	if err := unix.FsconfigCreate(context); err != nil {
		return fmt.Errorf("making /proc: %w; %s", err, advice)
	}
	mount, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return fmt.Errorf("making /proc: %w; %s", err, advice)
	}
	t.at, t.mount["/proc"] = append(t.at, "/proc"), mount
	return nil
}

// take makes a detached copy of the mounts at the path, if there is something.
func (t *trees) take(path, place string, attributes uint64) error {
	if _, err := os.Stat(path); err != nil {
		return nil //nolint:nilerr // What this machine lacks, the instance lacks.
	}
	mount, err := detach(path, attributes)
	if err != nil {
		return err
	}
	t.at, t.mount[place] = append(t.at, place), mount
	return nil
}

// detach returns a copy of the mounts at the path that is attached nowhere, see
// open_tree(2).
func detach(path string, attributes uint64) (mount int, err error) {
	mount, err = unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return -1, fmt.Errorf("taking %s: %w; %s", path, err, advice)
	}
	attr := unix.MountAttr{Attr_set: attributes}
	if err := unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		return -1, fmt.Errorf("setting attributes of %s: %w; %s", path, err, advice)
	}
	return mount, nil
}

// attach puts everything in its place. What the instance has in /usr/local stays its
// own.
func (t *trees) attach() error {
	own, err := takeLocal()
	if err != nil {
		return err
	}
	for place, target := range t.links {
		if err := link(target, place); err != nil {
			return err
		}
	}
	for _, place := range t.at {
		if err := attach(t.mount[place], place); err != nil {
			return err
		}
	}
	return attach(own, "/usr/local")
}

func takeLocal() (mount int, err error) {
	for _, name := range []string{"bin", "sbin", "lib", "share"} {
		if err := os.MkdirAll(filepath.Join("/usr/local", name), 0o755); err != nil {
			return -1, fmt.Errorf("making /usr/local: %w", err)
		}
	}
	return detach("/usr/local", 0)
}

// attach moves the mount to its place, which is made if it is missing.
func attach(mount int, place string) error {
	var stat unix.Stat_t
	if err := unix.Fstat(mount, &stat); err != nil {
		return fmt.Errorf("looking at what belongs to %s: %w", place, err)
	}
	if err := makePlace(place, stat.Mode&unix.S_IFMT == unix.S_IFDIR); err != nil {
		return err
	}
	if err := unix.MoveMount(mount, "", unix.AT_FDCWD, place, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mounting %s: %w; %s", place, err, advice)
	}
	return unix.Close(mount)
}

func makePlace(place string, directory bool) error {
	if _, err := os.Stat(place); err == nil {
		return nil
	}
	parent := place
	if !directory {
		parent = filepath.Dir(place)
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("making a place for %s: %w", place, err)
	}
	if directory {
		return nil
	}
	return os.WriteFile(place, nil, 0o644)
}
