package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func metricSourcesAttribute() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional: true,
		MarkdownDescription: "Where the signals of scaling policies come from, by name: each has one of `http` and `prometheus`. " +
			"Addresses and credentials belong here: nothing of it reaches Terraform's state.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"http":       httpSourceAttribute(),
			"prometheus": prometheusSourceAttribute(),
		}},
	}
}

func httpSourceAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A service that answers GET requests with JSON.",
		Attributes: map[string]schema.Attribute{
			"base_url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The `http` or `https` URL below which the signals' paths lie. Redirects to other hosts are not followed.",
			},
			"headers":          headersAttribute("Headers to send with every request, for example for authentication."),
			"timeout":          timeoutAttribute("request"),
			"allow_link_local": linkLocalAttribute(),
		},
	}
}

func prometheusSourceAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A Prometheus server, or what speaks its HTTP API: Thanos, Mimir, VictoriaMetrics and others.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The `http` or `https` URL of the server, for example `https://prometheus.example.com`, or with a path where its API lies below one: " +
					"without `/api/v1`, which is added. Redirects to other hosts are not followed.",
			},
			"bearer_token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "A token to send with every query, in the header `Authorization`.",
			},
			"headers": headersAttribute("Headers to send with every query, for example `X-Scope-OrgID` for a tenant, or `Authorization` for what isn't a bearer token."),
			"timeout": timeoutAttribute("query"),
			"tls": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "How the server and the provider know each other, where that is out of the ordinary.",
				Attributes:          tlsAttributes(),
			},
			"allow_link_local": linkLocalAttribute(),
		},
	}
}

func tlsAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"ca_certificate": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The certificates, in PEM, of the authorities of which one has signed the server's certificate. Default: those of the system.",
		},
		"client_certificate": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The certificate, in PEM, that is shown to the server. It needs `client_key`.",
		},
		"client_key": schema.StringAttribute{
			Optional:            true,
			Sensitive:           true,
			MarkdownDescription: "The private key, in PEM, of `client_certificate`.",
		},
		"server_name": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The name for which the server's certificate is. Default: the host of `url`.",
		},
	}
}

func headersAttribute(description string) schema.MapAttribute {
	return schema.MapAttribute{
		Optional:            true,
		Sensitive:           true,
		ElementType:         types.StringType,
		MarkdownDescription: description,
	}
}

func timeoutAttribute(what string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "How long one " + what + " may take, as a duration such as `5s`. Default: `10s`.",
	}
}

func linkLocalAttribute() schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional:            true,
		MarkdownDescription: "Whether link-local addresses such as 169.254.169.254 may be asked. Default: false, because instance metadata lies there.",
	}
}
