package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// makeFiles makes what a fresh disk lacks, and what cloud-init writes at each boot.
func makeFiles(given order) error {
	if err := makeDirectories(); err != nil {
		return err
	}
	for path, target := range map[string]string{"/var/run": "/run", "/var/lock": "/run/lock", "/etc/mtab": "/proc/self/mounts"} {
		if err := link(target, path); err != nil {
			return err
		}
	}
	if _, err := os.Lstat("/etc/passwd"); err != nil {
		if err := install(given); err != nil {
			return err
		}
	}
	return makeCloud(given)
}

func makeDirectories() error {
	for path, mode := range map[string]os.FileMode{
		"/etc": 0o755, "/home": 0o755, "/media": 0o755, "/mnt": 0o755, "/opt": 0o755, "/root": 0o700, "/run/lock": 0o755,
		"/srv": 0o755, "/sys": 0o755, "/var/cache": 0o755, "/var/lib": 0o755, "/var/log": 0o755, "/var/spool": 0o755, "/var/tmp": 0o777 | os.ModeSticky,
	} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("making %s: %w", path, err)
		}
		if err := os.Chmod(path, mode); err != nil {
			return fmt.Errorf("making %s: %w", path, err)
		}
	}
	return nil
}

// install writes the files that programs look for.
func install(given order) error {
	return write(map[string]string{
		"/etc/passwd":        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
		"/etc/group":         "root:x:0:\nnogroup:x:65534:\n",
		"/etc/hostname":      given.Hostname + "\n",
		"/etc/hosts":         "127.0.0.1 localhost\n" + given.Address + " " + given.Hostname + "\n",
		"/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
		"/etc/os-release":    "ID=muster-machine\nPRETTY_NAME=\"Muster test machine\"\n",
		"/etc/machine-id":    strings.ReplaceAll(given.BootID, "-", "") + "\n",
	})
}

// makeCloud writes what cloud-init has found out before its final stage. A script of
// the user's belongs to an instance, and not to the disk on which it lies.
func makeCloud(given order) error {
	instance := filepath.Join("/var/lib/cloud/instances", given.InstanceID)
	for _, path := range []string{instance + "/scripts", instance + "/sem", "/var/lib/cloud/data", "/var/lib/cloud/scripts/per-boot"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("making %s: %w", path, err)
		}
	}
	if err := link(instance, "/var/lib/cloud/instance"); err != nil {
		return err
	}
	if err := write(map[string]string{"/var/lib/cloud/data/instance-id": given.InstanceID + "\n", cloudInitProgram: cloudInitScript}); err != nil {
		return err
	}
	if len(given.Script) == 0 {
		return nil
	}
	return os.WriteFile(instance+"/scripts/part-001", given.Script, 0o700)
}

func write(files map[string]string) error {
	for path, content := range files {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	return nil
}
