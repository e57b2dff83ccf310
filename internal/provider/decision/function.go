// Package decision is the provider's function decide: the decision of a scaling
// policy on a snapshot, without servers, sources or a state.
package decision

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// Function implements decide.
type Function struct{}

// New returns the function.
func New() function.Function { return Function{} }

var _ function.Function = Function{}

// Metadata names the function.
func (Function) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "decide"
}

// The positions of the parameters.
const (
	policyPosition = iota
	snapshotPosition
)

// Definition describes the function.
func (Function) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Decides how many servers a scaling policy asks for.",
		MarkdownDescription: "Returns what a scaling policy makes of a snapshot: the number of servers, and why. It asks nobody and looks at no server, " +
			"so a policy can be tried in `terraform console` and tested with `terraform test` before it is put to work.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name: "policy",
				MarkdownDescription: "The arguments of a `muster_scaling_policy`: `min_servers`, `max_servers`, `mode`, `signals`, `rules`, `schedules` and `behavior`. " +
					"What else the resource has is ignored, so it can be the resource itself.",
			},
			function.DynamicParameter{
				Name: "snapshot",
				MarkdownDescription: "What the policy sees, an object with `current` (the number of servers that the group is meant to have) and `signals` (by name: a number, a list with a number for each period, the newest last, or an object). " +
					"Optional are `in_service`, `servers`, `changes`, `unseen`, and `now`, which policies with schedules need. The guide on policy scenarios has all of it.",
			},
		},
		Return: function.ObjectReturn{AttributeTypes: result()},
	}
}

func result() map[string]attr.Type {
	return map[string]attr.Type{
		"desired": types.Int64Type, "recommended": types.Int64Type, "direction": types.StringType,
		"reason": types.StringType, "sentence": types.StringType, "error": types.StringType, "trace": types.StringType,
	}
}

// Run decides. What is wrong with a policy or a snapshot is an error of the argument.
func (Function) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var arguments, snapshot types.Dynamic
	resp.Error = req.Arguments.Get(ctx, &arguments, &snapshot)
	if resp.Error != nil {
		return
	}
	trees := make([]any, 0, 2)
	for position, argument := range []attr.Value{arguments, snapshot} {
		tree, complete := tfvalue.Tree(argument)
		if !complete {
			resp.Error = function.NewArgumentFuncError(int64(position), "it has values that are not known yet")
			return
		}
		trees = append(trees, tree)
	}
	decision, err := scenario.Decide(trees[policyPosition], trees[snapshotPosition])
	if err != nil {
		position := int64(policyPosition)
		if _, ok := errors.AsType[*scenario.SnapshotError](err); ok {
			position = snapshotPosition
		}
		resp.Error = function.NewArgumentFuncError(position, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, toObject(decision))
}

func toObject(decision policy.Decision) types.Object {
	attributes := map[string]attr.Value{
		"desired":     types.Int64Value(int64(decision.Desired)),
		"recommended": types.Int64Null(),
		"direction":   types.StringValue(string(decision.Direction)),
		"reason":      types.StringValue(string(decision.Reason)),
		"sentence":    types.StringValue(decision.Sentence),
		"error":       types.StringNull(),
		"trace":       types.StringValue(decision.JSON()),
	}
	if decision.Recommended != nil {
		attributes["recommended"] = types.Int64Value(int64(*decision.Recommended))
	}
	if err := decision.Err(); err != nil {
		attributes["error"] = types.StringValue(err.Error())
	}
	return types.ObjectValueMust(result(), attributes)
}
