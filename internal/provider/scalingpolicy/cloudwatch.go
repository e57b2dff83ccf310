package scalingpolicy

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// cloudWatch is the argument cloudwatch of a signal. What isn't known in it counts as
// not written.
type cloudWatch struct{ types.Object }

// text returns an attribute of an object; null where there is none.
func text(object types.Object, name string) types.String {
	value, ok := object.Attributes()[name].(types.String)
	if !ok {
		return types.StringNull()
	}
	return value
}

func elements(object types.Object, name string) map[string]attr.Value {
	value, _ := object.Attributes()[name].(types.Map)
	return value.Elements()
}

// query returns what CloudWatch is asked, without the servers.
func (c cloudWatch) query() metric.Query {
	subject := toSeries(c.Object)
	for name, element := range elements(c.Object, "queries") {
		if subject.Queries == nil {
			subject.Queries = make(map[string]metric.CloudWatch)
		}
		object, _ := element.(types.Object)
		subject.Queries[name] = toSeries(object)
	}
	query := metric.Query{
		CloudWatch: &subject,
		Period:     checked(text(c.Object, "period")),
		Window:     checked(text(c.Object, "window")),
		Offset:     checked(text(c.Object, "offset")),
	}
	if text(c.Object, "offset").IsNull() {
		query.Offset = scenario.DefaultCloudWatchOffset
	}
	if perServer := c.perServer(); !perServer.IsNull() && !perServer.IsUnknown() {
		query.PerServer = &metric.PerServer{Dimension: text(perServer, "dimension").ValueString()}
	}
	return query
}

func toSeries(object types.Object) metric.CloudWatch {
	series := metric.CloudWatch{
		Namespace:  text(object, "namespace").ValueString(),
		MetricName: text(object, "metric_name").ValueString(),
		Statistic:  text(object, "statistic").ValueString(),
		Expression: text(object, "expression").ValueString(),
	}
	for name, element := range elements(object, "dimensions") {
		if series.Dimensions == nil {
			series.Dimensions = make(map[string]string)
		}
		value, _ := element.(types.String)
		series.Dimensions[name] = value.ValueString()
	}
	return series
}

func (c cloudWatch) perServer() types.Object {
	value, ok := c.Attributes()["per_server"].(types.Object)
	if !ok {
		return types.ObjectNull(nil)
	}
	return value
}

// faults returns what is wrong with the argument whatever CloudWatch makes of it.
func (c cloudWatch) faults(path []string) []policy.Fault {
	var faults []policy.Fault
	for _, name := range []string{"offset", "period", "window"} {
		value := text(c.Object, name)
		if value.IsNull() || value.IsUnknown() {
			continue
		}
		length, err := tfvalue.Duration(value, 0)
		switch {
		case err != nil:
			faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{name}), Message: err.Error()})
		case length == 0 && name != "offset":
			faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{name}), Message: "must be above 0; leave it out for its default"})
		}
	}
	aggregation := text(c.perServer(), "aggregation")
	if !aggregation.IsNull() && !aggregation.IsUnknown() && !slices.Contains(policy.Aggregations(), aggregation.ValueString()) {
		faults = append(faults, policy.Fault{
			Path:    slices.Concat(path, []string{"per_server", "aggregation"}),
			Message: "must be one of " + strings.Join(policy.Aggregations(), ", "),
		})
	}
	return faults
}
