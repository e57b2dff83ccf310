package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// plan is what the demo shows of a plan.
type plan struct {
	// decision is the sentence of the policy that explains its number.
	decision string
	// launches are the keys of the members that the plan adds to any group.
	launches []string
	// deletes counts the resources that the plan destroys or replaces.
	deletes int
}

// parsePlan reads the output of "terraform show -json" for a saved plan.
func parsePlan(output []byte) (plan, error) {
	var document struct {
		Changes []change `json:"resource_changes"`
	}
	if err := json.Unmarshal(output, &document); err != nil {
		return plan{}, fmt.Errorf("reading the plan: %w", err)
	}
	var p plan
	for _, c := range document.Changes {
		if slices.Contains(c.Change.Actions, "delete") {
			p.deletes++
		}
		switch c.Type {
		case "muster_scaling_policy":
			p.decision = c.Change.After.Decision
		case "muster_server_group":
			p.launches = append(p.launches, c.launches()...)
		}
	}
	return p, nil
}

type change struct {
	Type   string `json:"type"`
	Change struct {
		Actions []string `json:"actions"`
		Before  values   `json:"before"`
		After   values   `json:"after"`
	} `json:"change"`
}

type values struct {
	Decision string                     `json:"decision"`
	Members  map[string]json.RawMessage `json:"members"`
}

func (c change) launches() []string {
	var added []string
	for _, key := range slices.Sorted(maps.Keys(c.Change.After.Members)) {
		if _, before := c.Change.Before.Members[key]; !before {
			added = append(added, key)
		}
	}
	return added
}
