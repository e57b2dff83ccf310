package provider_test

import (
	"fmt"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// couples is a stack in which each web server gets the token of its own database, and each
// database its own address. hello is what the databases' tokens begin with.
func couples(size int, hello string) stack {
	return stack{
		configurations: []configuration{
			{
				name: "web", parameters: `token = { deferred = true, required_for = "ready" }`, outputs: `seen = {}`,
				boot: `muster param get token | muster output set seen`, update: `muster param get token | muster output set seen`,
			},
			{
				name: "db", parameters: `self = { deferred = true, required_for = "ready" }`, outputs: `token = {}, seen = {}`,
				boot: `
muster output set token "` + hello + ` from $MUSTER_MEMBER at $MUSTER_PRIVATE_IP"
muster param get self | muster output set seen
`,
			},
		},
		groups: []group{{name: "web", size: size}, {name: "db", size: size}},
		injections: []injection{
			{into: "web.token", from: []string{"db.token"}, arguments: `select = "each"`},
			{into: "db.self", from: []string{"db.private_ip"}, arguments: `select = "own"`},
		},
	}
}

// expectCouples wants every server to have the value that is meant for it.
func expectCouples(size int, hello string) statecheck.StateCheck {
	return checkState(func(resources map[string]*tfjson.StateResource) error {
		databases, _ := resources[groupAddress("db")].AttributeValues["members"].(map[string]any)
		got, _ := resources[readinessAddress].AttributeValues["outputs"].(map[string]any)
		if len(databases) != size || len(got) != 2*size {
			return fmt.Errorf("there are %d databases and outputs of %d servers, want %d and %d", len(databases), len(got), size, 2*size)
		}
		for slot := range size {
			key := fmt.Sprintf("db-%d", slot)
			member, _ := databases[key].(map[string]any)
			address := fmt.Sprint(member["private_ip"])
			database, _ := got[key].(map[string]any)
			web, _ := got[fmt.Sprintf("web-%d", slot)].(map[string]any)
			if token := fmt.Sprintf("%s from %s at %s", hello, key, address); web["seen"] != token {
				return fmt.Errorf("web-%d has seen %v, want %q", slot, web["seen"], token)
			}
			if database["seen"] != address {
				return fmt.Errorf("%s has seen %v, want its own address %s", key, database["seen"], address)
			}
		}
		return nil
	})
}

func TestAccInjection_oneToOne(t *testing.T) {
	t.Parallel()
	directory := acctest.Directory(t)
	step := func(size int, hello string) resource.TestStep {
		return resource.TestStep{
			Config:            acctest.ProviderBlock(directory, "") + couples(size, hello).String(),
			ConfigStateChecks: []statecheck.StateCheck{expectCouples(size, hello)},
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			step(2, "hello"),
			// The servers that are there keep what they have.
			step(3, "hello"),
			// The databases are replaced one at a time: none has its predecessor's address.
			{Config: acctest.ProviderBlock(directory, "") + couples(3, "welcome").String()},
			nothingToDo(step(3, "welcome")),
			step(1, "welcome"),
		},
	})
}

// nothingToDo wants the step's plan to be empty: all was done by the apply before it.
func nothingToDo(step resource.TestStep) resource.TestStep {
	step.ConfigPlanChecks.PreApply = append(step.ConfigPlanChecks.PreApply, plancheck.ExpectEmptyPlan())
	return step
}
