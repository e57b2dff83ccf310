package provider_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func TestAccPlan_isTheSameEachTime(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(pair(2, 2).String())
	if diff := cmp.Diff(w.Plan().Content(t), w.Plan().Content(t)); diff != "" {
		t.Errorf("two plans that change nothing (-first +second):\n%s", diff)
	}
	w.Write(pair(3, 1).String())
	first, second := w.Plan().Content(t), w.Plan().Content(t)
	// Terraform lists these in any order.
	delete(first, "relevant_attributes")
	delete(second, "relevant_attributes")
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two plans of one change (-first +second):\n%s", diff)
	}
}

// An imported group is the one that ran: nothing is launched or terminated.
func TestAccServerGroup_import(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	launched := stack{
		configurations: []configuration{{name: "web", boot: `true`, parameters: `port = {}`, outputs: `url = {}`}},
		groups:         []group{{name: "web", size: 2, arguments: `parameters = { port = "80" }`}},
	}
	w.Apply(launched.String())
	before := acctest.IDs(t, w.Directory())
	w.MustRun("state", "rm", groupAddress("web"))
	w.MustRun("import", groupAddress("web"), "web")
	plan := w.Plan()
	for address, change := range plan.Changes() {
		if address != groupAddress("web") || change != "update" {
			t.Errorf("%s is planned for %s", change, address)
		}
	}
	var members map[string]struct{ ID string }
	plan.After(t, groupAddress("web"), "members", &members)
	planned := make(map[string]string)
	for key, member := range members {
		planned[key] = member.ID
	}
	if diff := cmp.Diff(before, planned); diff != "" {
		t.Errorf("planned members (-running +planned):\n%s", diff)
	}
	w.ApplyPlan()
	expectSurvivors(t, w, before)
}

// Ctrl-C ends the wait and nothing else.
func TestAccServerReadiness_interrupted(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	waiting := stack{
		configurations: []configuration{{name: "web", boot: `true`, parameters: `db_host = { deferred = true }`}},
		groups:         []group{{name: "web", size: 1}},
	}
	w.Write(waiting.String())
	command := w.Command(t.Context(), "apply", "-auto-approve")
	output, err := os.Create(w.Path("output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	acctest.Await(t, "the wait has begun", func() bool {
		printed, _ := os.ReadFile(w.Path("output"))
		return message(readinessAddress + ": Creating...").Match(printed)
	})
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("an interrupted apply ends with exit code 0")
	}
	printed, _ := os.ReadFile(w.Path("output"))
	if want := message("Interrupted While Waiting for Servers"); !want.Match(printed) {
		t.Errorf("the apply doesn't say %q:\n%s", want, printed)
	}
	before := acctest.IDs(t, w.Directory())
	waiting.injections = []injection{{into: "web.db_host", arguments: `value = "db.internal"`}}
	plan, _ := w.Apply(waiting.String())
	expectChanges(t, plan, map[string]string{injectionAddress("web_db_host"): "create", readinessAddress: "create"})
	expectSurvivors(t, w, before)
}
