package channel_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestInstance_orphan(t *testing.T) {
	t.Parallel()
	orphan := userData(payload("true", nil))
	orphan.OrphanDeadline = 2500 * time.Millisecond
	off := func(i *instance) bool {
		select {
		case <-i.Done():
			return true
		default:
			return false
		}
	}
	inEveryShell(t, map[string]func(*testing.T, machine.Shell){
		"a server to which nothing is delivered powers off": func(t *testing.T, sh machine.Shell) {
			i := launch(t, sh, orphan)
			i.until("it is off", func() bool { return off(i) })
			if got, want := i.read("/var/log/muster.log"), "muster: nothing was delivered within 3 s: powering off\n"; got != want {
				t.Errorf("the log is %q, want %q", got, want)
			}
		},
		"also where the metadata service doesn't answer": func(t *testing.T, sh machine.Shell) {
			i := newInstance(t, sh, orphan)
			i.metadata.set(func(view *imds.View) { view.Disabled = true })
			i.start()
			i.until("it is off", func() bool { return off(i) })
		},
		"also after a reboot": func(t *testing.T, sh machine.Shell) {
			slow := orphan
			slow.OrphanDeadline = time.Hour
			i := launch(t, sh, slow)
			i.untilStatus(boot.StatusReady)
			// The rest of the hour takes no time.
			agent := strings.Replace(i.read("/var/lib/muster/agent"), "ec2_orphan=3600", "ec2_orphan=1", 1)
			if err := os.WriteFile(filepath.Join(i.Root(), "/var/lib/muster/agent"), []byte(agent), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := i.Reboot(); err != nil {
				t.Fatal(err)
			}
			i.until("it is off", func() bool { return off(i) })
		},
		"one to which something was delivered goes on, after a reboot too": func(t *testing.T, sh machine.Shell) {
			lasting := orphan
			// The script begins after the watch, and ends after the deadline.
			lasting.Payload = payload("sleep 4; echo up >>ups", nil)
			i := launch(t, sh, lasting)
			i.deliver(delivery(0, nil))
			i.until("it has outlived the deadline", func() bool { return i.read("/var/lib/muster/home/ups") == "up\n" })
			if err := i.Reboot(); err != nil {
				t.Fatal(err)
			}
			i.until("it has outlived it again", func() bool { return i.read("/var/lib/muster/home/ups") == "up\nup\n" })
		},
	})
}
