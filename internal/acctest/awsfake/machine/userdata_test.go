//go:build linux

package machine_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
)

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestUserData(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script, want string
	}{
		"it runs as root":                 {`id -u; id -un`, "0\nroot\n"},
		"it has no home and no stdin":     {`echo "${HOME-none}"; cat; pwd; umask`, "none\n/\n0022\n"},
		"it runs under dash":              {`basename "$(readlink /proc/$$/exe)"`, "dash\n"},
		"it finds dash as sh":             {`basename -a "$(readlink -f "$(command -v sh)")" "$(readlink -f /bin/sh)"`, "dash\ndash\n"},
		"it has the host's name":          {`hostname | grep -c '^ip-127-'`, "1\n"},
		"its devices work":                {`head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; echo x >/dev/null; echo x 2>/dev/null >/dev/full || echo full`, "3\n3\nfull\n"},
		"its file descriptors have names": {`echo a | cat /dev/stdin; ls -d /dev/fd/1`, "a\n/dev/fd/1\n"},
		"it sees its own processes only":  {`ls -d /proc/[0-9]* | wc -l | { read -r n; [ "$n" -lt 12 ] && echo few; }`, "few\n"},
		"what it leaves alone is reaped":  {`(true & ) ; sleep 0.1; while grep -l '^State:.Z' /proc/[0-9]*/status; do sleep 0.01; done 2>/dev/null; echo reaped`, "reaped\n"},
		"its temporary files are its own": {`touch /dev/shm/a /run/b /tmp/c; echo /dev/shm/* /tmp/*`, "/dev/shm/a /tmp/c\n"},
		"it can mount":                    {`mount -t tmpfs none /mnt && touch /mnt/x && mount --bind /mnt /srv && ls /srv`, "x\n"},
		"it can rename itself":            {`hostname other && hostname`, "other\n"},
		"it installs programs":            {`printf '#!/bin/sh\necho mine\n' >/usr/local/bin/mine; chmod +x /usr/local/bin/mine; mine`, "mine\n"},
		"it has the tools of a server":    {`for p in curl gzip openssl base64 sed setsid tee; do command -v $p >/dev/null || echo no $p; done; echo checked`, "checked\n"},
		"openssl makes keys":              {`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null | head -n 1`, "-----BEGIN PRIVATE KEY-----\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := "#!/bin/sh\n{ " + test.script + "; } </dev/stdin >/opt/said.new 2>&1; mv /opt/said.new /opt/said\n"
			m := startSpec(t, machine.Spec{UserData: pack(t, script)})
			if diff := cmp.Diff(test.want, awaitFile(t, m, "/opt/said")); diff != "" {
				t.Errorf("it said (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUserData_under_another_shell(t *testing.T) {
	t.Parallel()
	for shell, proof := range map[machine.Shell]string{
		machine.ShellBash: "bash", machine.ShellBusybox: "busybox", machine.ShellDash: "dash",
	} {
		t.Run(string(shell), func(t *testing.T) {
			t.Parallel()
			program(t, string(shell))
			m := startSpec(t, machine.Spec{
				Shell:    shell,
				UserData: []byte("#!/bin/sh\n{ readlink /proc/$$/exe; sh -c 'readlink /proc/$$/exe; :'; } >/opt/new\nmv /opt/new /opt/said\n"),
			})
			for line := range strings.Lines(awaitFile(t, m, "/opt/said")) {
				if got := filepath.Base(strings.TrimSpace(line)); got != proof {
					t.Errorf("the shell is %s, want %s", got, proof)
				}
			}
		})
	}
}

func TestUserData_output_goes_to_log_and_console(t *testing.T) {
	t.Parallel()
	m := start(t, "echo to stdout\necho to stderr >&2\necho to console >/dev/console\nexit 3\n")
	await(t, "cloud-init has finished", func() bool {
		return bytes.Contains(m.Console(), []byte(" finished at "))
	})
	log := awaitFile(t, m, "/var/log/cloud-init-output.log")
	console := string(m.Console())
	for _, line := range []string{"to stdout", "to stderr", "WARNING: running /var/lib/cloud/instance/scripts/part-001: exit code 3"} {
		if !strings.Contains(log, line+"\n") {
			t.Errorf("the log has no line %q:\n%s", line, log)
		}
		if !strings.Contains(console, line+"\r\n") {
			t.Errorf("the console has no line %q:\n%s", line, console)
		}
	}
	if want := "to console\r\n"; !strings.Contains(console, want) || strings.Contains(log, "to console") {
		t.Errorf("want %q on the console only:\n%s", want, console)
	}
}

func TestUserData_that_is_no_script(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		userData []byte
		want     string
	}{
		"cloud-config":   {[]byte("#cloud-config\nruncmd: [poweroff]\n"), `reading user data: it doesn't begin with "#!"`},
		"damaged":        {pack(t, "#!/bin/sh\npoweroff\n")[:20], "unpacking user data: unexpected EOF"},
		"none":           {nil, "running 'modules:final'"},
		"a huge nothing": {pack(t, strings.Repeat("\n", 17<<20)), "it has more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startSpec(t, machine.Spec{UserData: test.userData})
			await(t, "cloud-init has finished", func() bool {
				return bytes.Contains(m.Console(), []byte(" finished at "))
			})
			if !bytes.Contains(m.Console(), []byte(test.want)) {
				t.Errorf("the console doesn't say %q", test.want)
			}
			select {
			case <-m.Done():
				t.Error("the machine has ended")
			default:
			}
		})
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	const script = `#!/bin/sh
mkfifo /opt/fifo.$$
printf '#!/bin/sh\necho every boot >>/opt/born\n' >/var/lib/cloud/scripts/per-boot/boot
chmod +x /var/lib/cloud/scripts/per-boot/boot
cat /var/lib/cloud/data/instance-id >>/opt/born
`
	first := startSpec(t, machine.Spec{UserData: []byte(script)})
	id := awaitFile(t, first, "/opt/born")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := startSpec(t, machine.Spec{UserData: []byte(script), Image: first.Root()})
	await(t, "the copy has run its user data", func() bool { return strings.Count(readFile(t, second, "/opt/born"), "\n") == 3 })
	got := strings.TrimPrefix(readFile(t, second, "/opt/born"), id)
	if other, ok := strings.CutPrefix(got, "every boot\n"); !ok || !strings.HasPrefix(other, "i-") || other == id {
		t.Errorf("after %q the copy has run %q", id, got)
	}
	if got := readFile(t, first, "/opt/born"); got != id {
		t.Errorf("the image has changed: %q", got)
	}
	if _, err := os.Lstat(filepath.Join(second.Root(), "usr/bin/env")); err == nil {
		t.Error("the disk holds the machine's own /usr")
	}
}
