//go:build linux

package machine_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

// installer is user data that installs scripts of every boot; each boot ends with a
// line in /opt/boots.
const installer = `
note() { printf '%s\n' "$*" >>/opt/boots; }
cd /var/lib/cloud/scripts/per-boot
printf '#!/bin/sh\necho per-boot >>/opt/boots\ntouch /tmp/x /run/x 2>/dev/null\n' >20-last
printf '#!/bin/sh\nls /tmp/x /run/x 2>/dev/null >>/opt/boots\n' >10-first
printf 'echo no interpreter >>/opt/boots\n' >11-no-interpreter
printf '#!/bin/sh\necho not executable >>/opt/boots\n' >12-not-executable
printf '#!/bin/sh\nexit 7\n' >13-fails
chmod +x 10-first 11-no-interpreter 13-fails 20-last
touch /tmp/x /run/x
cat /proc/sys/kernel/random/boot_id >/opt/boot-id
cp /var/lib/cloud/scripts/per-boot/20-last /var/lib/cloud/scripts/per-boot/30-id
printf '#!/bin/sh\ncat /proc/sys/kernel/random/boot_id >>/opt/boot-id\necho up >>/opt/boots\n' >30-id
note user data
note up
`

func TestReboot(t *testing.T) {
	t.Parallel()
	m := start(t, installer)
	for n := 1; n <= 3; n++ {
		await(t, "it is up", func() bool { return strings.Count(string(m.Console()), " finished at ") == n })
		if n == 3 {
			break
		}
		if err := m.Reboot(); err != nil {
			t.Fatal(err)
		}
	}
	want := "user data\nup\nper-boot\nup\nper-boot\nup\n"
	if diff := cmp.Diff(want, readFile(t, m, "/opt/boots")); diff != "" {
		t.Errorf("what was run (-want +got):\n%s", diff)
	}
	ids := strings.Fields(readFile(t, m, "/opt/boot-id"))
	own, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	if ids = append(ids, strings.TrimSpace(string(own))); len(ids) != 4 || ids[0] == ids[1] || ids[1] == ids[2] || ids[2] == ids[3] {
		t.Errorf("the boots and this machine have the IDs %v", ids)
	}
	for _, want := range []string{"11-no-interpreter: Exec format error", "13-fails: exit code 7", "reboot: Restarting system", "Linux version"} {
		if got := strings.Count(string(m.Console()), want); got < 2 {
			t.Errorf("%q is on the console %d times", want, got)
		}
	}
}

// A reboot in the midst of user data doesn't run that again: cloud-init has it marked.
func TestReboot_in_the_midst_of_user_data(t *testing.T) {
	t.Parallel()
	sleep := nap()
	m := start(t, "echo x >>/opt/ran\ncp /bin/true /var/lib/cloud/scripts/per-boot/\nsleep "+sleep+"\n")
	await(t, "it sleeps", func() bool { return running(sleep) })
	if err := m.Reboot(); err != nil {
		t.Fatal(err)
	}
	await(t, "it is up again", func() bool { return strings.Count(string(m.Console()), " finished at ") == 1 })
	if got := readFile(t, m, "/opt/ran"); got != "x\n" {
		t.Errorf("user data ran %q", got)
	}
	if running(sleep) {
		t.Error("a process has outlived the reboot")
	}
}

func TestPower(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command  string
		restarts bool
	}{
		"poweroff":                  {command: "poweroff"},
		"poweroff with a path":      {command: "/sbin/poweroff -f"},
		"halt":                      {command: "halt -p"},
		"shutdown":                  {command: "shutdown -h now bye"},
		"shutdown after no minutes": {command: "/usr/sbin/../../sbin/shutdown -P +0"},
		"systemctl poweroff":        {command: "systemctl --no-block poweroff"},
		"systemctl of this machine": {command: "p=/usr/bin/systemctl; [ -e $p ] || p=/bin/systemctl; $p start poweroff.target"},
		"init 0":                    {command: "init 0"},
		"busybox poweroff":          {command: "busybox poweroff"},
		"from a detached process":   {command: "(setsid env -i /bin/sh -c '/sbin/poweroff' &)"},
		"reboot":                    {command: "reboot", restarts: true},
		"shutdown -r":               {command: "shutdown -r now", restarts: true},
		"systemctl reboot":          {command: "systemctl reboot", restarts: true},
		"init 6":                    {command: "telinit 6", restarts: true},
		"busybox reboot":            {command: "busybox reboot", restarts: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(test.command, "busybox") {
				program(t, "busybox")
			}
			sleep := nap()
			m := start(t, `
printf '#!/bin/sh\necho again >>/opt/again\n' >/var/lib/cloud/scripts/per-boot/again
chmod +x /var/lib/cloud/scripts/per-boot/again
`+test.command+"\nexec sleep "+sleep+"\n")
			if test.restarts {
				if got := awaitFile(t, m, "/opt/again"); got != "again\n" {
					t.Errorf("it came again as %q", got)
				}
				return
			}
			awaitDone(t, m)
			if readFile(t, m, "/opt/again") != "" || running(sleep) || !strings.HasSuffix(string(m.Console()), "reboot: Power down\r\n") {
				t.Error("it is not off")
			}
		})
	}
}

