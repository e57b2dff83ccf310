package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/http"
	"github.com/musterhq/terraform-provider-muster/internal/metric/prometheus"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const invalidSource = "Invalid Metric Source"

type sourceModel struct {
	HTTP       *httpModel       `tfsdk:"http"`
	Prometheus *prometheusModel `tfsdk:"prometheus"`
}

type httpModel struct {
	BaseURL        types.String `tfsdk:"base_url"`
	Headers        types.Map    `tfsdk:"headers"`
	Timeout        types.String `tfsdk:"timeout"`
	AllowLinkLocal types.Bool   `tfsdk:"allow_link_local"`
}

type prometheusModel struct {
	URL            types.String `tfsdk:"url"`
	BearerToken    types.String `tfsdk:"bearer_token"`
	Headers        types.Map    `tfsdk:"headers"`
	Timeout        types.String `tfsdk:"timeout"`
	TLS            *tlsModel    `tfsdk:"tls"`
	AllowLinkLocal types.Bool   `tfsdk:"allow_link_local"`
}

type tlsModel struct {
	CACertificate     types.String `tfsdk:"ca_certificate"`
	ClientCertificate types.String `tfsdk:"client_certificate"`
	ClientKey         types.String `tfsdk:"client_key"`
	ServerName        types.String `tfsdk:"server_name"`
}

// checkSources says which metric sources are of no kind or of two, as far as it is known.
func (m model) checkSources(diagnostics *diag.Diagnostics) {
	for name, element := range m.MetricSources.Elements() {
		if err := checkKind(element); err != nil {
			addFaults(diagnostics, name, err)
		}
	}
}

// checkKind wants exactly one kind in a source. What isn't known may be null.
func checkKind(source attr.Value) error {
	object, _ := source.(types.Object)
	if object.IsUnknown() {
		return nil
	}
	there := 0
	for _, kind := range object.Attributes() {
		switch {
		case kind.IsUnknown():
			return nil
		case !kind.IsNull():
			there++
		}
	}
	switch there {
	case 0:
		return sourceFault("must have one of http and prometheus")
	case 1:
		return nil
	}
	return sourceFault("must have one of http and prometheus, not both")
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
			diagnostics.AddAttributeError(path.Root("metric_sources").AtMapKey(name), invalidSource, reservedName)
			continue
		}
		if !tfvalue.Known(ctx, element) {
			sources[name] = nil
			continue
		}
		if err := checkKind(element); err != nil {
			addFaults(diagnostics, name, err)
			continue
		}
		object, _ := element.(types.Object)
		var source sourceModel
		if found := object.As(ctx, &source, basetypes.ObjectAsOptions{}); found.HasError() {
			diagnostics.Append(found...)
			continue
		}
		opened, err := source.open(ctx)
		if err != nil {
			addFaults(diagnostics, name, err)
			continue
		}
		sources[name] = opened
	}
	return sources
}

func (m sourceModel) open(ctx context.Context) (metric.Source, error) {
	if m.Prometheus != nil {
		return m.Prometheus.open(ctx)
	}
	return m.HTTP.open(ctx)
}

func (m httpModel) open(ctx context.Context) (metric.Source, error) {
	headers, err := toHeaders(ctx, m.Headers)
	if err != nil {
		return nil, err
	}
	timeout, err := toTimeout(m.Timeout)
	if err != nil {
		return nil, err
	}
	config := http.Config{BaseURL: m.BaseURL.ValueString(), Headers: headers, Timeout: timeout, AllowLinkLocal: m.AllowLinkLocal.ValueBool()}
	return http.New(config, time.Now) //nolint:forbidigo // The clock enters the project here.
}

func (m prometheusModel) open(ctx context.Context) (metric.Source, error) {
	headers, err := toHeaders(ctx, m.Headers)
	if err != nil {
		return nil, err
	}
	timeout, err := toTimeout(m.Timeout)
	if err != nil {
		return nil, err
	}
	config := prometheus.Config{
		URL:            m.URL.ValueString(),
		BearerToken:    m.BearerToken.ValueString(),
		Headers:        headers,
		Timeout:        timeout,
		AllowLinkLocal: m.AllowLinkLocal.ValueBool(),
	}
	if m.TLS != nil {
		config.TLS = m.TLS.toTLS()
	}
	return prometheus.New(config, time.Now) //nolint:forbidigo // The clock enters the project here.
}

func (m tlsModel) toTLS() prometheus.TLS {
	return prometheus.TLS{
		CACertificate:     m.CACertificate.ValueString(),
		ClientCertificate: m.ClientCertificate.ValueString(),
		ClientKey:         m.ClientKey.ValueString(),
		ServerName:        m.ServerName.ValueString(),
	}
}

func toHeaders(ctx context.Context, written types.Map) (headers map[string]string, err error) {
	if diagnostics := written.ElementsAs(ctx, &headers, false); diagnostics.HasError() {
		return nil, sourceFault("one of them is null; leave out what isn't there", "headers")
	}
	return headers, nil
}

// toTimeout returns 0, which is the source's default, for null.
func toTimeout(written types.String) (time.Duration, error) {
	if written.IsNull() {
		return 0, nil
	}
	timeout, err := time.ParseDuration(written.ValueString())
	if err != nil || timeout <= 0 {
		return 0, sourceFault(fmt.Sprintf("%q is not a duration above 0; write for example 5s", written.ValueString()), "timeout")
	}
	return timeout, nil
}

// sourceFault is a fault of the source as a whole, or of an argument.
func sourceFault(message string, argument ...string) error {
	return &metric.ConfigError{Faults: []metric.Fault{{Path: argument, Message: message}}}
}

// addFaults adds one attribute error per fault of a source's configuration. Its
// path ends at the source: Terraform finds no line for one that leads further down.
func addFaults(diagnostics *diag.Diagnostics, source string, err error) {
	at := path.Root("metric_sources").AtMapKey(source)
	var faults *metric.ConfigError
	if !errors.As(err, &faults) {
		diagnostics.AddAttributeError(at, invalidSource, tfdiag.Sentence(err.Error()))
		return
	}
	for _, fault := range faults.Faults {
		names := append([]string{"metric_sources", source}, fault.Path...)
		diagnostics.AddAttributeError(at, invalidSource, fmt.Sprintf("%s: %s.", strings.Join(names, "."), fault.Message))
	}
}
