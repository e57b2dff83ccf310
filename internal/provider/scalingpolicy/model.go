package scalingpolicy

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type model struct {
	ServerConfiguration types.String  `tfsdk:"server_configuration"`
	ServerGroup         types.String  `tfsdk:"server_group"`
	MinServers          tfvalue.Whole `tfsdk:"min_servers"`
	MaxServers          tfvalue.Whole `tfsdk:"max_servers"`
	InitialServers      tfvalue.Whole `tfsdk:"initial_servers"`
	Signals             types.Map     `tfsdk:"signals"`
	Rules               types.Map     `tfsdk:"rules"`
	DesiredServers      types.Int64   `tfsdk:"desired_servers"`
	Decision            types.String  `tfsdk:"decision"`
	Evaluation          types.String  `tfsdk:"evaluation"`
}

type signalModel struct {
	Literal    types.Float64 `tfsdk:"literal"`
	Source     types.String  `tfsdk:"source"`
	Path       types.String  `tfsdk:"path"`
	Value      types.String  `tfsdk:"value"`
	CloudWatch types.Object  `tfsdk:"cloudwatch"`
	OnMissing  types.String  `tfsdk:"on_missing"`
	Fallback   types.Float64 `tfsdk:"fallback"`
	MaxAge     types.String  `tfsdk:"max_age"`
}

type ruleModel struct {
	Target types.Object `tfsdk:"target"`
	Value  types.Object `tfsdk:"value"`
}

type targetModel struct {
	Signal      types.String  `tfsdk:"signal"`
	TargetValue types.Float64 `tfsdk:"target_value"`
	TargetType  types.String  `tfsdk:"target_type"`
	Tolerance   types.Object  `tfsdk:"tolerance"`
}

type toleranceModel struct {
	Out types.Float64 `tfsdk:"out"`
	In  types.Float64 `tfsdk:"in"`
}

type valueModel struct {
	Signal types.String  `tfsdk:"signal"`
	Number types.Float64 `tfsdk:"number"`
}

// unknownSignal stands for a signal whose name isn't known yet. No user's signal
// can have this name.
const unknownSignal = "?"

// object reads an object into a struct; where the object isn't known, all of the
// struct is null.
func object[T any](ctx context.Context, value attr.Value) (T, diag.Diagnostics) {
	var target T
	object, ok := value.(types.Object)
	if !ok || object.IsNull() || object.IsUnknown() {
		return target, nil
	}
	return target, object.As(ctx, &target, basetypes.ObjectAsOptions{})
}

// signals returns the signals whose objects are known, by name.
func (m model) signals(ctx context.Context) (map[string]signalModel, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	signals := make(map[string]signalModel)
	for name, element := range m.Signals.Elements() {
		if element.IsUnknown() {
			continue
		}
		signal, faults := object[signalModel](ctx, element)
		diagnostics.Append(faults...)
		signals[name] = signal
	}
	return signals, diagnostics
}

// toSpec returns the policy. In place of what isn't known yet it has something
// that is valid, so that whatever is wrong with the spec is wrong with what is
// known. Faults are those that the engine can't see.
func (m model) toSpec(ctx context.Context) (policy.Spec, []policy.Fault, diag.Diagnostics) {
	spec := policy.Spec{
		Min:     int(m.MinServers.ValueInt64()),
		Max:     int(m.MaxServers.ValueInt64()),
		Signals: make(map[string]policy.Signal),
		Rules:   make(map[string]policy.Rule),
	}
	if m.MaxServers.IsUnknown() {
		spec.Max = math.MaxInt32
	}
	signals, diagnostics := m.signals(ctx)
	for name, element := range m.Signals.Elements() {
		if element.IsUnknown() {
			spec.Signals[name] = policy.Signal{}
		}
	}
	var faults []policy.Fault
	for _, name := range slices.Sorted(maps.Keys(signals)) {
		signal, wrong := signals[name].toSignal([]string{"signals", name})
		spec.Signals[name] = signal
		faults = append(faults, wrong...)
	}
	for name, element := range m.Rules.Elements() {
		rule, known, wrong := toRule(ctx, element)
		diagnostics.Append(wrong...)
		if known {
			spec.Rules[name] = rule
		}
	}
	m.declareUnknown(spec)
	return spec, faults, diagnostics
}

// declareUnknown declares the signals that the rules look at where nothing can be
// said about their names.
func (m model) declareUnknown(spec policy.Spec) {
	for name, rule := range spec.Rules {
		switch signal := signalOf(rule); {
		case signal == unknownSignal:
			delete(spec.Rules, name)
		case signal != "" && m.Signals.IsUnknown():
			spec.Signals[signal] = policy.Signal{}
		}
	}
}

func signalOf(rule policy.Rule) string {
	switch {
	case rule.Target != nil:
		return rule.Target.Signal
	case rule.Value != nil:
		return rule.Value.Signal
	}
	return ""
}