func TestPower_refuses_what_it_does_not_understand(t *testing.T) {
	t.Parallel()
	m := start(t, `for c in "systemctl start nginx" "shutdown -k now" "init 3" "shutdown -r" "shutdown 12:00"; do $c 2>>/opt/new && echo no error >>/opt/new; done; mv /opt/new /opt/said`)
	want := "System has not been booted with systemd as init system (PID 1). Can't operate.\n" +
		"shutdown: this instance doesn't understand: -k now\n" +
		"init: this instance doesn't understand: 3\n" +
		"shutdown: this instance doesn't understand: -r\n" +
		"shutdown: this instance doesn't understand: 12:00\n"
	if diff := cmp.Diff(want, awaitFile(t, m, "/opt/said")); diff != "" {
		t.Errorf("it said (-want +got):\n%s", diff)
	}
}

func TestPower_ends_one_instance_only(t *testing.T) {
	t.Parallel()
	sleep := nap()
	other := start(t, "sleep "+sleep+"\n")
	await(t, "the other one sleeps", func() bool { return running(sleep) })
	awaitDone(t, start(t, "poweroff\n"))
	if !running(sleep) {
		t.Error("the other instance's process has ended")
	}
	select {
	case <-other.Done():
		t.Error("the other instance has ended")
	default:
	}
}

// What an instance leaves behind, however detached, doesn't outlive it.
func TestStop(t *testing.T) {
	t.Parallel()
	naps := []string{nap(), nap(), nap(), nap()}
	m := start(t, `
setsid sleep `+naps[0]+` &
(setsid sh -c '(trap "" TERM HUP INT; exec env -i /usr/bin/sleep `+naps[1]+`) &' &)
unshare -Urpf sleep `+naps[2]+` &
nohup sleep `+naps[3]+` >/dev/null 2>&1 &
`)
	for _, nap := range naps {
		await(t, "it sleeps "+nap, func() bool { return running(nap) })
	}
	if err := m.Stop(); err != nil {
		t.Error(err)
	}
	for _, nap := range naps {
		if running(nap) {
			t.Errorf("sleep %s runs on", nap)
		}
	}
	if connection, err := net.Dial("tcp", strings.TrimPrefix(m.Endpoint(), "http://")); err == nil {
		_ = connection.Close()
		t.Error("the metadata service runs on")
	}
	if err := m.Reboot(); !errors.Is(err, machine.ErrOff) {
		t.Errorf("rebooting what is off: %v", err)
	}
	if err := m.Stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

func TestStop_and_continue(t *testing.T) {
	t.Parallel()
	spec := machine.Spec{Directory: t.TempDir(), Metadata: newWorld(), UserData: []byte("#!/bin/sh\n" + installer)}
	for _, want := range []string{"user data\nup\n", "user data\nup\nper-boot\nup\n"} {
		m := startSpec(t, spec)
		await(t, "it is up", func() bool { return readFile(t, m, "/opt/boots") == want })
		if err := m.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReboot_of_what_can_not_boot(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	m, err := machine.Start(machine.Spec{Directory: directory, Metadata: newWorld()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(m.Root(), filepath.Join(directory, "gone")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(m.Root(), nil, 0o600); err != nil {
		t.Error(err)
	}
	const want = "entering the root directory: "
	if err := m.Reboot(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	awaitDone(t, m)
	if err := m.Stop(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
