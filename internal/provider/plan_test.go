package provider_test

import (
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
	localSite(t, w).expectSurvivors(t, before)
}
