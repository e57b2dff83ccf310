package scalingpolicy

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
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
			"mode": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What becomes of a decision: `on` acts on it; `scale_out_only` never removes a server; `recommend` changes nothing, and `evaluation` says what it would do. Default: `on`.",
			},
			"signals": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The numbers that rules look at, by name, each with one of `literal`, `expression`, `source` and `cloudwatch`. A name consists of letters, digits and underscores.",
				NestedObject:        schema.NestedAttributeObject{Attributes: signalAttributes()},
				Validators:          []validator.Map{mapvalidator.SizeAtMost(maxEntries)},
			},
			"rules": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The rules, by name, each with one of `target`, `step` and `value`. Every rule proposes a number of servers or has no opinion; the greatest wins.",
				NestedObject:        schema.NestedAttributeObject{Attributes: ruleAttributes()},
				Validators:          []validator.Map{mapvalidator.SizeAtMost(maxEntries)},
			},
			"schedules": schema.MapNestedAttribute{
				Optional: true,
				MarkdownDescription: "Times at which other bounds hold, or rules are active, by name. A refresh within such a time finds the schedule in force, however long ago it began. " +
					"Schedules don't count before the group exists. Time zones are those of the IANA time zone database 2025c, which is part of the provider: the machine's own doesn't count.",
				NestedObject: schema.NestedAttributeObject{Attributes: scheduleAttributes()},
				Validators:   []validator.Map{mapvalidator.SizeAtMost(maxEntries)},
			},
			"behavior": behaviorAttribute(),
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
