package channel_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestInstance_boot(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"an instance boots to ready and says who it is": func(t *testing.T, sh machine.Shell) {
			script := "env | grep ^MUSTER_ >facts; pwd >>facts; umask >>facts; echo $HOME >>facts; muster output set done yes; echo bye"
			i := newInstance(t, sh, userData(payload(script, nil, "done")))
			i.metadata.set(func(view *imds.View) { view.PublicIP = "203.0.113.9" })
			i.start()
			got := i.untilStatus(boot.StatusReady)
			if diff := cmp.Diff(map[string]string{"done": "yes"}, got.Outputs); diff != "" || got.Boot == "" {
				t.Errorf("the report is %+v; its outputs (-want +got):\n%s", got, diff)
			}
			view := i.metadata.View()
			facts := i.read("/var/lib/muster/home/facts")
			for _, want := range []string{
				"MUSTER_SERVER_ID=" + view.InstanceID, "MUSTER_GROUP=web", "MUSTER_SLOT=6", "MUSTER_MEMBER=web-6",
				"MUSTER_PRIVATE_IP=" + view.PrivateIP, "MUSTER_PUBLIC_IP=203.0.113.9", "MUSTER_PRIVATE_DNS=" + view.PrivateDNS,
				"MUSTER_ZONE=eu-central-1a", "/var/lib/muster/home", "0022", "/root",
			} {
				if !strings.Contains(facts, want+"\n") {
					t.Errorf("there is no line %q in\n%s", want, facts)
				}
			}
			if log := i.read("/var/log/muster.log"); log != "bye\n" {
				t.Errorf("the log is %q", log)
			}
		},
		"a boot script that fails is reported with the end of its log": func(t *testing.T, sh machine.Shell) {
			got := launch(t, sh, userData(payload("echo first; echo 'no such disk' >&2; exit 7", nil))).untilStatus(boot.StatusFailed)
			if got.Failure != "boot script exited with exit code 7" || got.LogTail != "first\nno such disk" {
				t.Errorf("got the failure %q and the log %q", got.Failure, got.LogTail)
			}
		},
		"texts arrive byte for byte": func(t *testing.T, sh machine.Shell) {
			values := awkwardTexts()
			p := payload("", parameters{})
			for name, value := range values {
				p.Configuration.Parameters[name] = boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, Default: &value}
				p.Configuration.BootScript += "muster param get " + name + " >" + name + "\n"
			}
			p.Configuration.BootScript += "cp \"$0\" script\ncat <<'END_OF_FILE'\nmime-version: 1.0 \\\nEND_OF_FILE\n# no newline at the end"
			i := launch(t, sh, userData(p))
			i.untilStatus(boot.StatusReady)
			got := map[string]string{}
			for name := range values {
				got[name] = i.read("/var/lib/muster/home/" + name)
			}
			if diff := cmp.Diff(values, got); diff != "" {
				t.Errorf("the values (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(p.Configuration.BootScript, i.read("/var/lib/muster/home/script")); diff != "" {
				t.Errorf("the boot script (-want +got):\n%s", diff)
			}
		},
		"others can read nothing of it": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(payload("muster param get p", secretParameters(), "secret")))
			i.untilWaiting("p")
			i.deliverSealed(secretDelivery(1))
			i.untilStatus(boot.StatusReady)
			open := map[string]fs.FileMode{"": 0o711, "/home": 0o755}
			root := filepath.Join(i.Root(), "/var/lib/muster")
			err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
				info, statErr := os.Lstat(path)
				if err != nil || errors.Is(statErr, fs.ErrNotExist) {
					return err // It was there for a moment.
				}
				if got, want := info.Mode().Perm(), open[strings.TrimPrefix(path, root)]; got&0o077 != want&0o077 {
					t.Errorf("%s has the permissions %v", path, got)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/var/log/muster.log", "/var/lib/cloud/scripts/per-boot/muster"} {
				if info, err := os.Stat(filepath.Join(i.Root(), path)); err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s: %v, %v", path, info, err)
				}
			}
		},
		"after a reboot the agent starts again, as the same one": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(payload("echo boot >>boots; muster param get p >>boots", parameters{"p": deferred(boot.RequiredForNothing)})))
			i.deliver(delivery(1, map[string]string{"p": "1\n"}))
			first := i.untilStatus(boot.StatusReady)
			if err := i.Reboot(); err != nil {
				t.Fatal(err)
			}
			second := i.untilReport("it is ready again", func(r boot.Report) bool { return r.Boot != first.Boot && r.Status == boot.StatusReady })
			if got := i.read("/var/lib/muster/home/boots"); got != "boot\n1\nboot\n1\n" {
				t.Errorf("the boot scripts wrote %q", got)
			}
			if second.Received != 1 {
				t.Errorf("it has received revision %d, want 1", second.Received)
			}
		},
		"an instance made of another one's disk is not that one": func(t *testing.T, sh machine.Shell) {
			first := launch(t, sh, userData(payload("echo first >>boots; echo said by the first", nil)))
			first.untilStatus(boot.StatusReady)
			if err := first.Stop(); err != nil {
				t.Fatal(err)
			}
			bare := newInstance(t, sh, userData(payload("true", nil)))
			bare.spec.UserData, bare.spec.Image = []byte("#!/bin/sh\ntouch /opt/up\n"), first.Root()
			bare.start()
			bare.until("the other instance's agent has looked around", func() bool {
				return strings.Contains(bare.read("/var/log/muster.log"), "this was made for the instance "+first.metadata.View().InstanceID)
			})
			if got := bare.sight(); got.Token != "" {
				t.Errorf("it shows a marker: %+v", got)
			}
			second := newInstance(t, sh, userData(payload("echo second >>boots", nil)))
			second.spec.Image = first.Root()
			second.start()
			second.untilStatus(boot.StatusReady)
			if second.token == first.token {
				t.Error("both have one token")
			}
			if got := second.read("/var/log/muster.log"); strings.Contains(got, "said by the first") {
				t.Errorf("the log still says %q", got)
			}
			if got := second.read("/var/lib/muster/home/boots"); got != "first\nsecond\n" {
				t.Errorf("the boot scripts wrote %q", got)
			}
		},
		"user data that is run again by hand starts no second agent": func(t *testing.T, sh machine.Shell) {
			script := `echo boot >>boots; sh /var/lib/cloud/instance/scripts/part-001; muster param get p`
			i := launch(t, sh, userData(payload(script, parameters{"p": deferred(boot.RequiredForNothing)})))
			i.untilWaiting("p")
			running := i.read("/var/lib/muster/running")
			// The second one has asked for its facts, and then has ended.
			i.until("the second one has looked around", func() bool {
				return i.MetadataService().Calls()["GET /latest/meta-data/ami-launch-index"] == 2
			})
			i.deliver(delivery(1, map[string]string{"p": "1"}))
			got := i.untilStatus(boot.StatusReady)
			if now := i.read("/var/lib/muster/running"); now != running || got.Received != 1 || i.read("/var/lib/muster/home/boots") != "boot\n" {
				t.Errorf("the agent was %q and is %q; the report is %+v", running, now, got)
			}
		},
		"it needs no more than the programs of BusyBox and curl": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("muster param get p | muster output set o", parameters{"p": deferred(boot.RequiredForNothing)}, "o")))
			tools := map[string]string{"sh": "/bin/sh", "curl": "/bin/curl"}
			for _, name := range append(coreutils(), "mkdir", "true", "ps") {
				if tools[name] == "" && name != "true" {
					tools[name] = "/bin/busybox"
				}
			}
			i.only(tools)
			i.start()
			i.deliver(delivery(1, map[string]string{"p": "hello"}))
			if got := i.untilStatus(boot.StatusReady); got.Outputs["o"] != "hello" {
				t.Errorf("got the outputs %v", got.Outputs)
			}
		},
		"a program that is missing is named": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("true", nil)))
			i.only(programs(coreutils()...))
			i.start()
			got := i.untilStatus(boot.StatusFailed)
			if got.Failure != "the server lacks the program curl" {
				t.Errorf("got the failure %q", got.Failure)
			}
		},
		"a metadata service that is throttled for a while holds nothing up for good": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("muster param get p", parameters{"p": deferred(boot.RequiredForNothing)})))
			i.start()
			i.MetadataService().SetThrottle(3, 503)
			i.deliver(delivery(1, map[string]string{"p": "1"}))
			i.untilStatus(boot.StatusReady)
		},
	})
}

// awkwardTexts are values that are long enough to lie in files of their own, and such
// that are not.
func awkwardTexts() map[string]string {
	bytes := make([]byte, 0, 256)
	for b := 1; b < 256; b++ {
		bytes = append(bytes, byte(b))
	}
	var letters strings.Builder
	for r := rune(1); r < 0x300; r++ {
		letters.WriteRune(r)
	}
	long := strings.Repeat("a line of a text that lies in a file of its own\n", 3)
	return map[string]string{
		"empty": "", "short": "x", "no_newline": strings.TrimSpace(long), "newlines": long + "\n\n",
		"every_byte": string(bytes), "letters": letters.String(), "only_newlines": strings.Repeat("\n", 70),
		"delimiter": "END_OF_FILE\nEND_OF_FILE_0\n" + long + "END_OF_FILE",
		"shell":     strings.Repeat("$(reboot) `reboot` ${x} $x \\ \\\n' \" \\$ \r\n\t<<E\n", 2),
		"at":        "@0:5 " + long, "dash": "-",
	}
}
