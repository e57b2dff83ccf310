package servergroup

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A server group: the servers launched from one configuration. A member has a slot (0, 1, …) and the key `<group>-<slot>`.\n\n" +
			"The group launches its members and returns; it doesn't wait until they are up. A [`muster_server_readiness`](server_readiness.md) does. " +
			"A member that has failed or vanished is replaced by the next apply, alone, and the plan says why. " +
			"Another configuration, or another value of a parameter whose change replaces servers, replaces all members: failed ones first, together; then the healthy ones one at a time, stopping at the first that fails.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "The name of the group, unique in the provider's namespace: 1 to 32 lower-case letters, digits and hyphens. Default: the configuration's name. Another name replaces the group.",
			},
			"server_configuration": schema.ObjectAttribute{
				Required:            true,
				AttributeTypes:      handle.ConfigurationTypes(),
				MarkdownDescription: "The `handle` of a `muster_server_configuration`.",
			},
			"desired_servers": schema.Int64Attribute{
				CustomType: tfvalue.WholeType{},
				Optional:   true, Computed: true,
				Default:             int64default.StaticInt64(1),
				MarkdownDescription: "The number of members, at least 0; usually the `desired_servers` of a `muster_scaling_policy`. Default: 1. A smaller number terminates the members in the highest slots.",
				Validators:          []validator.Int64{int64validator.Between(0, maxServers)},
			},
			"restart_triggers": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Any texts. When one changes, the members are restarted, one at a time, stopping at the first that doesn't come up again: " +
					"each keeps its server, its address and its files, its boot script runs again, and it finds at once what was delivered to it.",
			},
			"drain_timeout": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators: []validator.String{tfvalue.DurationAtLeast(0)},
				Default:    stringdefault.StaticString(defaultDrainText),
				MarkdownDescription: "Before a member goes, those who get its outputs through injections are given what is left, and its `decommission_script` runs. " +
					"This is how long either may take, as a duration such as `30s` or `5m`; then the member is terminated all the same, with a warning. " +
					"`0s` terminates members without either. Default: `5m`.",
			},
			// Not a nested attribute: the framework would walk each member's attributes
			// several times in every plan.
			"members": schema.MapAttribute{
				Computed:    true,
				ElementType: memberType(),
				MarkdownDescription: "The members by key. The keys are known at plan; a member that doesn't run has null values. Each has `id`, the server's ID on its hosting service; " +
					"`private_ip`, the address at which other servers reach it; `public_ip` and `private_dns`, if it has them; and the `zone` in which it runs.",
			},
			"handle": schema.ObjectAttribute{
				Computed:            true,
				AttributeTypes:      handle.GroupTypes(),
				MarkdownDescription: "What injections and readiness take as a group.",
			},
			"replacements": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Why members were replaced when they last were, by key.",
			},
			"effects": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "What the newest change of `parameters` or `parameters_wo` did on the members that stayed, by key.",
			},
			"location": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Where the servers run, for example `local:/srv/shop/.muster/default`.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: "How long launching may take, as a duration such as `30s` or `10m`. Default: `10m`.",
				UpdateDescription: "How long a change may take, a rolling one included; twice `drain_timeout` comes on top. Default: `30m`.",
				DeleteDescription: "How long termination may take; twice `drain_timeout` comes on top. Default: `10m`.",
			}),
		},
	}
	maps.Copy(resp.Schema.Attributes, valueAttributes())
}

// valueAttributes are what the group gives to its members.
func valueAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"parameters": schema.MapAttribute{
			Optional:    true,
			ElementType: types.StringType,
			MarkdownDescription: "The values of parameters that are known at launch, by name. A deferred parameter takes its value from a `muster_parameter_injection` instead. " +
				"What a changed value does to the members is declared by the parameter's `on_change`; by default it replaces them.",
		},
		"parameters_wo": schema.MapAttribute{
			Optional:            true,
			WriteOnly:           true,
			ElementType:         types.StringType,
			MarkdownDescription: "The values of sensitive parameters, by name. Terraform doesn't store them, and so doesn't notice when one changes: change `parameters_wo_version` as well. Needs Terraform 1.11 or later.",
			Validators:          []validator.Map{mapvalidator.AlsoRequires(path.MatchRoot("parameters_wo_version"))},
		},
		"parameters_wo_version": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Any text that changes whenever `parameters_wo` does.",
			Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("parameters_wo"))},
		},
	}
}
