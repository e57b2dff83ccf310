package provider_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestAccServerGroup_killedMemberIsReplacedAlone(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	config := pair(2, 2).String()
	w.Apply(config)
	for _, killed := range []struct{ key, group, other string }{
		{key: "web-1", group: "web", other: "db"},
		{key: "db-0", group: "db", other: "web"},
	} {
		before := acctest.IDs(t, w.Directory())
		acctest.Member(t, w.Directory(), killed.key).Kill(t)
		plan, _ := w.Apply(config)
		expectChanges(t, plan, except(all(), killed.other))
		expectReplacements(t, plan, killed.group, map[string]string{killed.key: "its server has ended: its supervisor was killed"})
		localSite(t, w).expectSurvivors(t, before, killed.key)
		localSite(t, w).expectDelivered(t)
	}
}

func expectReplacements(t *testing.T, plan acctest.Plan, group string, want map[string]string) {
	t.Helper()
	var got map[string]string
	plan.After(t, groupAddress(group), "replacements", &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("replacements of %s in the plan (-want +got):\n%s", group, diff)
	}
}

func TestAccServerGroup_replacedGroupIsWiredAgain(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(pair(2, 2).String())
	for _, replaced := range []struct{ group, other string }{{"web", "db"}, {"db", "web"}} {
		before := acctest.IDs(t, w.Directory())
		plan := w.Plan("-replace=" + groupAddress(replaced.group))
		want := except(all(), replaced.other)
		want[groupAddress(replaced.group)] = "delete,create"
		expectChanges(t, plan, want)
		w.ApplyPlan()
		localSite(t, w).expectSurvivors(t, before, replaced.group+"-0", replaced.group+"-1")
		localSite(t, w).expectDelivered(t)
	}
}

// What the plan took for a survivor may be gone when it is applied: the apply says
// so, and the next one goes on.
func TestAccServerGroup_memberEndsBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(pair(1, 2).String())
	before := acctest.IDs(t, w.Directory())
	w.Write(pair(2, 2).String())
	w.Plan()
	acctest.Member(t, w.Directory(), "web-0").Kill(t)
	result := w.Run("apply", "plan")
	if want := "web-0: its server has ended: its supervisor was killed"; result.ExitCode == 0 || !message(want).MatchString(result.Output) {
		t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
	}
	w.Apply(pair(2, 2).String())
	localSite(t, w).expectSurvivors(t, before, "web-0")
	localSite(t, w).expectDelivered(t)
}

// The servers of a state directory that was removed end by themselves.
func TestAccServerGroup_lostStateDirectory(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(pair(1, 1).String())
	before := acctest.Servers(t, w.Directory())
	acctest.Await(t, "the state directory is gone", func() bool { return os.RemoveAll(w.Directory()) == nil })
	for _, server := range before {
		server.AwaitEnd(t)
	}
	w.ExpectToDo()
	w.Apply(pair(1, 1).String())
	localSite(t, w).expectDelivered(t)
	if got := len(acctest.Servers(t, w.Directory())); got != 2 {
		t.Errorf("%d servers run, want 2", got)
	}
}

// rolled is a group whose members note in a journal when they begin and when they
// are done.
func rolled(journal, version, more string) stack {
	boot := strings.NewReplacer("JOURNAL", journal, "VERSION", version, "MORE", more).Replace(`
echo "VERSION $MUSTER_MEMBER begins" >>JOURNAL
MORE
echo "VERSION $MUSTER_MEMBER is done" >>JOURNAL
`)
	return stack{
		configurations: []configuration{{name: "web", boot: boot}},
		groups:         []group{{name: "web", size: 3}},
	}
}

func TestAccServerGroup_rollsOneAtATime(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	journal := w.Path("journal")
	w.Apply(rolled(journal, "v1", "").String())
	plan, _ := w.Apply(rolled(journal, "v2", "").String())
	expectChanges(t, plan, map[string]string{configurationAddress("web"): "update", groupAddress("web"): "update", readinessAddress: "update"})
	content, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(content), "v2")
	want := " web-0 begins\nv2 web-0 is done\nv2 web-1 begins\nv2 web-1 is done\nv2 web-2 begins\nv2 web-2 is done\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the journal of the rolling change (-want +got):\n%s", diff)
	}

	before := acctest.IDs(t, w.Directory())
	w.Write(rolled(journal, "v3", `[ $MUSTER_MEMBER != web-1 ] || exit 3`).String())
	result := w.Run("apply", "-auto-approve")
	for _, want := range []string{"stops at web-1, whose old server keeps running", "boot script exited with exit code 3"} {
		if result.ExitCode != acctest.Refused || !message(want).MatchString(result.Output) {
			t.Errorf("the apply ends with exit code %d and doesn't say %q:\n%s", result.ExitCode, want, result.Output)
		}
	}
	localSite(t, w).expectSurvivors(t, before, "web-0")
	if got := len(acctest.Servers(t, w.Directory())); got != 3 {
		t.Errorf("%d servers run, want 3", got)
	}
}
