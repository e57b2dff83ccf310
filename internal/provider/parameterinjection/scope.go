package parameterinjection

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// checkScope refuses groups of another configuration of the provider: a wire is recorded in
// one ledger, and what it leads from or into must be there too.
func checkScope(scope types.String, target end, sources []end) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	here := "this injection to " + scope.ValueString()
	if target.group.Elsewhere(scope) {
		diagnostics.Append(tfdiag.Elsewhere(path.Root(intoName), target.group.Place(), here,
			"Give the injection the provider of the group in into (the provider argument)."))
		// Then it is where that group is.
		scope = target.group.Scope
	}
	for i, source := range sources {
		if source.group.Elsewhere(scope) {
			diagnostics.Append(tfdiag.Elsewhere(path.Root(fromName).AtListIndex(i), source.group.Place(), here,
				"Use the same provider for both (the provider argument), or take the value as Terraform knows it, in place of from:\n\n"+
					source.asValue()+"\n\nThen nobody is told to do without a server before it goes."))
		}
	}
	return diagnostics
}

// asValue returns the arguments that take the source's output by way of Terraform.
func (e end) asValue() string {
	group, name := e.group.Name.ValueString(), e.name.ValueString()
	key := hosting.MemberKey(group, 0)
	output, known, err := handle.LookupOutput(e.group.Outputs, e.group.Label(), name)
	switch {
	case slices.Contains(hosting.FactNames(), name):
		return fmt.Sprintf("  value = muster_server_group.%s.members[%q].%s", group, key, name)
	case known && err == nil && output.Sensitive:
		return fmt.Sprintf("  value_wo         = ephemeral.muster_server_output.%s.value\n  value_wo_version = \"1\"", name)
	}
	return fmt.Sprintf("  value = muster_server_readiness.%s.outputs[%q][%q]", group, key, name)
}

// learnScope adds the scope to a state that was written without it: otherwise every
// injection would be updated once. A wire that is in this ledger has groups that are.
func (r *Resource) learnScope(ctx context.Context, state model, exists bool, into *tfsdk.State) diag.Diagnostics {
	if !exists {
		return nil
	}
	scope := handle.ScopeOf(r.manager)
	before := state
	state.Into = withScope(ctx, state.Into, scope)
	sources := slices.Clone(state.From.Elements())
	for i, source := range sources {
		if object, ok := source.(types.Object); ok {
			sources[i] = withScope(ctx, object, scope)
		}
	}
	if len(sources) > 0 {
		state.From = types.ListValueMust(state.From.ElementType(ctx), sources)
	}
	if state.Into.Equal(before.Into) && state.From.Equal(before.From) {
		return nil
	}
	return into.Set(ctx, state)
}

// withScope returns an end of the wire with the scope in its group's handle.
func withScope(ctx context.Context, object types.Object, scope types.String) types.Object {
	attributes := object.Attributes()
	group, ok := attributes[groupName].(types.Object)
	if !ok {
		return object
	}
	attributes[groupName] = handle.WithScope(group, scope)
	return types.ObjectValueMust(object.AttributeTypes(ctx), attributes)
}
