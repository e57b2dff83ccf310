package provider_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// chain returns groups of which each publishes what it makes of the output of the
// one before, also when that changes. The first has the given value.
func chain(names []string, value string) stack {
	var s stack
	for i, name := range names {
		publish := fmt.Sprintf(`muster output set out "%s($(muster param get in))"`, name)
		s.configurations = append(s.configurations, configuration{
			name: name, boot: publish, update: publish,
			parameters: `in = { deferred = true }`, outputs: `out = {}`,
		})
		s.groups = append(s.groups, group{name: name, size: 1})
		into := injection{into: name + ".in", arguments: fmt.Sprintf("value = %q", value)}
		if i > 0 {
			into = injection{into: name + ".in", from: []string{names[i-1] + ".out"}}
		}
		s.injections = append(s.injections, into)
	}
	return s
}

func TestAccInjection_chainFollowsItsHead(t *testing.T) {
	t.Parallel()
	directory := acctest.Directory(t)
	names := []string{"a", "b", "c"}
	first, second := chain(names, "one"), chain(names, "two")
	expect := func(value string) []statecheck.StateCheck {
		return []statecheck.StateCheck{expectOutputs(outputs{
			"a-0": {"out": "a(" + value + ")"},
			"b-0": {"out": "b(a(" + value + "))"},
			"c-0": {"out": "c(b(a(" + value + ")))"},
		})}
	}
	resource.Test(t, first.test(directory,
		resource.TestStep{ConfigStateChecks: expect("one")},
		resource.TestStep{
			Config:            acctest.ProviderBlock(directory, "") + second.String(),
			ConfigPlanChecks:  onlyChanges(map[string]string{injectionAddress("a_in"): "update", readinessAddress: "update"}),
			ConfigStateChecks: expect("two"),
		},
	))
}

// More waiting calls than Terraform has slots would stop it: nothing but the
// readiness may wait.
func TestAccInjection_chainIsLongerThanTerraformIsWide(t *testing.T) {
	t.Parallel()
	const links = 25
	var names []string
	want := "head"
	for link := range links {
		name := fmt.Sprintf("link%02d", link)
		names = append(names, name)
		want = name + "(" + want + ")"
	}
	w := acctest.NewWorkspace(t)
	w.Apply(chain(names, "head").String())
	var got map[string]map[string]string
	w.Attribute(readinessAddress, "outputs", &got)
	if diff := cmp.Diff(want, got[names[links-1]+"-0"]["out"]); diff != "" {
		t.Errorf("the last link's output (-want +got):\n%s", diff)
	}
}
