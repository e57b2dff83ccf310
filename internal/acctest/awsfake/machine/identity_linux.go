package machine

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// nobody is the user and the group that own nothing on this machine.
const nobody = 65534

// identity is who an instance's root is on this machine: nobody where that can be
// chosen, and otherwise whoever runs this program. The kernel then lets the instance
// change only what belongs to that user, whatever it finds.
type identity struct {
	uid, gid int
	// uids and gids are what process 1 sees of this machine's users and groups, each
	// under its own number.
	uids, gids []syscall.SysProcIDMap
	// chosen tells that uid and gid are nobody's.
	chosen bool
}

// chooseIdentity looks at who runs this program. To map other users than itself it has
// to be root, see user_namespaces(7).
func chooseIdentity() (identity, error) {
	uids, err := readMap("/proc/self/uid_map")
	if err != nil {
		return identity{}, err
	}
	gids, err := readMap("/proc/self/gid_map")
	if err != nil {
		return identity{}, err
	}
	if os.Geteuid() == 0 && contains(uids, nobody) && contains(gids, nobody) {
		return identity{uid: nobody, gid: nobody, uids: uids, gids: gids, chosen: true}, checkExecutable()
	}
	return identity{
		uid:  os.Geteuid(),
		gid:  os.Getegid(),
		uids: []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}},
		gids: []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}},
	}, nil
}

// checkExecutable tells whether nobody can run this program.
func checkExecutable() error {
	const needed = 0o005
	info, err := os.Stat("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("looking at this program: %w", err)
	}
	if info.Mode()&needed != needed {
		path, _ := os.Readlink("/proc/self/exe")
		return fmt.Errorf("starting process 1: as root, the instance is run as another user, who can't run %s (%v): build it under umask 022", path, info.Mode())
	}
	return nil
}

// readMap returns the numbers that this program knows, each mapped to itself.
func readMap(path string) ([]syscall.SysProcIDMap, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading which users there are: %w", err)
	}
	var known []syscall.SysProcIDMap
	for line := range strings.Lines(string(content)) {
		var first, outside, count int
		if _, err := fmt.Sscan(line, &first, &outside, &count); err != nil {
			return nil, fmt.Errorf("reading line %q of %s: %w", line, path, err)
		}
		known = append(known, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: count})
	}
	return known, nil
}

func contains(known []syscall.SysProcIDMap, id int) bool {
	for _, ids := range known {
		if id >= ids.ContainerID && id-ids.ContainerID < ids.Size {
			return true
		}
	}
	return false
}

// own gives a file of this program to the instance's root.
func (i identity) own(path string) error {
	if !i.chosen {
		return nil
	}
	if err := os.Lchown(path, i.uid, i.gid); err != nil {
		return fmt.Errorf("giving a file to the instance: %w", err)
	}
	return nil
}
