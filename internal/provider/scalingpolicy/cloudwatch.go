package scalingpolicy

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
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
		Period:     c.duration("period"),
		Window:     c.duration("window"),
		Offset:     c.duration("offset"),
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

// duration returns a duration that has been checked, or 0.
func (c cloudWatch) duration(name string) time.Duration {
	value, err := tfvalue.Duration(text(c.Object, name), 0)
	if err != nil {
		return 0
	}
	return value
}

func (c cloudWatch) perServer() types.Object {
	value, ok := c.Attributes()["per_server"].(types.Object)
	if !ok {
		return types.ObjectNull(nil)
	}
	return value
}

// aggregation returns how the servers' samples become one.
func (c cloudWatch) aggregation() aggregation {
	if written := text(c.perServer(), "aggregation").ValueString(); written != "" {
		return aggregation(written)
	}
	return aggregationAverage
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
		case length == 0:
			faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{name}), Message: "must be above 0; leave it out for its default"})
		}
	}
	aggregation := text(c.perServer(), "aggregation")
	if !aggregation.IsNull() && !aggregation.IsUnknown() && !slices.Contains(aggregations(), aggregation.ValueString()) {
		faults = append(faults, policy.Fault{
			Path:    slices.Concat(path, []string{"per_server", "aggregation"}),
			Message: "must be one of " + strings.Join(aggregations(), ", "),
		})
	}
	return faults
}

// aggregation is how the samples of the servers become one.
type aggregation string

const (
	aggregationAverage aggregation = "average"
	aggregationMaximum aggregation = "maximum"
	aggregationMinimum aggregation = "minimum"
	aggregationSum     aggregation = "sum"
)

func aggregations() []string {
	return []string{string(aggregationAverage), string(aggregationMaximum), string(aggregationMinimum), string(aggregationSum)}
}

// of returns the aggregate of the newest samples of the servers, which are not none. It
// is as old as the oldest of them.
func (a aggregation) of(servers map[string][]policy.Sample) policy.Sample {
	var values []float64
	var oldest time.Time
	for _, id := range slices.Sorted(maps.Keys(servers)) {
		newest := newestOf(servers[id])
		values = append(values, newest.Value)
		if oldest.IsZero() || newest.At.Before(oldest) {
			oldest = newest.At
		}
	}
	return policy.Sample{At: oldest, Value: a.apply(values)}
}

func (a aggregation) apply(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	switch a {
	case aggregationMaximum:
		return slices.Max(values)
	case aggregationMinimum:
		return slices.Min(values)
	case aggregationSum:
		return sum
	case aggregationAverage:
	}
	return sum / float64(len(values))
}

// newestOf returns the newest of at least one sample; of several at one instant the
// last.
func newestOf(samples []policy.Sample) policy.Sample {
	newest := samples[0]
	for _, sample := range samples[1:] {
		if !sample.At.Before(newest.At) {
			newest = sample
		}
	}
	return newest
}
