package provider

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const (
	defaultNamespace = "default"
	defaultDirectory = ".muster"
)

type model struct {
	Namespace     types.String `tfsdk:"namespace"`
	Local         types.Object `tfsdk:"local"`
	AWS           types.Object `tfsdk:"aws"`
	MetricSources types.Map    `tfsdk:"metric_sources"`
}

// Configure hands a manager to the resources. Where the hosting service's place is
// not known yet, as in a plan that creates what it depends on, it hands out
// nothing, and the resources plan without looking.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, known := config.place(ctx, p.version, &resp.Diagnostics)
	sources := config.sources(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !known {
		return
	}
	if found.cloudwatch != nil && sources != nil {
		sources[metric.CloudWatchSource] = found.cloudwatch
	}
	service := found.service
	if p.decorate != nil {
		service = p.decorate(service)
	}
	m := manager.New(manager.Options{
		Service: service,
		Scope:   config.scope(ctx),
		Sources: sources,
		Now:     time.Now, //nolint:forbidigo // The clock enters the project here.
	})
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = m, m, m
}

// service returns the local hosting service; known is false where its place isn't.
func (m model) service(diagnostics *diag.Diagnostics) (service hosting.Service, known bool) {
	directory := types.StringNull()
	if m.Local.IsUnknown() {
		return nil, false
	}
	if !m.Local.IsNull() {
		directory, _ = m.Local.Attributes()["directory"].(types.String)
	}
	if m.Namespace.IsUnknown() || directory.IsUnknown() {
		return nil, false
	}
	namespace := tfvalue.StringOr(m.Namespace, defaultNamespace)
	if err := boot.CheckResourceName(namespace); err != nil {
		diagnostics.AddAttributeError(path.Root("namespace"), "Invalid Namespace", tfdiag.Sentence(err.Error()))
		return nil, false
	}
	absolute, err := filepath.Abs(tfvalue.StringOr(directory, defaultDirectory))
	if err != nil {
		diagnostics.AddAttributeError(path.Root("local"), "Invalid State Directory", tfdiag.Sentence(err.Error()))
		return nil, false
	}
	executable, err := os.Executable()
	if err != nil {
		diagnostics.Append(tfdiag.Unable("Find", "Provider Binary", err))
		return nil, false
	}
	opened, err := local.New(local.Options{Directory: absolute, Namespace: namespace, Executable: executable})
	if err != nil {
		diagnostics.AddAttributeError(path.Root("local"), "Unable to Open Local Hosting Service", tfdiag.Sentence(err.Error()))
		return nil, false
	}
	return opened, true
}
