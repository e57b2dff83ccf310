package serverreadiness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// planner computes a readiness' plan; like every planner it reads nothing but its
// fields.
type planner struct {
	plan model
	// scope is the readiness' own.
	scope types.String
	// state is nil on creation.
	state *model
}

// compute checks the arguments and plans the outputs.
func (p *planner) compute(ctx context.Context) (model, diag.Diagnostics) {
	groups, known, diagnostics := p.plan.groups(ctx)
	diagnostics.Append(p.plan.checkElements()...)
	diagnostics.Append(checkScope(p.scope, groups)...)
	if diagnostics.HasError() {
		return p.plan, diagnostics
	}
	diagnostics.Append(p.checkMinReady(groups, known)...)
	diagnostics.Append(p.checkLoops(ctx, groups)...)
	if p.state == nil {
		diagnostics.Append(p.checkSupply(ctx, groups)...)
	}
	p.plan.Outputs = p.outputs(ctx, groups, known)
	return p.plan, diagnostics
}

// outputs are planned by key: the entry of a member that stays is known while
// nothing that could make it publish anew is planned.
func (p *planner) outputs(ctx context.Context, groups []handle.Group, known bool) types.Map {
	if !known {
		return types.MapUnknown(entryType())
	}
	settled := p.state != nil && p.plan.After.Equal(p.state.After) && tfvalue.Known(ctx, p.plan.After)
	var before map[string]types.String
	var priors map[string]attr.Value
	if p.state != nil {
		before, priors = memberIDs(ctx, *p.state), p.state.Outputs.Elements()
	}
	values := make(map[string]attr.Value)
	for _, group := range groups {
		if group.Members.IsUnknown() {
			return types.MapUnknown(entryType())
		}
		for key, element := range group.Members.Elements() {
			values[key] = types.MapUnknown(types.StringType)
			id, _ := element.(types.String)
			if prior := priors[key]; settled && prior != nil && !id.IsUnknown() && id.Equal(before[key]) {
				values[key] = prior
			}
		}
	}
	return types.MapValueMust(entryType(), values)
}

func memberIDs(ctx context.Context, state model) map[string]types.String {
	ids := make(map[string]types.String)
	groups, _, _ := state.groups(ctx)
	for _, group := range groups {
		for key, element := range group.Members.Elements() {
			if id, ok := element.(types.String); ok {
				ids[key] = id
			}
		}
	}
	return ids
}

func (p *planner) checkMinReady(groups []handle.Group, known bool) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	sizes := make(map[string]int)
	for _, group := range groups {
		if group.Name.IsUnknown() {
			return diagnostics
		}
		name := group.Name.ValueString()
		if _, twice := sizes[name]; twice {
			diagnostics.AddAttributeError(path.Root("groups"), "Server Group Listed Twice", fmt.Sprintf("Server group %q is listed twice. Remove one of the two.", name))
		}
		sizes[name] = len(group.Members.Elements())
		if group.Members.IsUnknown() {
			sizes[name] = -1
		}
	}
	if !known || p.plan.MinReady.IsUnknown() {
		return diagnostics
	}
	for _, name := range slices.Sorted(maps.Keys(p.plan.MinReady.Elements())) {
		at := path.Root("min_ready").AtMapKey(name)
		size, listed := sizes[name]
		if !listed {
			diagnostics.AddAttributeError(at, "Unknown Server Group",
				fmt.Sprintf("There is no server group %q in groups; there are: %s.", name, strings.Join(slices.Sorted(maps.Keys(sizes)), ", ")))
			continue
		}
		minimum, _ := p.plan.MinReady.Elements()[name].(types.Int64)
		if size >= 0 && !minimum.IsUnknown() && minimum.ValueInt64() > int64(size) {
			diagnostics.AddAttributeError(at, "Minimum Out of Reach",
				fmt.Sprintf("%d servers of group %q must become ready, and it has %d. Lower the minimum, or raise the group's desired_servers.", minimum.ValueInt64(), name, size))
		}
	}
	return diagnostics
}

// checkLoops refuses a loop among the wires of after in which nobody can boot.
func (p *planner) checkLoops(ctx context.Context, groups []handle.Group) diag.Diagnostics {
	wires, diagnostics := p.plan.wires(ctx)
	parameters := make(map[string]types.Map)
	for _, group := range groups {
		parameters[group.Name.ValueString()] = group.Parameters
	}
	var edges []manager.Edge
	for _, wire := range wires {
		sources, known := wire.Sources(ctx)
		declared, listed := parameters[wire.Into.ValueString()]
		if !known || !listed || wire.Into.IsUnknown() || wire.Parameter.IsUnknown() {
			continue
		}
		parameter, known, err := handle.LookupParameter(declared, wire.Into.ValueString(), wire.Parameter.ValueString())
		if !known || err != nil || parameter.Proceeds() {
			continue
		}
		if converted, known := toWire(wire, sources); known {
			edges = append(edges, manager.Blocking(converted, parameter.RequiredFor)...)
		}
	}
	if loop := manager.FindLoop(edges); loop != nil {
		diagnostics.AddAttributeError(path.Root("after"), "Servers Wait for Each Other", tfdiag.Sentence((&manager.LoopError{Loop: loop}).Error()))
	}
	return diagnostics
}

// toWire returns the wire with its sources; known is false where one of them isn't
// known yet, which may be the one that the servers take.
func toWire(wire handle.Wire, sources []handle.Source) (converted hosting.Wire, known bool) {
	converted = hosting.Wire{Into: wire.Into.ValueString(), Parameter: wire.Parameter.ValueString()}
	for _, source := range sources {
		if source.Group.IsUnknown() || source.Output.IsUnknown() {
			return hosting.Wire{}, false
		}
		converted.From = append(converted.From, hosting.Output{Group: source.Group.ValueString(), Output: source.Output.ValueString()})
	}
	return converted, true
}
