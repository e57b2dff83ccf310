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
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

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
		case source != nil && tfvalue.Known(ctx, signal.Path, signal.Value, signal.Time, signal.Query, signal.Window, signal.Period, signal.Offset, signal.PerServer, signal.CloudWatch):
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
