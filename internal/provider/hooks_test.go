package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// leaving is a group whose members note in a file that they leave.
func leaving(w *acctest.Workspace, size int, decommission string) stack {
	return stack{
		configurations: []configuration{{
			name: "web", boot: "true",
			arguments: script("decommission_script", "echo \"$MUSTER_MEMBER leaves\" >>"+w.Path("left")+"\n"+decommission),
		}},
		groups: []group{{name: "web", size: size, arguments: `drain_timeout = "2s"`}},
	}
}

func TestAccHooks_decommission(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(leaving(w, 3, "true").String())
	w.Apply(leaving(w, 2, "true").String())
	if got, want := string(read(t, w.Path("left"))), "web-2 leaves\n"; got != want {
		t.Errorf("after the scale-in, %q have left, want %q", got, want)
	}

	// In a rolling change, a member leaves when its successor is up.
	changed := leaving(w, 2, "exit 7")
	w.Apply(changed.String())
	if got, want := string(read(t, w.Path("left"))), "web-2 leaves\nweb-0 leaves\nweb-1 leaves\n"; got != want {
		t.Errorf("after the rolling change, %q have left, want %q", got, want)
	}

	// A script that fails keeps nobody from going.
	w.Write(changed.resized(map[string]int{"web": 1}).String())
	output := w.MustRun("apply", "-auto-approve")
	for _, want := range []string{"Unable to Decommission All Servers of Server Group", "web-1: decommission script exited with exit code 7", "They were terminated all the same."} {
		if !message(want).MatchString(output) {
			t.Errorf("the apply doesn't warn %q:\n%s", want, output)
		}
	}
	w.MustRun("destroy", "-auto-approve")
	if got, want := string(read(t, w.Path("left"))), "web-0 leaves\n"; !strings.HasSuffix(got, want) {
		t.Errorf("after destroy, %q have left, want %q at the end", got, want)
	}
}

func TestAccHooks_decommissionTakesTooLong(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(leaving(w, 2, "sleep 600").String())
	w.Write(leaving(w, 1, "sleep 600").String())
	output := w.MustRun("apply", "-auto-approve")
	if want := "web-1: decommission script has not ended within the drain timeout of 2s"; !message(want).MatchString(output) {
		t.Errorf("the apply doesn't warn %q:\n%s", want, output)
	}
	if got := len(acctest.Servers(t, w.Directory())); got != 1 {
		t.Errorf("%d servers run, want 1", got)
	}
}

func TestAccHooks_restart(t *testing.T) {
	t.Parallel()
	restarted := func(trigger string) stack {
		return stack{
			configurations: []configuration{{
				name: "web", boot: "echo \"$motd\" >>boots", parameters: `motd = { deferred = true }`,
			}},
			groups:     []group{{name: "web", size: 2, arguments: `restart_triggers = { certificate = "` + trigger + `" }`}},
			injections: []injection{{into: "web.motd", arguments: `value = "welcome"`}},
		}
	}
	w := acctest.NewWorkspace(t)
	w.Apply(restarted("1").String())
	before := acctest.IDs(t, w.Directory())
	plan, _ := w.Apply(restarted("2").String())
	expectChanges(t, plan, map[string]string{groupAddress("web"): "update", injectionAddress("web_motd"): "update", readinessAddress: "update"})
	expectSurvivors(t, w, before)
	for _, server := range acctest.Servers(t, w.Directory()) {
		if diff := cmp.Diff("welcome\nwelcome\n", server.File(t, "boots")); diff != "" {
			t.Errorf("boots of %s (-want +got):\n%s", server.Key, diff)
		}
	}
	// A member that is launched under the mark isn't restarted.
	w.Apply(restarted("2").resized(map[string]int{"web": 3}).String())
	if got, want := acctest.Member(t, w.Directory(), "web-2").File(t, "boots"), "welcome\n"; got != want {
		t.Errorf("boots of web-2: %q, want %q", got, want)
	}
}

func TestAccHooks_updateTakesTooLong(t *testing.T) {
	t.Parallel()
	slow := func(value string) stack {
		return stack{
			configurations: []configuration{{
				name: "web", boot: `muster param get motd >motd`, update: `echo "updating $*"; [ "$(muster param get motd)" != slow ] || sleep 600`,
				parameters: `motd = { deferred = true, required_for = "ready" }`, arguments: `  update_script_timeout = "1s"` + "\n",
			}},
			groups:     []group{{name: "web", size: 1}},
			injections: []injection{{into: "web.motd", arguments: `value = "` + value + `"`}},
		}
	}
	w := acctest.NewWorkspace(t)
	w.Apply(slow("fast").String())
	before := acctest.IDs(t, w.Directory())
	w.Write(slow("slow").String())
	result := w.Run("apply", "-auto-approve")
	if want := "web-0: update script has not ended within 1 s; the end of its log: updating motd"; result.ExitCode != acctest.Refused || !message(want).MatchString(result.Output) {
		t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
	}
	plan, _ := w.Apply(slow("fast").String())
	expectReplacements(t, plan, "web", map[string]string{"web-0": "update script has not ended within 1 s"})
	expectSurvivors(t, w, before, "web-0")
}
