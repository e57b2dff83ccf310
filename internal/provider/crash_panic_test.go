package provider_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// A bug of the provider's own, in the midst of a change, ends that change with an
// error that says so. What runs is in Terraform's state or in the ledger: nothing is
// tainted, and the next apply goes on with the servers that there are.
func TestAccServerGroup_panic(t *testing.T) {
	t.Parallel()
	group := stack{
		configurations: []configuration{{name: "web", boot: `true`}},
		groups:         []group{{name: "web", size: 2}},
	}
	tests := map[string]struct {
		// before is applied without a panic; empty: nothing is.
		before, change stack
		// at is the method whose first call of the change panics.
		at string
		// gone are the members that the change asks to replace or to remove.
		gone []string
	}{
		"in a create, with its record written":     {change: group, at: "CreateGroup"},
		"in a create, with its servers launched":   {change: group, at: "Launch"},
		"in a create, with its servers looked at":  {change: group, at: "Reports"},
		"in a scale-out, with its server launched": {before: group, change: group.resized(map[string]int{"web": 3}), at: "Launch"},
		"in a scale-in, with its server ended":     {before: group, change: group.resized(map[string]int{"web": 1}), at: "Terminate", gone: []string{"web-1"}},
		"in a rolling change, with a successor launched": {
			before: group, change: group.rebooted(`sleep 0`), at: "Launch", gone: []string{"web-0", "web-1"},
		},
		"in a rolling change, with a predecessor ended": {
			before: group, change: group.rebooted(`sleep 0`), at: "Terminate", gone: []string{"web-0", "web-1"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewMortalWorkspace(t)
			if len(test.before.groups) > 0 {
				w.Apply(test.before.String())
			}
			before := acctest.IDs(t, w.Directory())
			w.Write(test.change.String())
			result := w.RunWith(fault.Plan{Panic: test.at}, "apply", "-auto-approve")
			if want := message("The provider has crashed. What it had done is not lost: the next apply goes on from there. This is a bug"); !want.MatchString(result.Output) {
				t.Errorf("the apply doesn't say %q:\n%s", want, result.Output)
			}
			if tainted := w.State().Tainted(); len(tainted) > 0 {
				t.Errorf("after the panic, %v is tainted", tainted)
			}
			begun := acctest.IDs(t, w.Directory())
			w.Apply(test.change.String())
			localSite(t, w).expectSurvivors(t, before, test.gone...)
			expectContinued(t, w, begun, before)
		})
	}
}

// expectContinued expects that the servers which an interrupted change has launched
// are the members now, and that there are no others in their slots.
func expectContinued(t *testing.T, w *acctest.Workspace, begun, before map[string]string) {
	t.Helper()
	ids := acctest.IDs(t, w.Directory())
	for key, id := range begun {
		if ids[key] != "" && id != before[key] && ids[key] != id {
			t.Errorf("%s is %s; the interrupted change had launched %s", key, ids[key], id)
		}
	}
	if diff := cmp.Diff(len(ids), len(acctest.Servers(t, w.Directory()))); diff != "" {
		t.Errorf("servers per slot (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ids, w.State().Members()); diff != "" {
		t.Errorf("members in the state (-want +got):\n%s", diff)
	}
}

// rebooted returns the stack with another boot script in every configuration.
func (s stack) rebooted(boot string) stack {
	var configurations []configuration
	for _, configuration := range s.configurations {
		configuration.boot = boot
		configurations = append(configurations, configuration)
	}
	s.configurations = configurations
	return s
}
