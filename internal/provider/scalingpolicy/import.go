package scalingpolicy

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// ImportState takes "configuration" or "configuration/group". The refresh that
// follows takes the number of servers from the group.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	configuration, group, both := strings.Cut(req.ID, "/")
	names := []string{configuration}
	if both {
		names = append(names, group)
	}
	for _, name := range names {
		if err := boot.CheckResourceName(name); err != nil {
			resp.Diagnostics.AddError("Invalid Import ID",
				fmt.Sprintf("The import ID is the name of a server configuration or, where it has several groups, CONFIGURATION/GROUP. %s", tfdiag.Sentence(err.Error())))
			return
		}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("server_configuration"), configuration)...)
	if both {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("server_group"), group)...)
	}
}
