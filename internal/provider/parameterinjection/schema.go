package parameterinjection

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An injection: a standing wire from a value, or from an output of server groups, into a deferred parameter of a server group. " +
			"What exists already is delivered at once; what comes later is delivered by the [`muster_server_readiness`](server_readiness.md) that waits for it, and otherwise by the next apply. " +
			"A changed value is delivered again, and a member that is launched later starts with it.\n\n" +
			"Groups never depend on each other through an injection, so two groups may need each other.",
		Attributes: map[string]schema.Attribute{
			"into": schema.SingleNestedAttribute{
				Required:            true,
				MarkdownDescription: "The parameter that is delivered to. A parameter takes its value from one injection.",
				Attributes: map[string]schema.Attribute{
					"group": schema.ObjectAttribute{
						Required:            true,
						AttributeTypes:      handle.GroupTypes(),
						MarkdownDescription: "The `handle` of the `muster_server_group` whose members get the value.",
					},
					"parameter": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "The name of a deferred parameter of the group's configuration.",
					},
				},
			},
			"value": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Any value that Terraform knows, however late. Terraform stores it in its state: use `value_wo` for a secret.",
			},
			"value_wo": schema.StringAttribute{
				Optional:            true,
				WriteOnly:           true,
				MarkdownDescription: "A secret value. Terraform doesn't store it, and so doesn't notice when it changes: change `value_wo_version` as well. Needs Terraform 1.11 or later.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("value_wo_version"))},
			},
			"value_wo_version": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Any text that changes whenever `value_wo` does.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("value_wo"))},
			},
			"order": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "In which order the members of `into` get a new value. `parallel` (the default): all at the same time. " +
					"`serial`: one after the other in the order of their slots, each when the one before it has applied the value, stopping at the first that fails with it; " +
					"a new server gets the value in its turn too. The [`muster_server_readiness`](server_readiness.md) that waits for them carries it out; without one, an apply takes one step.",
				Validators: []validator.String{stringvalidator.OneOf(orderParallel, orderSerial)},
			},
			"wire": schema.ObjectAttribute{
				Computed:            true,
				AttributeTypes:      handle.WireTypes(),
				MarkdownDescription: "What a `muster_server_readiness` takes in `after`, so that it runs again when this injection delivers something new.",
			},
			"effects": schema.MapAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "What the newest delivery did on the members that had run before it, by key, for example `runs revision 7 of 9: will deliver and update`. The parameter's `on_change` declares it.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Identifies the wire in the ledgers of its groups.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
	maps.Copy(resp.Schema.Attributes, sourceAttributes())
}

// sourceAttributes say where the value comes from where it is another server's.
func sourceAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"from": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "The outputs that the value comes from, in order. Exactly one of `from`, `value` and `value_wo` is set.",
			Validators:          []validator.List{listvalidator.SizeAtLeast(1)},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"group": schema.ObjectAttribute{
					Required:            true,
					AttributeTypes:      handle.GroupTypes(),
					MarkdownDescription: "The `handle` of the `muster_server_group` that the value comes from; it may be the same group as in `into`.",
				},
				"output": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "A fact (`id`, `private_ip`, `public_ip`, `private_dns`, `zone`) or a declared output of the group's configuration.",
				},
			}},
		},
		"select": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Which members' values are taken. `first` (the default): that of the member in the lowest slot. " +
				"`all`: those of all members, in the order of `from` and of the slots, joined by `separator`; nothing is delivered until every member has its value. " +
				"`each`: the member in slot *i* gets the *i*-th of all values in that order; one whose value doesn't exist yet waits, and what it had stays in force. " +
				"`own`: each member gets its own value; `from` has one element, with the group of `into`.",
			Validators: []validator.String{
				stringvalidator.OneOf(string(hosting.SelectFirst), string(hosting.SelectAll), string(hosting.SelectEach), string(hosting.SelectOwn)),
				stringvalidator.AlsoRequires(path.MatchRoot("from")),
			},
		},
		"separator": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "What joins the values of `select = \"all\"`. Default: a comma.",
			Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("select"))},
		},
		"min_sources": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "How many servers the groups in `from` must have in all, for anything to be delivered. " +
				"A list that has become shorter than a quorum, for example, is better not delivered.",
			Validators: []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRoot("from"))},
		},
		"on_violation": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What happens where there are fewer than `min_sources`. `hold` (the default): a warning, and what was delivered before stays in force. " +
				"`fail`: an error, in the plan if the groups' members are known by then.",
			Validators: []validator.String{
				stringvalidator.OneOf(violationHolds, violationFails),
				stringvalidator.AlsoRequires(path.MatchRoot("min_sources")),
			},
		},
	}
}

// ConfigValidators demand exactly one source.
func (r *Resource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("from"), path.MatchRoot("value"), path.MatchRoot("value_wo")),
	}
}