func (s signalModel) toSignal(path []string) (policy.Signal, []policy.Fault) {
	if s.Literal.IsUnknown() {
		return policy.Signal{}, nil // It may turn out to be null.
	}
	signal := policy.Signal{
		Literal:   s.Literal.ValueFloat64Pointer(),
		OnMissing: policy.OnMissing(s.OnMissing.ValueString()),
	}
	if !s.OnMissing.IsUnknown() {
		signal.Fallback = toInt(s.Fallback)
	}
	if s.Fallback.IsUnknown() && signal.OnMissing == policy.OnMissingFallback {
		signal.Fallback = new(int)
	}
	faults := s.check(path)
	if fraction := math.Mod(s.Fallback.ValueFloat64(), 1); fraction != 0 {
		faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{"fallback"}), Message: "must be a whole number"})
	}
	age, err := parseAge(s.MaxAge)
	if err != nil {
		faults = append(faults, policy.Fault{Path: slices.Concat(path, []string{"max_age"}), Message: err.Error()})
	}
	signal.MaxAge = age
	return signal, faults
}

// check holds the arguments of a signal that the engine doesn't know against each
// other.
func (s signalModel) check(path []string) []policy.Fault {
	others := map[string]attr.Value{"source": s.Source, "path": s.Path, "value": s.Value}
	switch {
	case !s.Literal.IsNull():
		others["cloudwatch"] = s.CloudWatch
		return apart(path, "literal", others)
	case !s.CloudWatch.IsNull():
		return append(apart(path, "cloudwatch", others), cloudWatch{s.CloudWatch}.faults(slices.Concat(path, []string{"cloudwatch"}))...)
	case s.Source.IsNull():
		return []policy.Fault{{Path: path, Message: "must have one of literal, source and cloudwatch"}}
	}
	return nil
}

// apart returns a fault for each of the others that is there together with the one.
func apart(path []string, one string, others map[string]attr.Value) []policy.Fault {
	var faults []policy.Fault
	for name, value := range others {
		if !value.IsNull() {
			faults = append(faults, policy.Fault{
				Path: slices.Concat(path, []string{name}), Message: "can't be combined with " + one + "; remove one of the two",
			})
		}
	}
	return faults
}

// toInt returns a number of servers; what int32 doesn't hold is no such number.
func toInt(value types.Float64) *int {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	return new(int(min(max(value.ValueFloat64(), math.MinInt32), math.MaxInt32)))
}

func parseAge(value types.String) (time.Duration, error) {
	if value.IsNull() || value.IsUnknown() {
		return 0, nil
	}
	age, err := tfvalue.Duration(value, 0)
	if err != nil {
		return 0, err
	}
	if age == 0 {
		return 0, errors.New("must be above 0; leave it out to let any age count")
	}
	return age, nil
}

// toRule returns the rule; known is false where nothing can be said about it yet.
func toRule(ctx context.Context, element attr.Value) (rule policy.Rule, known bool, diagnostics diag.Diagnostics) {
	if element.IsUnknown() {
		return policy.Rule{}, false, nil
	}
	r, diagnostics := object[ruleModel](ctx, element)
	if r.Target.IsUnknown() || r.Value.IsUnknown() {
		return policy.Rule{}, false, diagnostics
	}
	if !r.Target.IsNull() {
		target, wrong := toTarget(ctx, r.Target)
		diagnostics.Append(wrong...)
		rule.Target = &target
	}
	if !r.Value.IsNull() {
		value, wrong := object[valueModel](ctx, r.Value)
		diagnostics.Append(wrong...)
		rule.Value = new(value.toValue())
	}
	return rule, true, diagnostics
}

func toTarget(ctx context.Context, value types.Object) (policy.Target, diag.Diagnostics) {
	t, diagnostics := object[targetModel](ctx, value)
	tolerance, wrong := object[toleranceModel](ctx, t.Tolerance)
	diagnostics.Append(wrong...)
	target := policy.Target{
		Signal:       t.Signal.ValueString(),
		Value:        t.TargetValue.ValueFloat64(),
		Type:         policy.TargetType(t.TargetType.ValueString()),
		ToleranceOut: toFloat(tolerance.Out),
		ToleranceIn:  toFloat(tolerance.In),
	}
	if t.Signal.IsUnknown() {
		target.Signal = unknownSignal
	}
	if t.TargetValue.IsUnknown() {
		target.Value = 1
	}
	return target, diagnostics
}

func (v valueModel) toValue() policy.Value {
	if v.Signal.IsUnknown() || v.Number.IsUnknown() {
		return policy.Value{Signal: unknownSignal}
	}
	return policy.Value{Signal: v.Signal.ValueString(), Number: toFloat(v.Number)}
}

func toFloat(value types.Float64) *float64 {
	if value.IsUnknown() {
		return nil
	}
	return value.ValueFloat64Pointer()
}
