package channel_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestInstance_report(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"the newest report is repeated when the console has forgotten it": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("muster output set o 1", nil, "o")))
			i.set("ec2_repeat=300", "ec2_repeat=1")
			// Whoever floods the console comes at every boot, before the agent.
			flood := "while [ ! -e /opt/flood ]; do sleep 1; done; head -c 70000 /dev/zero | tr '\\0' x >/dev/console; rm /opt/flood; touch /opt/flooded"
			i.write("/var/lib/cloud/scripts/per-boot/flood", "#!/bin/sh\n("+flood+") </dev/null >/dev/null 2>&1 &\n")
			i.start()
			first := i.untilStatus(boot.StatusReady)
			if err := os.WriteFile(filepath.Join(i.Root(), "/opt/flood"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			// What was written is shown a moment later.
			i.until("the console has forgotten how the instance booted", func() bool {
				return i.exists("/opt/flooded") && !strings.Contains(string(i.Console()), "modules:final")
			})
			again := i.untilStatus(boot.StatusReady)
			if again.Boot != first.Boot || again.Outputs["o"] != "1" {
				t.Errorf("got %+v", again)
			}
		},
		"a report that is too large is a failure that says so": func(t *testing.T, sh machine.Shell) {
			p := payload("", nil, "a", "b", "c")
			p.Configuration.BootScript = "for o in a b c; do head -c 20000 /dev/urandom | base64 -w 0 | muster output set $o; done"
			got := launch(t, sh, userData(p)).untilStatus(boot.StatusFailed)
			if !strings.HasPrefix(got.Failure, "the report has ") || !strings.HasSuffix(got.Failure, " bytes compressed, and the console carries 28800: publish fewer or shorter outputs") {
				t.Errorf("got the failure %q", got.Failure)
			}
		},
		"outputs that fit arrive byte for byte": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, userData(payload("head -c 15000 /dev/urandom | base64 -w 0 >o; muster output set o <o", nil, "o")))
			got := i.untilStatus(boot.StatusReady)
			if want := i.read("/var/lib/muster/home/o"); got.Outputs["o"] != want || want == "" {
				t.Errorf("got %d bytes, want %d", len(got.Outputs["o"]), len(want))
			}
		},
		"a disk that takes nothing any more doesn't keep it from reporting": func(t *testing.T, sh machine.Shell) {
			// Where there is a directory nobody can write a file.
			script := "cd /var/lib/muster; rm -f seq; mkdir seq.new markers.new; echo no space left; exit 28"
			got := launch(t, sh, userData(payload(script, nil, "secret"))).untilStatus(boot.StatusFailed)
			if got.LogTail != "no space left" || got.Failure != "boot script exited with exit code 28" {
				t.Errorf("got %+v", got)
			}
		},
		"a log of more than 10 MB is begun anew": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, userData(payload("head -c 11000000 /dev/zero | tr '\\0' '\\n'; echo early; while [ ! -s /var/log/muster.log.1 ]; do sleep 1; done; while [ -s /var/log/muster.log ]; do sleep 1; done; echo late; exit 1", nil)))
			i.set("ec2_repeat=300", "ec2_repeat=1")
			i.start()
			got := i.untilStatus(boot.StatusFailed)
			if !strings.HasSuffix(got.LogTail, "early\nlate") || i.read("/var/log/muster.log") != "late\n" {
				t.Errorf("the log's tail is %q", got.LogTail)
			}
		},
	})
}
