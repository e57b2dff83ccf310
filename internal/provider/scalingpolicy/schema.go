package scalingpolicy

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// maxEntries bounds signals and rules, so that what is kept of them in the private
// state stays far below the size that Terraform carries easily.
const maxEntries = 100

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A scaling policy: it decides how many servers a server group needs, and says why. Its `desired_servers` is known at plan.\n\n" +
			"A refresh reads the signals; the plan decides from what the refresh has seen. So a saved plan stays valid while the signals move, and `-refresh=false` changes nothing. " +
			"Every rule proposes a number, and the greatest within `min_servers` and `max_servers` wins. A signal that can't be read never removes a server: other rules may add some, none may take any away.\n\n" +
			"The policy is known on the first plan, when there are no servers to look at: it starts with `initial_servers`.",
		Attributes: map[string]schema.Attribute{
			"server_configuration": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The `name` of the `muster_server_configuration` whose group the policy sizes.",
			},
			"server_group": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of the group that the policy sizes, needed where the configuration has several. Write the name itself: a reference to the group would be a cycle.",
			},
			"min_servers": schema.Int64Attribute{
				Required:            true,
				CustomType:          tfvalue.WholeType{},
				MarkdownDescription: "The least number of servers, at least 0.",
			},
			"max_servers": schema.Int64Attribute{
				Required:            true,
				CustomType:          tfvalue.WholeType{},
				MarkdownDescription: "The greatest number of servers, at least `min_servers`.",
			},
			"initial_servers": schema.Int64Attribute{
				Optional: true, Computed: true,
				CustomType: tfvalue.WholeType{},
				MarkdownDescription: "The number of servers to start with. It counts when the policy is created and is ignored afterwards. Default: `min_servers`, or what rules on literals ask for. " +
					"To put a policy on a group that runs already, take it from the data source `muster_server_group`.",
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"signals": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The numbers that rules look at, by name, each with one of `literal`, `source` and `cloudwatch`. A name consists of letters, digits and underscores.",
				NestedObject:        schema.NestedAttributeObject{Attributes: signalAttributes()},
				Validators:          []validator.Map{mapvalidator.SizeAtMost(maxEntries)},
			},
			"rules": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The rules, by name, each with one of `target` and `value`. Every rule proposes a number of servers; the greatest wins.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"target": targetAttribute(),
					"value":  valueAttribute(),
				}},
				Validators: []validator.Map{mapvalidator.SizeAtMost(maxEntries)},
			},
			"desired_servers": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The number of servers that the group should have. It is known at plan.",
			},
			"decision": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The sentence that explains `desired_servers`. It changes only together with that number or with an argument.",
			},
			"evaluation": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "What the policy made of the newest refresh, as JSON: the value of every signal, what every rule proposed, and what every stage did. " +
					"It is null until the first refresh. A root output of it makes every plan non-empty.",
			},
		},
	}
}

func signalAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"literal": schema.Float64Attribute{
			Optional:            true,
			MarkdownDescription: "The signal's value, computed by the configuration itself. It can't be combined with the other arguments.",
		},
		"source": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name of the signal's source in the provider's `metric_sources`.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"path": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Where an `http` source finds the document, relative to its `base_url`.",
		},
		"value": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Where the number is in the document, as a [gjson path](https://github.com/tidwall/gjson/blob/master/SYNTAX.md). Default: the whole document is the number.",
		},
		"cloudwatch": cloudWatchAttribute(),
		"on_missing": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What rules do while the signal can't be read: `hold_scale_in` lets other rules add servers but none remove any; `ignore` leaves the decision to the other rules; " +
				"`fail` fails the plan; `fallback` asks for `fallback` servers. Default: `hold_scale_in`.",
		},
		"fallback": schema.Float64Attribute{ // Of an Int64Attribute, the framework reports a fraction as its own error.
			Optional:            true,
			MarkdownDescription: "The number of servers to ask for with `on_missing = \"fallback\"`.",
		},
		"max_age": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The age above which the newest sample counts as missing, as a duration such as `5m`. Default: any age counts.",
		},
	}
}

func targetAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Keeps a signal near a value.",
		Attributes: map[string]schema.Attribute{
			"signal": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the signal.",
			},
			"target_value": schema.Float64Attribute{
				Required:            true,
				MarkdownDescription: "The value to keep the signal near, above 0.",
			},
			"target_type": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What is compared: with `average`, the signal is the load of the whole group, of which each server is to carry `target_value`; " +
					"with `value`, the signal itself is to be near `target_value`; with `utilization`, the signal is the average utilization of the servers in percent. Default: `average`.",
			},
			"tolerance": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "How far the signal may be from its target before anything is done.",
				Attributes: map[string]schema.Attribute{
					"out": toleranceAttribute("above", "adds"),
					"in":  toleranceAttribute("below", "removes"),
				},
			},
		},
	}
}

func toleranceAttribute(side, effect string) schema.Float64Attribute {
	return schema.Float64Attribute{
		Optional:            true,
		MarkdownDescription: "The part of the target by which the signal may be " + side + " it before the rule " + effect + " servers. Default: 0.1.",
	}
}

func valueAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Asks for a number of servers, rounded up: that of a signal or a fixed one.",
		Attributes: map[string]schema.Attribute{
			"signal": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The name of the signal whose value is the number of servers.",
			},
			"number": schema.Float64Attribute{
				Optional:            true,
				MarkdownDescription: "The number of servers.",
			},
		},
	}
}
