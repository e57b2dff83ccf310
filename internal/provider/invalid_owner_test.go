package provider_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

func taken(group string) diagnosis {
	return diagnosis{groupAddress(group), "Unable to Create Server Group", fmt.Sprintf("Server group %q exists already in this namespace: another state has it, or another resource of this configuration. "+
		"If no other state has it, import it: terraform import ADDRESS %s; otherwise give one of the two another name.", group, group)}
}

// A group that another state has is left alone.
func TestAccInvalid_groupOfAnotherState(t *testing.T) {
	t.Parallel()
	w, other := acctest.NewWorkspace(t), acctest.NewWorkspace(t)
	w.Apply(sound().String())
	before := acctest.IDs(t, w.Directory())
	useDirectory(t, other, w.Directory())
	other.Write(sound().String())
	result := other.Run("apply", "-auto-approve", "-json")
	expectDiagnoses(t, []diagnosis{taken("db"), taken("web")}, parseDiagnoses(t, result.Output, "error")[""])
	// What it has made goes, and nothing of the group's with it.
	other.MustRun("destroy", "-auto-approve")
	w.ExpectNothingToDo()
	localSite(t, w).expectSurvivors(t, before)
}

// Of two resources with one name, one gets the group, and the other is told.
func TestAccInvalid_twoGroupsOfOneName(t *testing.T) {
	t.Parallel()
	const twin = "muster_server_group.twin"
	twins := func(web, other string) string {
		return sound().with(webGroup, "name", web).
			with(twin, "name", other).with(twin, "server_configuration", webConfiguration+".handle").
			with(schemaInjection, "into", `{ group = `+webGroup+`.handle, parameter = "size" }`).with(schemaInjection, "from", "").with(schemaInjection, "value", "1").
			with(webConfiguration, "parameters", `{ size = { deferred = true, required_for = "nothing" } }`).String()
	}
	w := acctest.NewWorkspace(t)
	w.Write(twins(`"web"`, `"web"`))
	result := w.Run("apply", "-auto-approve", "-json")
	got := parseDiagnoses(t, result.Output, "error")[""]
	if len(got) != 1 {
		t.Fatalf("the apply says: %v", got)
	}
	want := taken("web")
	want.At = got[0].At
	expectDiagnoses(t, []diagnosis{want}, got)
	before := acctest.IDs(t, w.Directory())
	if len(before) != 2 {
		t.Errorf("the servers are %v, want those of db and web", before)
	}

	// The one that was refused gets another name.
	config := twins(`"web"`, `"web-2"`)
	if got[0].At == webGroup {
		config = twins(`"web-2"`, `"web"`)
	}
	w.Write(config)
	if changes := w.Plan().Changes(); changes[got[0].At] != "create" || changes[groupAddress("db")] != "" {
		t.Errorf("the plan of the repair: %v", changes)
	}
	w.ApplyPlan()
	localSite(t, w).expectSurvivors(t, before)
}

// Two applies of two states in one namespace, at the same time: whoever comes first,
// no server is there twice, and who is refused is told so.
func TestAccInvalid_twoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	w, other := acctest.NewWorkspace(t), acctest.NewWorkspace(t)
	useDirectory(t, other, w.Directory())
	var both sync.WaitGroup
	results := make(map[*acctest.Workspace]*acctest.Result)
	for _, w := range []*acctest.Workspace{w, other} {
		w.Write(sound().with(webGroup, "desired_servers", "3").String())
		result := &acctest.Result{}
		results[w] = result
		both.Go(func() { *result = w.Run("apply", "-auto-approve", "-json") })
	}
	both.Wait()
	succeeded, busy := 0, 0
	for _, result := range results {
		if result.ExitCode == 0 {
			succeeded++
		}
		for _, d := range parseDiagnoses(t, result.Output, "error")[""] {
			t.Log(d)
			if strings.Contains(d.Detail, "Another run of Terraform is creating server group") {
				busy++
			}
			if d.Summary != "Unable to Create Server Group" && d.Summary != "Unable to Create Parameter Injection" {
				t.Errorf("one of the two says: %s", d)
			}
		}
	}
	// Each may have been first with one of the groups.
	if succeeded == 0 && busy < 2 {
		t.Error("neither of the two has succeeded, and not because of the other")
	}
	if got := len(acctest.Servers(t, w.Directory())); got != 4 {
		t.Errorf("%d servers run, want 1 of db and 3 of web", got)
	}
}
