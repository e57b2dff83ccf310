package machine

import (
	_ "embed"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

//go:embed cloudinit.sh
var cloudInitScript string

const cloudInitProgram = hostDirectory + "/cloud-init"

// startCloudInit starts the first program of the instance, in a user namespace below
// that of process 1. What was mounted until then is locked there: root of the instance
// can mount what it likes, but neither unmount that nor make it writable, see "Restrictions
// on mount namespaces" in mount_namespaces(7).
func startCloudInit(given order) error {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("starting cloud-init: %w", err)
	}
	defer null.Close()
	console, err := os.OpenFile("/dev/console", os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("starting cloud-init: %w", err)
	}
	defer console.Close()
	_, err = syscall.ForkExec("/bin/sh", []string{"sh", cloudInitProgram}, &syscall.ProcAttr{
		Dir: "/",
		// systemd gives services no HOME.
		Env:   append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"}, given.Environment...),
		Files: []uintptr{null.Fd(), console.Fd(), console.Fd()},
		Sys: &syscall.SysProcAttr{
			Setsid:      true,
			Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		},
	})
	if err != nil {
		return fmt.Errorf("starting cloud-init: %w; %s", err, advice)
	}
	return nil
}
