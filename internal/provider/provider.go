// Package provider is the Terraform provider: its configuration, and the only
// place that chooses implementations of the ports hosting and metric.
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/decision"
	"github.com/musterhq/terraform-provider-muster/internal/provider/parameterinjection"
	"github.com/musterhq/terraform-provider-muster/internal/provider/scalingpolicy"
	"github.com/musterhq/terraform-provider-muster/internal/provider/serverconfiguration"
	"github.com/musterhq/terraform-provider-muster/internal/provider/servergroup"
	"github.com/musterhq/terraform-provider-muster/internal/provider/serveroutput"
	"github.com/musterhq/terraform-provider-muster/internal/provider/serverreadiness"
)

// Address is where the provider is published.
const Address = "registry.terraform.io/musterhq/muster"

var (
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
)

// Provider implements the provider muster.
type Provider struct {
	version string
	// decorate is applied to the hosting service; may be nil.
	decorate func(hosting.Service) hosting.Service
}

// Option changes what [New] returns.
type Option func(*Provider)

// WithHosting lets the provider work with what decorate makes of the hosting
// service that its configuration asks for. Tests count and interrupt calls with it,
// or put a service of their own in its place.
func WithHosting(decorate func(hosting.Service) hosting.Service) Option {
	return func(p *Provider) { p.decorate = decorate }
}

// New returns the provider as the given version.
func New(version string, options ...Option) provider.Provider {
	p := &Provider{version: version}
	for _, option := range options {
		option(p)
	}
	return p
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "muster"
	resp.Version = p.version
}

// Resources lists the resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		serverconfiguration.New,
		servergroup.New,
		scalingpolicy.New,
		parameterinjection.New,
		serverreadiness.New,
	}
}

// DataSources lists the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{servergroup.NewDataSource}
}

// EphemeralResources lists the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{serveroutput.New}
}

// Functions lists the functions.
func (p *Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{decision.New}
}
