package serverreadiness

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// ImportState takes the names of the groups, separated by commas. The first apply
// after it waits once; it changes nothing on the servers.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if r.manager == nil {
		resp.Diagnostics.Append(tfdiag.TooEarly(noun))
		return
	}
	var handles []attr.Value
	var groups []handle.Group
	for name := range strings.SplitSeq(req.ID, ",") {
		group, found := r.lookUp(ctx, name, &resp.Diagnostics)
		if !found {
			return
		}
		groups = append(groups, group)
		handles = append(handles, group.Object())
	}
	outputs, err := r.manager.Collect(ctx, refs(groups))
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Import", noun, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model{
		Groups:   types.ListValueMust(types.ObjectType{AttrTypes: handle.GroupTypes()}, handles),
		After:    types.ListNull(types.ObjectType{AttrTypes: handle.WireTypes()}),
		MinReady: types.MapNull(types.Int64Type),
		Outputs:  types.MapValueMust(entryType(), entries(groups, outputs)),
		Timeouts: noTimeouts(),
	})...)
}

// lookUp returns the handle of the group of that name; found is false where there is
// none, which it reports.
func (r *Resource) lookUp(ctx context.Context, name string, diagnostics *diag.Diagnostics) (group handle.Group, found bool) {
	if err := boot.CheckResourceName(name); err != nil {
		diagnostics.AddError("Invalid Import ID",
			"The import ID is the names of the server groups, separated by commas, for example web,db. "+tfdiag.Sentence(err.Error()))
		return group, false
	}
	observation, err := r.manager.ObserveByName(ctx, name)
	switch {
	case errors.Is(err, hosting.ErrNotFound):
		diagnostics.AddError("Server Group Not Found", fmt.Sprintf("At %s there is no server group %q.", r.manager.Location(), name))
		return group, false
	case err != nil:
		diagnostics.Append(tfdiag.Unable("Import", noun, err))
		return group, false
	}
	return handle.FromObservation(observation), true
}

func noTimeouts() timeouts.Value {
	return timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{"create": types.StringType, "update": types.StringType})}
}
