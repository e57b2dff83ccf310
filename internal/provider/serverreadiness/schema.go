package serverreadiness

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits until the servers of one or several groups are really up, and delivers along every injection between them while it waits. " +
			"It fails with a server's own error: its key, what failed, its exit code and the end of its log.\n\n" +
			"Use one for a whole stack, and list its injections in `after`. A server is up when its boot script has exited 0 and every parameter required for boot or ready has been applied. " +
			"It runs again when a server of its groups or an injection in `after` changes. A failed wait stores nothing, so it harms nothing that hangs on its outputs.",
		Attributes: map[string]schema.Attribute{
			"groups": schema.ListAttribute{
				Required:            true,
				ElementType:         types.ObjectType{AttrTypes: handle.GroupTypes()},
				MarkdownDescription: "The `handle` of each `muster_server_group` to wait for.",
				Validators:          []validator.List{listvalidator.SizeAtLeast(1)},
			},
			"after": schema.ListAttribute{
				Optional:    true,
				ElementType: types.ObjectType{AttrTypes: handle.WireTypes()},
				MarkdownDescription: "The `wire` of each `muster_parameter_injection` of the stack. Use it in place of `depends_on`: " +
					"with it, the wait begins after the injections and is repeated when one of them delivers something new.",
			},
			"min_ready": schema.MapAttribute{
				Optional:            true,
				ElementType:         types.Int64Type,
				MarkdownDescription: "How many servers of a group must be up, by the group's name. Where a group is missing: all of them.",
				Validators:          []validator.Map{mapvalidator.ValueInt64sAre(int64validator.AtLeast(0))},
			},
			"outputs": schema.MapAttribute{
				Computed:    true,
				ElementType: types.MapType{ElemType: types.StringType},
				MarkdownDescription: "What the servers have published: by member key, then by output name. A sensitive output has the value null. " +
					"The keys are known at plan, and the entry of a server that stays is known while nothing in `after` changes. " +
					"What a server that stays publishes anew while nothing in `groups` or `after` changes is stored by the next refresh; " +
					"a root module's output that takes it then shows as a change.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true,
				CreateDescription: "How long the servers may take, as a duration such as `90s` or `10m`. Default: `10m`.",
				UpdateDescription: "How long the servers may take when it waits again. Default: `10m`.",
			}),
		},
	}
}
