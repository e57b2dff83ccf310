package machine

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

//go:embed power.sh
var powerScript []byte

const powerProgram = hostDirectory + "/power"

// powerNames are the programs that end or restart a machine.
func powerNames() []string {
	return []string{"halt", "init", "poweroff", "reboot", "shutdown", "systemctl", "telinit"}
}

// makePrograms fills /bin and /sbin with links to this machine's programs, and puts the
// instance's own ones in front: its shell, and those that end it.
func makePrograms(shell Shell) error {
	program, err := find(string(shell))
	if err != nil {
		return err
	}
	if err := os.WriteFile(powerProgram, powerScript, 0o755); err != nil {
		return fmt.Errorf("writing the power-off: %w", err)
	}
	own := map[string]string{"sh": program}
	for _, name := range powerNames() {
		own[name] = powerProgram
	}
	for _, directory := range []string{"/bin", "/sbin", "/usr/local/sbin"} {
		if err := fill(directory, own); err != nil {
			return err
		}
	}
	return coverPower()
}

// find returns the path of a program of this machine within the instance.
func find(name string) (string, error) {
	for _, directory := range []string{"/usr/bin", "/usr/sbin", hostDirectory + "/bin", hostDirectory + "/sbin"} {
		path := filepath.Join(directory, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("this machine has no program %s in /usr or /bin", name)
}

// fill makes links to the instance's own programs in the directory, and to this
// machine's of the same directory.
func fill(directory string, own map[string]string) error {
	for name, target := range own {
		if err := link(target, filepath.Join(directory, name)); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(hostDirectory + directory)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("listing the programs: %w", err)
	}
	for _, entry := range entries {
		if own[entry.Name()] != "" {
			continue
		}
		if err := os.Symlink(filepath.Join(hostDirectory, directory, entry.Name()), filepath.Join(directory, entry.Name())); err != nil {
			return fmt.Errorf("linking a program: %w", err)
		}
	}
	return nil
}

// coverPower covers this machine's own programs that talk to systemd. Those of BusyBox
// send process 1 the signals that it knows, and are many programs in one.
func coverPower() error {
	covered := make(map[string]bool)
	for _, directory := range []string{"/usr/bin", "/usr/sbin"} {
		for _, name := range powerNames() {
			path, err := filepath.EvalSymlinks(filepath.Join(directory, name))
			if err != nil || covered[path] || !slices.Contains(powerNames(), filepath.Base(path)) || path == powerProgram {
				continue
			}
			covered[path] = true
			mount, err := detach(powerProgram, unix.MOUNT_ATTR_RDONLY)
			if err != nil {
				return err
			}
			if err := attach(mount, path); err != nil {
				return err
			}
		}
	}
	return nil
}
