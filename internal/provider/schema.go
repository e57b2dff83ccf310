package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
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
			"aws":            awsAttribute(),
			"metric_sources": metricSourcesAttribute(),
		},
	}
}
