package serverconfiguration

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// Schema describes the resource.
func (r *Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A server configuration: the image, the boot script, and the declared parameters and outputs of servers of one kind. " +
			"It launches nothing by itself; a [`muster_server_group`](server_group.md) does.\n\n" +
			"A *deferred* parameter may arrive after a server has started to boot: the boot script reads it with `muster param get NAME`, which waits for it. " +
			"An output is published by the scripts with `muster output set NAME`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The name of the configuration, unique in the provider's namespace: 1 to 32 lower-case letters, digits and hyphens. Another name replaces the configuration.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"image": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "What the servers boot from. On EC2 the ID of an AMI, `ami-…`, or the name of an SSM parameter that holds one, `resolve:ssm:…`. The local hosting service knows one image, `host`: this machine.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"boot_script": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The script that sets a server up. It runs once per boot, with `sh` unless it begins with `#!`. " +
					"Exit code 0 means that the server is set up; any other fails the apply that waits for it, with the end of the server's log.",
			},
			"update_script": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The script that runs on a server after values have changed that its scripts have not read yet; the names of the changed parameters are its arguments. " +
					"Without it, a value counts as applied as soon as it is there.",
			},
			"update_script_timeout": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{tfvalue.DurationAtLeast(boot.MinUpdateScriptTimeout)},
				MarkdownDescription: "How long one run of the `update_script` may take, in whole seconds, as a duration such as `90s` or `5m`. " +
					"What has not ended by then is killed, and the server has failed. Without it there is no limit.",
			},
			"decommission_script": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The script that runs on a server before it is terminated, if its boot script has exited 0: in a scale-in, in a replacement and when the group is destroyed. " +
					"The group's `drain_timeout` limits it. Its failure is a warning; the server is terminated all the same.",
			},
			"parameters": parametersAttribute(),
			"outputs":    outputsAttribute(),
			"ec2":        ec2Attribute(),
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`<name>@<hash>`: it changes with the content of the configuration.",
			},
			"handle": schema.ObjectAttribute{
				Computed:            true,
				AttributeTypes:      handle.ConfigurationTypes(),
				MarkdownDescription: "What a `muster_server_group` takes as its `server_configuration`.",
			},
		},
	}
}

func parametersAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional:   true,
		Validators: []validator.Map{mapvalidator.NoNullValues()},
		MarkdownDescription: "The inputs of the scripts, by name. A name is made of letters, digits and underscores. " +
			"A parameter that isn't deferred is in the environment of the boot script under its name; its value comes from the group, or from `default`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What the parameter is for.",
			},
			"type": schema.StringAttribute{
				Optional: true, Computed: true,
				Default:             stringdefault.StaticString(string(boot.TypeString)),
				MarkdownDescription: "`string` (the default), `number` or `bool`. A value that is not of the type is refused before it reaches a server.",
			},
			"pattern": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A regular expression ([RE2](https://github.com/google/re2/wiki/Syntax)) that every value must match. It is not anchored: write `^…$` to match the whole value. " +
					"What is known of a value at plan is checked there: the value itself, or the `pattern` and the `type` of the output that it comes from.",
			},
			"default": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The value where the group gives none. Neither a deferred nor a sensitive parameter can have one.",
			},
			"deferred": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether the value may arrive after the server has started, from a [`muster_parameter_injection`](parameter_injection.md).",
			},
			"required_for": schema.StringAttribute{
				Optional: true, Computed: true,
				Default: stringdefault.StaticString(string(boot.RequiredForBoot)),
				MarkdownDescription: "What a deferred parameter is required for. `boot` (the default): the boot script starts only when the value is there. " +
					"`ready`: the script starts at once, and the server is ready only when the value has been applied. `nothing`: nothing waits for it.",
			},
			"sensitive": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether the value is a secret. It then comes from `parameters_wo` of the group or, if it is deferred, from a sensitive output or `value_wo` of an injection, so that Terraform never stores it.",
			},
			"on_change": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What a change of the value does to a server that has had another one. `deliver`: it is put in its place, and nothing is run. " +
					"`update`: then the `update_script` runs. `restart`: then the server is restarted, one of the group at a time, and its boot script runs again. " +
					"`replace`: another server takes the place of this one, one of the group at a time; it keeps the former value until then. " +
					"Default: `update` for a parameter that is deferred or sensitive, otherwise `replace`. The first value that a server gets is no change: its `update_script` runs, unless a script has read the value.",
			},
			"timeout": schema.StringAttribute{
				Optional:   true,
				Validators: []validator.String{tfvalue.DurationAtLeast(boot.MinParameterTimeout)},
				MarkdownDescription: "How long the value of a deferred parameter may take to arrive, counted from the beginning of each boot, in whole seconds, as a duration such as `90s` or `10m`. " +
					"At most `24h`; without it there is no limit. `on_timeout` says what happens then.",
			},
			"on_timeout": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "What happens where the value hasn't arrived within `timeout`. `fail` (the default): a server that requires the value for boot or ready has failed, " +
					"and the apply that waits for it fails at once and names the parameter; a `muster param get` that waits for the value ends with exit code 3. " +
					"`proceed`: `placeholder` takes the place of the value, until that arrives.",
			},
			"placeholder": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The value with which a server proceeds; required with `on_timeout = \"proceed\"`, and only then. " +
					"It must be of the type and match the pattern. A sensitive parameter can't have one.",
			},
		}},
	}
}

func outputsAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional:   true,
		Validators: []validator.Map{mapvalidator.NoNullValues()},
		MarkdownDescription: "The values that the scripts publish with `muster output set NAME`, by name. " +
			"Every server also has the facts `id`, `private_ip`, `public_ip`, `private_dns` and `zone`, which need no declaration.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "What the output says.",
			},
			"type": schema.StringAttribute{
				Optional: true, Computed: true,
				Default:             stringdefault.StaticString(string(boot.TypeString)),
				MarkdownDescription: "`string` (the default), `number` or `bool`. `muster output set` refuses a value that is not of the type.",
			},
			"pattern": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A regular expression ([RE2](https://github.com/google/re2/wiki/Syntax)) that every value matches. It is not anchored. " +
					"A plan is refused where an injection gives the output to a parameter whose `pattern` doesn't accept all that this one does. A value that doesn't match is not delivered: the apply fails and names the member.",
			},
			"sensitive": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default:             booldefault.StaticBool(false),
				MarkdownDescription: "Whether the value is a secret: then it reaches only sensitive parameters, and never Terraform's state.",
			},
		}},
	}
}
