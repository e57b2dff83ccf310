package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Schema describes the provider's configuration.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Muster makes Terraform a virtual server manager: it decides how many servers each configuration needs, launches them, " +
			"lets them boot at once with incomplete configuration, delivers each missing value as soon as it exists, and reports when every server is really up, or why not.",
		Attributes: map[string]schema.Attribute{
			"namespace": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Keeps the servers of one Terraform state apart from those of others: 1 to 32 lower-case letters, digits and hyphens. Use one per state. Required with `aws`; the default is `default`.",
			},
			"local": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "The embedded local hosting service, which runs servers as processes on this machine. It runs on Linux only.",
				Attributes: map[string]schema.Attribute{
					"directory": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Where it keeps its state. Default: `.muster` in the directory in which Terraform runs.",
					},
				},
			},
			"aws": awsAttribute(),
			"metric_sources": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Where the signals of scaling policies come from, by name. Addresses and credentials belong here: nothing of it reaches Terraform's state.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"http": httpSourceAttribute(),
				}},
			},
		},
	}
}

func httpSourceAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "A service that answers GET requests with JSON.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The `http` or `https` URL below which the signals' paths lie. Redirects to other hosts are not followed.",
			},
			"headers": schema.MapAttribute{
				Optional:            true,
				Sensitive:           true,
				ElementType:         types.StringType,
				MarkdownDescription: "Headers to send with every request, for example for authentication.",
			},
			"timeout": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "How long one request may take, as a duration such as `5s`. Default: `10s`.",
			},
			"allow_link_local": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether link-local addresses such as 169.254.169.254 may be asked. Default: false, because instance metadata lies there.",
			},
		},
	}
}
