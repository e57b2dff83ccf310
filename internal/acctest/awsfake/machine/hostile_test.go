//go:build linux

package machine_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

// hostileScript tries to change the machine on which the instance runs. What it manages
// to do where it must not goes into /opt/broken. It would do no harm where it
// succeeds: it makes files with a name that is told, and writes settings as they are.
const hostileScript = `#!/bin/bash
marker=$MARKER
broken() { echo "$*" >>/opt/broken; }
: >/opt/broken

# Its own files, as it likes.
for d in / /etc /var /var/lib /var/log /run /tmp /dev /dev/shm /root /home /srv /opt /usr/local /mnt; do
	echo x >"$d/$marker" && mkdir "$d/$marker.d" || broken "cannot write to its own $d"
done
rm -f /etc/passwd /etc/hosts /var/log/*.log
rm -rf /var/cache /var/spool

# This machine's, through what is mounted.
for d in /usr /usr/bin /usr/lib /lib /run/host/bin /run/host/sbin /proc/sys /proc/sys/kernel /etc/alternatives; do
	echo x 2>/dev/null >"$d/$marker" && broken "wrote to $d"
	mount -o remount,rw,bind "$d" && broken "made $d writable"
	mount -o remount,rw "$d" && broken "made $d writable"
done
while read -r _ place _; do
	case $place in /usr/local | /mnt) continue ;; esac
	umount "$place" && broken "unmounted $place"
	umount -l "$place" && broken "unmounted $place lazily"
done </proc/mounts
for file in /usr/bin/env /etc/ld.so.cache /usr/bin/dash; do
	true 2>/dev/null >>"$file" && broken "opened $file"
	chmod 755 "$file" && broken "changed $file"
done
mkdir /mnt/all /mnt/own
mount --bind /usr /mnt/own && mount -o remount,rw,bind /mnt/own && broken "made a copy of /usr writable"
mount --rbind / /mnt/all && echo x >"/mnt/all/usr/$marker" && broken "wrote to a copy"
mount -t proc none /mnt/own && broken "mounted /proc"
mount -t sysfs none /mnt/own && broken "mounted /sys"
mount -t cgroup2 none /mnt/own && broken "mounted control groups"
mount -t devtmpfs none /mnt/own && broken "mounted devices"
for device in "b 254 0" "b 8 0" "c 1 1"; do
	mknod "/tmp/$marker-device" $device && broken "made the device $device"
done

# Its settings: each is written as it is.
find /proc/sys -type f 2>/dev/null | while read -r file; do
	case $file in
	# Those of its own namespaces.
	/proc/sys/user/* | /proc/sys/kernel/*name | /proc/sys/kernel/shm* | /proc/sys/kernel/msg* | /proc/sys/kernel/sem | /proc/sys/kernel/auto_msgmni | /proc/sys/kernel/pid_max | /proc/sys/fs/mqueue/*) continue ;;
	esac
	IFS= read -r value 2>/dev/null <"$file" || continue
	printf '%s\n' "$value" 2>/dev/null >"$file" && broken "wrote $file"
done
hostname "$marker"
for file in /proc/sysrq-trigger /proc/1/oom_score_adj; do
	echo h 2>/dev/null >"$file" && broken "wrote $file"
done

# Its processes, and ways to where they are.
chroot /proc/1/root /usr/bin/touch "/etc/$marker" && broken "entered the root directory of process 1"
nsenter -t 1 -m -- touch "/etc/$marker" && broken "entered the mounts of process 1"
nsenter -t 1 -U -- touch "/etc/$marker" && broken "entered the users of process 1"
for entry in /proc/1/fd/* /proc/1/environ /proc/1/mem /proc/1/exe; do
	cat "$entry" >/dev/null 2>&1 && broken "read $entry"
done
for pid in /proc/[0-9]*; do
	[ "$(readlink "$pid/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || [ ! -e "$pid/stat" ] || [ "$pid" = /proc/1 ] || broken "$pid is foreign"
done
for signal in TERM INT HUP KILL STOP QUIT; do
	case $signal in TERM | INT) continue ;; esac # They restart the instance.
	kill -$signal 1
done
setsid sleep "$NAP" &
echo end >/opt/end
kill -9 -1
`

// TestStart_with_a_hostile_script runs what tries hard to write everywhere, and looks
// at the real directories.
func TestStart_with_a_hostile_script(t *testing.T) {
	t.Parallel()
	program(t, "bash")
	witness := exec.CommandContext(t.Context(), "sleep", nap())
	if err := witness.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = witness.Wait() }()
	defer func() { _ = witness.Process.Kill() }()
	hostname, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	// Other programs of the machine write too, but hardly the same files each time.
	changed := assault(t)
	for range 4 {
		if len(changed) == 0 {
			break
		}
		again := assault(t)
		changed = slices.DeleteFunc(changed, func(path string) bool { return !slices.Contains(again, path) })
	}
	if len(changed) > 0 {
		t.Errorf("the machine has changed each time:\n%s", strings.Join(changed, "\n"))
	}
	if err := witness.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("a process of the machine was harmed: %v", err)
	}
	if now, err := os.Hostname(); err != nil || now != hostname {
		t.Errorf("the machine is called %q, %v", now, err)
	}
}

// assault lets an instance run the script, and returns what has changed meanwhile.
func assault(t *testing.T) []string {
	t.Helper()
	marker := fmt.Sprintf("muster-hostile-%s", nap())
	before := listing(t)
	nap := nap()
	m := startSpec(t, machine.Spec{UserData: []byte(hostileScript), Environment: []string{"MARKER=" + marker, "NAP=" + nap}})
	awaitFile(t, m, "/opt/end")
	await(t, "its own processes are killed", func() bool { return !running(nap) })
	select {
	case <-m.Done():
		t.Error("its process 1 was killed")
	default:
	}
	if err := m.Stop(); err != nil {
		t.Fatalf("it ended by itself: %v", err)
	}
	after := listing(t)
	if broken := readFile(t, m, "/opt/broken"); broken != "" {
		t.Errorf("the instance could do what it must not:\n%s", broken)
	}
	for _, directory := range []string{"/", "/etc", "/var", "/run", "/tmp", "/dev", "/dev/shm", "/root", "/home", "/usr", "/usr/bin", "/usr/local", "/mnt", "/opt", "/srv"} {
		if _, err := os.Lstat(filepath.Join(directory, marker)); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			t.Errorf("it wrote to the machine's %s", directory)
		}
	}
	return differences(before, after)
}

// listing describes every file in the machine's /etc, /var and /run that can be seen.
func listing(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, root := range []string{"/etc", "/var", "/run"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // Others may end, and hide, what is theirs.
			}
			if info, err := entry.Info(); err == nil {
				files[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files are in /etc, /var and /run", len(files))
	}
	return files
}

func differences(before, after map[string]string) []string {
	changed := make(map[string]bool)
	for path, description := range before {
		if after[path] != description {
			changed[path] = true
		}
	}
	for path := range after {
		if before[path] == "" {
			changed[path] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}
