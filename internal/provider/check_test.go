package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// message returns the expression for a text as the CLI prints it, which breaks its
// lines wherever it likes.
func message(text string) *regexp.Regexp {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	return regexp.MustCompile(strings.Join(words, `\s+`))
}

// outputs are what a readiness holds: by member, then by name.
type outputs map[string]map[string]any

// checkState checks the resources in the state.
type checkState func(resources map[string]*tfjson.StateResource) error

// CheckState implements [statecheck.StateCheck].
func (c checkState) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	resources := make(map[string]*tfjson.StateResource)
	for _, resource := range req.State.Values.RootModule.Resources {
		resources[resource.Address] = resource
	}
	resp.Error = c(resources)
}

// checkOutputs checks the readiness' outputs.
func checkOutputs(check func(outputs) error) statecheck.StateCheck {
	return checkState(func(resources map[string]*tfjson.StateResource) error {
		members, _ := resources[readinessAddress].AttributeValues["outputs"].(map[string]any)
		found := make(outputs)
		for key, entry := range members {
			found[key], _ = entry.(map[string]any)
		}
		return check(found)
	})
}

// expectOutputs expects the readiness' outputs to be these.
func expectOutputs(want outputs) statecheck.StateCheck {
	return checkOutputs(func(got outputs) error {
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("outputs (-want +got):\n%s", diff)
		}
		return nil
	})
}

// checkPlan checks a plan.
type checkPlan func(plan acctest.Plan) error

// CheckPlan implements [plancheck.PlanCheck].
func (c checkPlan) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = c(acctest.Plan{Plan: *req.Plan})
}

// onlyChanges are the plan checks of a step in which this and nothing else is
// planned, by address.
func onlyChanges(want map[string]string) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{checkPlan(func(plan acctest.Plan) error {
		if diff := cmp.Diff(want, plan.Changes()); diff != "" {
			return fmt.Errorf("planned changes (-want +got):\n%s", diff)
		}
		return nil
	})}}
}

// expectOwnAddresses expects that every member of "node" has seen the addresses of
// all, in the order of the slots.
func expectOwnAddresses(resources map[string]*tfjson.StateResource) error {
	members, _ := resources[groupAddress("node")].AttributeValues["members"].(map[string]any)
	var addresses []string
	for slot := range len(members) {
		member, _ := members[fmt.Sprintf("node-%d", slot)].(map[string]any)
		addresses = append(addresses, fmt.Sprint(member["private_ip"]))
	}
	want := make(map[string]any)
	for key := range members {
		want[key] = map[string]any{"seen": strings.Join(addresses, " ")}
	}
	if diff := cmp.Diff(want, resources[readinessAddress].AttributeValues["outputs"]); diff != "" {
		return fmt.Errorf("outputs (-want +got):\n%s", diff)
	}
	return nil
}
