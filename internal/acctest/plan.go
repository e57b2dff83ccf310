package acctest

import (
	"encoding/json"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// Plan is a plan as "show -json" prints it.
type Plan struct {
	tfjson.Plan

	// Document is the whole text.
	Document []byte
}

func parsePlan(t testing.TB, document []byte) Plan {
	t.Helper()
	plan := Plan{Document: document}
	if err := plan.UnmarshalJSON(document); err != nil {
		t.Fatal(err)
	}
	return plan
}

// Changes returns what is planned for each resource for which anything is, for
// example "update" or "delete,create", by address.
func (p Plan) Changes() map[string]string {
	changes := make(map[string]string)
	for _, resource := range p.ResourceChanges {
		if resource.Change.Actions.NoOp() {
			continue
		}
		var actions []string
		for _, action := range resource.Change.Actions {
			actions = append(actions, string(action))
		}
		changes[resource.Address] = strings.Join(actions, ",")
	}
	return changes
}

// Content returns the whole plan without its timestamp, which no two plans share.
func (p Plan) Content(t testing.TB) map[string]any {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal(p.Document, &content); err != nil {
		t.Fatal(err)
	}
	delete(content, "timestamp")
	return content
}

// After decodes the planned values of a resource's attribute; those that are not
// known yet are absent.
func (p Plan) After(t testing.TB, address, attribute string, into any) {
	t.Helper()
	for _, resource := range p.ResourceChanges {
		if resource.Address != address {
			continue
		}
		after, _ := resource.Change.After.(map[string]any)
		decode(t, after[attribute], into)
		return
	}
	t.Fatalf("the plan has no %s", address)
}

// Attribute decodes an attribute of a resource in the state.
func (w *Workspace) Attribute(address, attribute string, into any) {
	w.t.Helper()
	var state tfjson.State
	if err := state.UnmarshalJSON(w.show()); err != nil {
		w.t.Fatal(err)
	}
	for _, resource := range state.Values.RootModule.Resources {
		if resource.Address == address {
			decode(w.t, resource.AttributeValues[attribute], into)
			return
		}
	}
	w.t.Fatalf("the state has no %s", address)
}

func decode(t testing.TB, value, into any) {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(encoded, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
