package scalingpolicy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// compile returns the compiled policy, or an attribute error for every fault. What
// isn't known yet is taken to be valid.
func (m model) compile(ctx context.Context) (*policy.Policy, diag.Diagnostics) {
	spec, faults, diagnostics := m.toSpec(ctx)
	if diagnostics.HasError() {
		return nil, diagnostics
	}
	compiled, err := policy.Compile(spec)
	if wrong, ok := errors.AsType[*policy.SpecError](err); ok {
		faults = append(faults, wrong.Faults...)
	}
	slices.SortStableFunc(faults, func(a, b policy.Fault) int { return slices.Compare(a.Path, b.Path) })
	for _, fault := range faults {
		diagnostics.AddAttributeError(attributePath(fault.Path), "Invalid Scaling Policy",
			fmt.Sprintf("%s: %s.", strings.Join(fault.Path, "."), fault.Message))
	}
	return compiled, diagnostics
}

// attributePath returns the path of a fault as far as Terraform finds its line: to
// the signal or the rule. Of a path that leads further down, it would show the
// first line of the resource. The message has the whole of it.
func attributePath(names []string) path.Path {
	at := path.Root(names[0])
	if len(names) > 1 {
		at = at.AtMapKey(names[1])
	}
	return at
}

func (m model) checkNames() diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for name, value := range map[string]types.String{
		"server_configuration": m.ServerConfiguration, "server_group": m.ServerGroup,
	} {
		if value.IsNull() || value.IsUnknown() {
			continue
		}
		if err := boot.CheckResourceName(value.ValueString()); err != nil {
			diagnostics.AddAttributeError(path.Root(name), "Invalid Name", tfdiag.Sentence(err.Error()))
		}
	}
	return diagnostics
}

// checkSources holds the signals against the metric sources that the provider has
// been given, as far as both are known.
func (m model) checkSources(ctx context.Context, sources map[string]metric.Source) diag.Diagnostics {
	signals, diagnostics := m.signals(ctx)
	if sources == nil {
		return diagnostics
	}
	for _, name := range slices.Sorted(maps.Keys(signals)) {
		signal := signals[name]
		asked := signal.source()
		if asked == "" {
			continue
		}
		at := path.Root("signals").AtMapKey(name)
		source, declared := sources[asked]
		switch {
		case signal.Source.ValueString() == metric.CloudWatchSource:
			diagnostics.AddAttributeError(at, "Invalid Signal",
				fmt.Sprintf("signals.%s.source: CloudWatch isn't one of the metric_sources; write cloudwatch = { … } in place of source.", name))
		case !declared && !signal.CloudWatch.IsNull():
			diagnostics.AddAttributeError(at, "CloudWatch Without Account",
				fmt.Sprintf("signals.%s.cloudwatch: the provider's configuration has no aws block, which says whose CloudWatch is asked; "+
					"add one, for example aws = { region = \"eu-central-1\" }.", name))
		case !declared:
			diagnostics.AddAttributeError(at, "Undeclared Metric Source", fmt.Sprintf("signals.%s.source: %s", name, undeclared(asked, sources)))
		case source != nil && tfvalue.Known(ctx, signal.Path, signal.Value, signal.CloudWatch):
			diagnostics.Append(checkQuery(name, source, signal)...)
		}
	}
	return diagnostics
}

func undeclared(name string, sources map[string]metric.Source) string {
	others := maps.Clone(sources)
	delete(others, metric.CloudWatchSource)
	declared := strings.Join(slices.Sorted(maps.Keys(others)), ", ")
	if declared == "" {
		return fmt.Sprintf("the provider has no metric source %q: declare it in the metric_sources of the provider's configuration, which has none.", name)
	}
	return fmt.Sprintf("the provider has no metric source %q; the metric_sources of its configuration are: %s.", name, declared)
}

func checkQuery(name string, source metric.Source, signal signalModel) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	err := source.Check(signal.query())
	if err == nil {
		return diagnostics
	}
	text := err.Error()
	if wrong, ok := errors.AsType[*metric.QueryError](err); ok {
		text = wrong.Field + ": " + wrong.Message
	}
	if !signal.CloudWatch.IsNull() {
		text = "cloudwatch." + text
	}
	diagnostics.AddAttributeError(path.Root("signals").AtMapKey(name), "Invalid Signal", fmt.Sprintf("signals.%s.%s.", name, text))
	return diagnostics
}

// source returns the name of the source that is asked; empty where there is none, or
// it isn't known yet.
func (s signalModel) source() string {
	if !s.CloudWatch.IsNull() {
		return metric.CloudWatchSource
	}
	return s.Source.ValueString()
}

// query returns what is asked of the source, without the servers.
func (s signalModel) query() metric.Query {
	if !s.CloudWatch.IsNull() {
		return cloudWatch{s.CloudWatch}.query()
	}
	return metric.Query{Path: s.Path.ValueString(), Value: s.Value.ValueString()}
}
