package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// named returns a configuration and its group "shop", sized by a policy that asks
// for three; name is the configuration's name, as an expression.
func named(name, boot string) string {
	return `
resource "muster_server_configuration" "web" {
  name        = ` + name + `
  image       = "host"
  boot_script = ` + boot + `
}
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 2
  max_servers          = 10
  initial_servers      = 2
  rules                = { three = { value = { number = 3 } } }
}
resource "muster_server_group" "web" {
  name                 = "shop"
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = muster_scaling_policy.web.desired_servers
}
resource "terraform_data" "late" {
  input = "echo late"
}
`
}

// A policy follows its configuration under another name, and nobody's servers
// become fewer by that.
func TestAccServerGroup_renamedConfiguration(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Write(named(`"web"`, `"true"`))
	w.MustRun("apply", "-auto-approve")
	w.MustRun("apply", "-auto-approve")
	if got := memberCount(t, w); got != 3 {
		t.Fatalf("there are %d members, want 3", got)
	}
	plan, _ := w.Apply(named(`"site"`, `"true"`))
	want := map[string]string{
		"muster_server_configuration.web": "delete,create",
		policyAddress:                     "update",
		groupAddress("web"):               "update",
	}
	if diff := cmp.Diff(want, plan.Changes()); diff != "" {
		t.Errorf("planned changes (-want +got):\n%s", diff)
	}
	if got := memberCount(t, w); got != 3 {
		t.Errorf("after the renaming there are %d members, want 3", got)
	}
}

// An input that isn't known at plan replaces the members in the apply if it turns
// out to be another one, and says so; if it turns out to be the same, none.
func TestAccServerGroup_inputKnownInTheApply(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Write(named(`"web"`, `terraform_data.late.output`))
	w.MustRun("apply", "-auto-approve")
	w.MustRun("apply", "-auto-approve")
	before := acctest.IDs(t, w.Directory())

	w.MustRun("apply", "-auto-approve", "-replace=terraform_data.late")
	if diff := cmp.Diff(before, acctest.IDs(t, w.Directory())); diff != "" {
		t.Errorf("servers after an input that turned out to be the same (-before +after):\n%s", diff)
	}

	w.Write(strings.ReplaceAll(named(`"web"`, `terraform_data.late.output`), "echo late", "echo later"))
	w.MustRun("apply", "-auto-approve")
	for key, id := range acctest.IDs(t, w.Directory()) {
		if before[key] == id {
			t.Errorf("%s still runs what it was launched from", key)
		}
	}
	var reasons map[string]string
	w.Attribute(groupAddress("web"), "replacements", &reasons)
	if len(reasons) != 3 || !strings.HasPrefix(reasons["shop-0"], "server configuration changes from web@") {
		t.Errorf("the reasons are %v", reasons)
	}
	w.ExpectNothingToDo()
}

// A group whose configuration has gone missing is not taken for one that is gone:
// its servers run.
func TestAccServerGroup_missingConfiguration(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Write(named(`"web"`, `"true"`))
	w.MustRun("apply", "-auto-approve")
	w.MustRun("apply", "-auto-approve")
	before := acctest.IDs(t, w.Directory())
	stored, err := filepath.Glob(filepath.Join(w.Directory(), "default", "configurations", "web@*.json"))
	if err != nil || len(stored) != 1 {
		t.Fatalf("stored configurations: %v, %v", stored, err)
	}
	if err := os.Remove(stored[0]); err != nil {
		t.Fatal(err)
	}
	plan := w.Plan()
	if diff := cmp.Diff(map[string]string{"muster_server_configuration.web": "create"}, plan.Changes()); diff != "" {
		t.Errorf("planned changes (-want +got):\n%s", diff)
	}
	w.ApplyPlan()
	if diff := cmp.Diff(before, acctest.IDs(t, w.Directory())); diff != "" {
		t.Errorf("servers (-before +after):\n%s", diff)
	}
}
