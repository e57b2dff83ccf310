package provider_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestAccInjection_rewired(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		first := pair(1, 1)
		at.Apply(first.String())
		before := at.running()
		rewired := map[string]string{injectionAddress("web_hosts"): "update", readinessAddress: "update"}

		byValue := first
		byValue.injections = []injection{{into: "web.hosts", arguments: `value = "fixed"`}}
		plan, _ := at.Apply(byValue.String())
		expectChanges(t, plan, rewired)
		at.expectSeen(t, "fixed")

		byOutput := first
		byOutput.injections = []injection{{into: "web.hosts", from: []string{"db.id"}}}
		plan, _ = at.Apply(byOutput.String())
		expectChanges(t, plan, rewired)
		at.expectSeen(t, before["db-0"])
		at.expectSurvivors(t, before)

		// A removed source leaves what it has given.
		alone := stack{configurations: first.configurations[1:], groups: first.groups[1:]}
		plan, _ = at.Apply(alone.String())
		expectChanges(t, plan, map[string]string{
			configurationAddress("db"): "delete", groupAddress("db"): "delete",
			injectionAddress("web_hosts"): "delete", readinessAddress: "update",
		})
		at.expectSeen(t, before["db-0"])
		at.expectSurvivors(t, before, "db-0")
	})
}

// An input that is merely unknown replaces no server.
func TestAccServerGroup_unknownInput(t *testing.T) {
	t.Parallel()
	late := func(input string) string {
		return fmt.Sprintf(`
resource "terraform_data" "late" { input = %q }
resource "muster_server_configuration" "web" {
  name        = "web"
  image       = "host"
  boot_script = terraform_data.late.output == "" ? "false" : "true"
}
`, input) + stack{groups: []group{{name: "web", size: 2}}}.String()
	}
	w := acctest.NewWorkspace(t)
	w.Apply(late("one"))
	before := acctest.IDs(t, w.Directory())
	plan, _ := w.Apply(late("two"))
	if got := plan.Changes()[groupAddress("web")]; got != "update" {
		t.Errorf("the group is planned for %q, want update", got)
	}
	localSite(t, w).expectSurvivors(t, before)
}

// picky is a group whose update script refuses the value "bad".
func picky(value string) stack {
	return stack{
		configurations: []configuration{{
			name: "web", parameters: `mood = { deferred = true }`, boot: `true`,
			update: `[ "$(muster param get mood)" != bad ] || exit 5`,
		}},
		groups:     []group{{name: "web", size: 1}},
		injections: []injection{{into: "web.mood", arguments: fmt.Sprintf("value = %q", value)}},
	}
}

func TestAccServerReadiness_failedUpdateScript(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(picky("good").String())
	w.Write(picky("bad").String())
	result := w.Run("apply", "-auto-approve")
	if want := "web-0: update script exited with exit code 5"; result.ExitCode != acctest.Refused || !message(want).MatchString(result.Output) {
		t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
	}
	plan, _ := w.Apply(picky("better").String())
	expectReplacements(t, plan, "web", map[string]string{"web-0": "update script exited with exit code 5"})
}
