package serverreadiness

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// target is a parameter of a group.
type target struct{ group, parameter string }

// checkSupply warns of parameters that servers will wait for and that no wire of
// after brings: the wait would most likely end with its time limit. It is no error,
// because an injection that isn't listed there may deliver them too.
func (p *planner) checkSupply(ctx context.Context, groups []handle.Group) diag.Diagnostics {
	fed, known := p.fed(ctx)
	if !known {
		return nil
	}
	var diagnostics diag.Diagnostics
	for _, group := range groups {
		if group.Name.IsUnknown() || !group.Members.IsUnknown() && len(group.Members.Elements()) == 0 {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(group.Parameters.Elements())) {
			if to := (target{group.Name.ValueString(), name}); !fed[to] && awaited(group, name) {
				diagnostics.AddAttributeWarning(path.Root("after"), "Parameter Without Injection", to.missing())
			}
		}
	}
	return diagnostics
}

// fed returns the parameters that the wires of after bring; known is false where
// the end of one isn't known yet.
func (p *planner) fed(ctx context.Context) (targets map[target]bool, known bool) {
	if p.plan.After.IsUnknown() {
		return nil, false
	}
	wires, _ := p.plan.wires(ctx)
	if len(wires) < len(p.plan.After.Elements()) {
		return nil, false
	}
	targets = make(map[target]bool)
	for _, wire := range wires {
		if wire.Into.IsUnknown() || wire.Parameter.IsUnknown() {
			return nil, false
		}
		targets[target{wire.Into.ValueString(), wire.Parameter.ValueString()}] = true
	}
	return targets, true
}

// awaited reports whether a server is ready only with the parameter; with a placeholder
// it is so without.
func awaited(group handle.Group, name string) bool {
	parameter, known, err := handle.LookupParameter(group.Parameters, group.Label(), name)
	return known && err == nil && parameter.Deferred && parameter.RequiredFor != boot.RequiredForNothing && !parameter.Proceeds()
}

func (t target) missing() string {
	return fmt.Sprintf("The servers of group %q wait for their parameter %q, and no injection in after delivers it. Add one, and list its wire in after:\n\n"+
		"  resource \"muster_parameter_injection\" %q {\n"+
		"    into  = { group = muster_server_group.%s.handle, parameter = %q }\n"+
		"    value = \"…\"\n"+
		"  }\n\n"+
		"Where nothing should wait for the parameter, declare it with required_for = \"nothing\".", t.group, t.parameter, t.parameter, t.group, t.parameter)
}
