package serveroutput

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// Schema describes the ephemeral resource.
func (e *EphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An output of a server, also a sensitive one, for whoever else needs it: another provider's configuration, or a write-only argument. " +
			"Terraform stores it neither in its plan nor in its state. Needs Terraform 1.10 or later.\n\n" +
			"It is read in every plan and in every apply, and waits for nothing. List the readiness that waits for the servers in `after`: " +
			"while that one has something new to wait for, Terraform reads the output only afterwards. " +
			"To give an output to servers, use a [`muster_parameter_injection`](../resources/parameter_injection.md), which delivers it again when it changes.",
		Attributes: map[string]schema.Attribute{
			"group": schema.ObjectAttribute{
				Required:            true,
				AttributeTypes:      handle.GroupTypes(),
				MarkdownDescription: "The `handle` of the `muster_server_group` whose member has the output.",
			},
			"output": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "A declared output of the group's configuration or a fact (`id`, `private_ip`, `public_ip`, `private_dns`, `zone`).",
			},
			"member": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The key of the member, for example `db-0`. Default: the member in the lowest slot that runs.",
			},
			"after": schema.ListAttribute{
				Optional:    true,
				ElementType: types.MapType{ElemType: types.MapType{ElemType: types.StringType}},
				MarkdownDescription: "The `outputs` of each `muster_server_readiness` that waits for the member. Use it in place of `depends_on`: " +
					"with `depends_on` alone, Terraform reads the output in the plan, also when an earlier apply has ended before the servers were up.",
			},
			"value": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "The output's value.",
			},
		},
	}
}
