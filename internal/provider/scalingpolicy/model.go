package scalingpolicy

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type model struct {
	ServerConfiguration types.String  `tfsdk:"server_configuration"`
	ServerGroup         types.String  `tfsdk:"server_group"`
	MinServers          tfvalue.Whole `tfsdk:"min_servers"`
	MaxServers          tfvalue.Whole `tfsdk:"max_servers"`
	InitialServers      tfvalue.Whole `tfsdk:"initial_servers"`
	Mode                types.String  `tfsdk:"mode"`
	Signals             types.Map     `tfsdk:"signals"`
	Rules               types.Map     `tfsdk:"rules"`
	Schedules           types.Map     `tfsdk:"schedules"`
	Behavior            types.Object  `tfsdk:"behavior"`
	DesiredServers      types.Int64   `tfsdk:"desired_servers"`
	Decision            types.String  `tfsdk:"decision"`
	Evaluation          types.String  `tfsdk:"evaluation"`
}

// arguments are the attributes that say what the engine is to do.
func (m model) arguments() map[string]attr.Value {
	return map[string]attr.Value{
		"min_servers": m.MinServers, "max_servers": m.MaxServers, "mode": m.Mode,
		"signals": m.Signals, "rules": m.Rules, "schedules": m.Schedules, "behavior": m.Behavior,
	}
}

// known reports whether all is known that a decision on a group depends on.
func (m model) known(ctx context.Context) bool {
	for _, argument := range m.arguments() {
		if !tfvalue.Known(ctx, argument) {
			return false
		}
	}
	return tfvalue.Known(ctx, m.ServerConfiguration, m.ServerGroup)
}

func (m model) sameArguments(other model) bool {
	others := other.arguments()
	for name, argument := range m.arguments() {
		if !argument.Equal(others[name]) {
			return false
		}
	}
	return m.ServerConfiguration.Equal(other.ServerConfiguration) && m.ServerGroup.Equal(other.ServerGroup)
}

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
