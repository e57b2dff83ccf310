package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// waiting is a group whose members write down their parameter "word" as often as they get
// it; its declaration has these arguments. Without a value there is no injection.
func waiting(declaration, value string) stack {
	s := stack{
		configurations: []configuration{{
			name: "web", parameters: "word = { deferred = true, " + declaration + " }",
			boot: "muster param get word >>words", update: "muster param get word >>words",
		}},
		groups: []group{{name: "web", size: 1}},
	}
	if value != "" {
		s.injections = []injection{{into: "web.word", arguments: `value = "` + value + `"`}}
	}
	return s
}

// ample is a timeout within which a value that exists arrives also on a machine that is
// busy; ampleSeconds is how a server reports it.
const ample, ampleSeconds = "15s", "15 s"

// What doesn't arrive in time fails the server, and the apply at once; when it is
// delivered, the next apply replaces the server.
func TestAccDeadline_fail(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		declaration := `timeout = "` + ample + `"`
		at.Write(waiting(declaration, "").String())
		result := at.Run("apply", "-auto-approve")
		late := "parameter word has not arrived within " + ampleSeconds
		for _, want := range []string{
			"Servers Failed to Boot", "web-0: " + late,
			"Deliver the parameter with a muster_parameter_injection whose wire is listed in after, or give it a longer timeout",
		} {
			if result.ExitCode != acctest.Refused || !message(want).MatchString(result.Output) {
				t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
			}
		}
		if strings.Contains(result.Output, "Correct the script") {
			t.Errorf("the apply blames the script:\n%s", result.Output)
		}
		before := at.State().Members()["web-0"]
		plan, _ := at.Apply(waiting(declaration, "hello").String())
		expectReplacements(t, plan, "web", map[string]string{"web-0": late})
		if at.State().Members()["web-0"] == before {
			t.Error("the failed server has not been replaced")
		}
		at.expectFiles(t, "words", map[string]string{"web-0": "hello"})
	})
}

// A placeholder makes the server ready; the value takes its place without a new server.
func TestAccDeadline_proceed(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		declaration := `required_for = "ready", timeout = "1s", on_timeout = "proceed", placeholder = "none,"`
		at.Write(waiting(declaration, "").String())
		if output := at.MustRun("plan"); strings.Contains(output, "Parameter Without Injection") {
			t.Errorf("the plan warns of a parameter that nobody has to deliver:\n%s", output)
		}
		at.Plan()
		at.ApplyPlan()
		at.expectFiles(t, "words", map[string]string{"web-0": "none,"})
		before := at.State().Members()
		plan, _ := at.Apply(waiting(declaration, "hello").String())
		expectChanges(t, plan, map[string]string{injectionAddress("web_word"): "create", readinessAddress: "update"})
		if diff := cmp.Diff(before, at.State().Members()); diff != "" {
			t.Errorf("the servers (-before +after the value has come):\n%s", diff)
		}
		at.expectFiles(t, "words", map[string]string{"web-0": "none,hello"})
	})
}

// A script that waits for what nothing requires learns that the time is over, and how it
// goes on is its own affair.
func TestAccDeadline_scriptIsTold(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	told := waiting(`required_for = "nothing", timeout = "1s"`, "")
	told.configurations[0].boot = "code=0\nmuster param get word || code=$?\necho $code >code"
	w.Apply(told.String())
	member := acctest.Member(t, w.Directory(), "web-0")
	if got, want := member.File(t, "code")+member.Console(t), "3\nmuster: parameter word has not arrived within 1 s\n"; got != want {
		t.Errorf("the script has got %q, want %q", got, want)
	}
}
