package provider_test

import (
	"strings"
	"testing"

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

// What a restarted member publishes anew reaches its consumers in the same apply.
func TestAccHooks_restart(t *testing.T) {
	t.Parallel()
	restarted := func(trigger string) stack {
		return stack{
			configurations: []configuration{
				{name: "db", boot: "echo boot >>boots\nmuster output set boots $(wc -l <boots)", outputs: `boots = {}`},
				{name: "web", boot: "muster param get boots >boots", update: "muster param get boots >boots", parameters: `boots = { deferred = true }`},
			},
			groups: []group{
				{name: "db", size: 2, arguments: `restart_triggers = { certificate = "` + trigger + `" }`},
				{name: "web", size: 1},
			},
			injections: []injection{{into: "web.boots", from: []string{"db.boots"}, arguments: `select = "all"`}},
		}
	}
	expect := func(w *acctest.Workspace, want string) {
		t.Helper()
		var outputs map[string]map[string]string
		w.Attribute(readinessAddress, "outputs", &outputs)
		got := strings.Join([]string{outputs["db-0"]["boots"], outputs["db-1"]["boots"], acctest.Member(t, w.Directory(), "web-0").File(t, "boots")}, " ")
		if got != want {
			t.Errorf("boots of db-0 and db-1, and what web-0 knows of them: %q, want %q", got, want)
		}
	}
	w := acctest.NewWorkspace(t)
	w.Apply(restarted("1").String())
	expect(w, "1 1 1,1")
	before := acctest.IDs(t, w.Directory())
	plan, output := w.Apply(restarted("2").String())
	expectChanges(t, plan, map[string]string{groupAddress("db"): "update", injectionAddress("web_boots"): "update", readinessAddress: "update"})
	if want := "0 added, 3 changed, 0 destroyed"; !strings.Contains(output, want) {
		t.Errorf("the apply doesn't say %q:\n%s", want, output)
	}
	localSite(t, w).expectSurvivors(t, before)
	expect(w, "2 2 2,2")

	// A member that is launched under the mark isn't restarted.
	w.Apply(restarted("2").resized(map[string]int{"db": 3}).String())
	if got, want := acctest.Member(t, w.Directory(), "db-2").File(t, "boots"), "boot\n"; got != want {
		t.Errorf("boots of db-2: %q, want %q", got, want)
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
	localSite(t, w).expectSurvivors(t, before, "web-0")
}
