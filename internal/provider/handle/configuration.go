package handle

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// Configuration is the handle of a muster_server_configuration.
type Configuration struct {
	ID         types.String `tfsdk:"id"`
	Name       types.String `tfsdk:"name"`
	Parameters types.Map    `tfsdk:"parameters"`
	Outputs    types.Map    `tfsdk:"outputs"`
}

// Parameter is the declaration of a parameter as handles carry it.
type Parameter struct {
	Type        types.String `tfsdk:"type"`
	Pattern     types.String `tfsdk:"pattern"`
	Default     types.Bool   `tfsdk:"has_default"`
	Deferred    types.Bool   `tfsdk:"deferred"`
	Sensitive   types.Bool   `tfsdk:"sensitive"`
	RequiredFor types.String `tfsdk:"required_for"`
}

// Output is the declaration of an output as handles carry it.
type Output struct {
	Type      types.String `tfsdk:"type"`
	Sensitive types.Bool   `tfsdk:"sensitive"`
}

// ParameterType is the Terraform type of a [Parameter].
func ParameterType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"type":         types.StringType,
		"pattern":      types.StringType,
		"has_default":  types.BoolType,
		"deferred":     types.BoolType,
		"sensitive":    types.BoolType,
		"required_for": types.StringType,
	}}
}

// OutputType is the Terraform type of an [Output].
func OutputType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"type":      types.StringType,
		"sensitive": types.BoolType,
	}}
}

// ConfigurationTypes are the attribute types of a [Configuration].
func ConfigurationTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"id":         types.StringType,
		"name":       types.StringType,
		"parameters": types.MapType{ElemType: ParameterType()},
		"outputs":    types.MapType{ElemType: OutputType()},
	}
}

// FromConfiguration returns the handle of a configuration that is wholly known.
func FromConfiguration(configuration boot.Configuration) types.Object {
	return types.ObjectValueMust(ConfigurationTypes(), map[string]attr.Value{
		"id":         types.StringValue(configuration.ID()),
		"name":       types.StringValue(configuration.Name),
		"parameters": FromParameters(configuration.Parameters),
		"outputs":    FromOutputs(configuration.Outputs),
	})
}

// UnknownConfiguration returns the handle of a configuration some argument of
// which is unknown: its ID is unknown, the rest is what the caller knows.
func UnknownConfiguration(name types.String, parameters, outputs types.Map) types.Object {
	return types.ObjectValueMust(ConfigurationTypes(), map[string]attr.Value{
		"id":         types.StringUnknown(),
		"name":       name,
		"parameters": parameters,
		"outputs":    outputs,
	})
}

// FromParameters returns declared parameters as handles carry them.
func FromParameters(parameters map[string]boot.Parameter) types.Map {
	elements := make(map[string]attr.Value, len(parameters))
	for name, parameter := range parameters {
		elements[name] = types.ObjectValueMust(ParameterType().AttrTypes, map[string]attr.Value{
			"type":         types.StringValue(string(parameter.Type)),
			"pattern":      types.StringValue(parameter.Pattern),
			"has_default":  types.BoolValue(parameter.Default != nil),
			"deferred":     types.BoolValue(parameter.Deferred),
			"sensitive":    types.BoolValue(parameter.Sensitive),
			"required_for": types.StringValue(string(parameter.RequiredFor)),
		})
	}
	return types.MapValueMust(ParameterType(), elements)
}

// FromOutputs returns declared outputs as handles carry them.
func FromOutputs(outputs map[string]boot.Output) types.Map {
	elements := make(map[string]attr.Value, len(outputs))
	for name, output := range outputs {
		elements[name] = types.ObjectValueMust(OutputType().AttrTypes, map[string]attr.Value{
			"type":      types.StringValue(string(output.Type)),
			"sensitive": types.BoolValue(output.Sensitive),
		})
	}
	return types.MapValueMust(OutputType(), elements)
}
