package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/http"
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

type sourceModel struct {
	HTTP *httpModel `tfsdk:"http"`
}

type httpModel struct {
	BaseURL        types.String `tfsdk:"base_url"`
	Headers        types.Map    `tfsdk:"headers"`
	Timeout        types.String `tfsdk:"timeout"`
	AllowLinkLocal types.Bool   `tfsdk:"allow_link_local"`
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

// sources returns the metric sources by name. One whose configuration isn't known
// yet is nil: policies may name it, and nothing is fetched from it. The same goes
// for the map as a whole.
func (m model) sources(ctx context.Context, diagnostics *diag.Diagnostics) map[string]metric.Source {
	if m.MetricSources.IsUnknown() {
		return nil
	}
	sources := make(map[string]metric.Source)
	for name, element := range m.MetricSources.Elements() {
		if name == metric.CloudWatchSource {
			diagnostics.AddAttributeError(path.Root("metric_sources").AtMapKey(name), "Invalid Metric Source", reservedName)
			continue
		}
		if !tfvalue.Known(ctx, element) {
			sources[name] = nil
			continue
		}
		object, _ := element.(types.Object)
		var source sourceModel
		diagnostics.Append(object.As(ctx, &source, basetypes.ObjectAsOptions{})...)
		if source.HTTP == nil {
			continue
		}
		opened, err := source.HTTP.open(ctx)
		if err != nil {
			addFaults(diagnostics, name, err)
			continue
		}
		sources[name] = opened
	}
	return sources
}

func (m httpModel) open(ctx context.Context) (metric.Source, error) {
	config := http.Config{BaseURL: m.BaseURL.ValueString(), AllowLinkLocal: m.AllowLinkLocal.ValueBool()}
	if diagnostics := m.Headers.ElementsAs(ctx, &config.Headers, false); diagnostics.HasError() {
		return nil, sourceFault("headers", "one of them is null; leave out what isn't there")
	}
	if !m.Timeout.IsNull() {
		timeout, err := time.ParseDuration(m.Timeout.ValueString())
		if err != nil || timeout <= 0 {
			return nil, sourceFault("timeout", fmt.Sprintf("%q is not a duration above 0; write for example 5s", m.Timeout.ValueString()))
		}
		config.Timeout = timeout
	}
	return http.New(config, time.Now) //nolint:forbidigo // The clock enters the project here.
}

func sourceFault(argument, message string) error {
	return &metric.ConfigError{Faults: []metric.Fault{{Path: []string{argument}, Message: message}}}
}

// addFaults adds one attribute error per fault of a source's configuration. Its
// path ends at the source: Terraform finds no line for one that leads further down.
func addFaults(diagnostics *diag.Diagnostics, source string, err error) {
	at := path.Root("metric_sources").AtMapKey(source)
	var faults *metric.ConfigError
	if !errors.As(err, &faults) {
		diagnostics.AddAttributeError(at, "Invalid Metric Source", tfdiag.Sentence(err.Error()))
		return
	}
	for _, fault := range faults.Faults {
		names := append([]string{"metric_sources", source}, fault.Path...)
		diagnostics.AddAttributeError(at, "Invalid Metric Source", fmt.Sprintf("%s: %s.", strings.Join(names, "."), fault.Message))
	}
}
