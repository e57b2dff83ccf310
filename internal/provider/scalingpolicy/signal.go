package scalingpolicy

import (
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type signalModel struct {
	Literal       types.Float64 `tfsdk:"literal"`
	Expression    types.String  `tfsdk:"expression"`
	Source        types.String  `tfsdk:"source"`
	Query         types.String  `tfsdk:"query"`
	Path          types.String  `tfsdk:"path"`
	Value         types.String  `tfsdk:"value"`
	Time          types.String  `tfsdk:"time"`
	CloudWatch    types.Object  `tfsdk:"cloudwatch"`
	PerServer     types.Object  `tfsdk:"per_server"`
	Window        types.String  `tfsdk:"window"`
	Period        types.String  `tfsdk:"period"`
	Statistic     types.String  `tfsdk:"statistic"`
	Offset        types.String  `tfsdk:"offset"`
	MaxAge        types.String  `tfsdk:"max_age"`
	OnMissing     types.String  `tfsdk:"on_missing"`
	Fallback      types.Float64 `tfsdk:"fallback"`
	FallbackAfter types.String  `tfsdk:"fallback_after"`
	FallbackMode  types.String  `tfsdk:"fallback_mode"`
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
	switch {
	case !s.CloudWatch.IsNull():
		return cloudWatch{s.CloudWatch}.query()
	case s.Query.IsNull():
		return metric.Query{Path: s.Path.ValueString(), Value: s.Value.ValueString(), Time: s.Time.ValueString(), PerServer: s.perServer()}
	}
	return metric.Query{
		Query:     s.Query.ValueString(),
		Period:    checked(s.Period),
		Window:    checked(s.Window),
		Offset:    checked(s.Offset),
		PerServer: s.perServer(),
	}
}

func (s signalModel) perServer() *metric.PerServer {
	if s.PerServer.IsNull() || s.PerServer.IsUnknown() {
		return nil
	}
	return &metric.PerServer{Dimension: text(s.PerServer, "label").ValueString()}
}

// checked returns a duration that has been checked, or 0.
func checked(written types.String) time.Duration {
	value, err := tfvalue.Duration(written, 0)
	if err != nil {
		return 0
	}
	return value
}

// faults holds the arguments of a signal that the engine doesn't know against each
// other.
func (s signalModel) faults(path []string) []policy.Fault {
	fetched := map[string]attr.Value{"source": s.Source, "query": s.Query, "path": s.Path, "value": s.Value, "time": s.Time, "window": s.Window}
	faults := s.lengths(path)
	switch {
	case s.Literal.IsUnknown(), s.Expression.IsUnknown(), s.CloudWatch.IsUnknown(), s.Source.IsUnknown(), s.Query.IsUnknown():
		return faults // They may turn out to be null.
	case !s.Literal.IsNull():
		fetched["cloudwatch"] = s.CloudWatch
		return append(faults, apart(path, "literal", fetched)...)
	case !s.Expression.IsNull():
		fetched["cloudwatch"] = s.CloudWatch
		return append(faults, apart(path, "expression", fetched)...)
	case !s.CloudWatch.IsNull():
		return slices.Concat(faults, apart(path, "cloudwatch", fetched), s.misplaced(path), cloudWatch{s.CloudWatch}.faults(slices.Concat(path, []string{"cloudwatch"})))
	case s.Source.IsNull():
		return append(faults, policy.Fault{Path: path, Message: "must have one of literal, expression, source and cloudwatch"})
	case !s.Query.IsNull():
		return append(faults, apart(path, "query", map[string]attr.Value{"path": s.Path, "value": s.Value, "time": s.Time})...)
	case !s.Window.IsNull():
		return append(faults, policy.Fault{Path: slices.Concat(path, []string{"window"}), Message: "is used only with query"})
	}
	return faults
}

// misplaced returns a fault for each argument that cloudwatch has too.
func (s signalModel) misplaced(path []string) []policy.Fault {
	var faults []policy.Fault
	for name, value := range map[string]attr.Value{"per_server": s.PerServer, "period": s.Period, "offset": s.Offset, "statistic": s.Statistic} {
		if !value.IsNull() {
			faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{name}), Message: "belongs into cloudwatch = { … } here; move it there"})
		}
	}
	return faults
}

// lengths refuses durations of nothing where one that is absent means something else.
func (s signalModel) lengths(path []string) []policy.Fault {
	var faults []policy.Fault
	for name, length := range map[string]struct {
		written types.String
		without string
	}{
		"max_age": {s.MaxAge, "leave it out to let any age count"},
		"window":  {s.Window, "leave it out for its default"},
		"period":  {s.Period, "leave it out for its default"},
	} {
		value, err := tfvalue.Duration(length.written, time.Second)
		switch at := slices.Concat(path, []string{name}); {
		case length.written.IsUnknown():
		case err != nil && name == "window": // The engine reports the others.
			faults = append(faults, policy.Fault{Path: at, Message: err.Error()})
		case err == nil && value == 0:
			faults = append(faults, policy.Fault{Path: at, Message: "must be above 0; " + length.without})
		}
	}
	return faults
}

// apart returns a fault for each of the others that is there together with the one.
func apart(path []string, one string, others map[string]attr.Value) []policy.Fault {
	var faults []policy.Fault
	for name, value := range others {
		if !value.IsNull() && !value.IsUnknown() {
			faults = append(faults, policy.Fault{
				Path: slices.Concat(path, []string{name}), Message: "can't be combined with " + one + "; remove one of the two",
			})
		}
	}
	slices.SortFunc(faults, func(a, b policy.Fault) int { return strings.Compare(a.Path[len(a.Path)-1], b.Path[len(b.Path)-1]) })
	return faults
}
