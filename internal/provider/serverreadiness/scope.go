package serverreadiness

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// checkScope refuses groups of another configuration of the provider: what a readiness waits
// for and delivers is in its own ledger.
func checkScope(scope types.String, groups []handle.Group) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, group := range groups {
		if group.Elsewhere(scope) {
			diagnostics.Append(tfdiag.Elsewhere(path.Root("groups"), group.Place(), "this readiness to "+scope.ValueString(),
				"Give that group a readiness of its own, with the same provider as the group has (the provider argument)."))
		}
	}
	return diagnostics
}

// learnScope adds the scope to a state that was written without it: otherwise every
// readiness would wait once more. Groups that it has waited for are in its ledger.
func (m *model) learnScope(own *manager.Manager) {
	scope := handle.ScopeOf(own)
	groups := slices.Clone(m.Groups.Elements())
	for i, element := range groups {
		if object, ok := element.(types.Object); ok {
			groups[i] = handle.WithScope(object, scope)
		}
	}
	m.Groups = types.ListValueMust(types.ObjectType{AttrTypes: handle.GroupTypes()}, groups)
}
