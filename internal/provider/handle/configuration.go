package handle

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// Configuration is the handle of a muster_server_configuration.
type Configuration struct {
	ID   types.String `tfsdk:"id"`
	Name types.String `tfsdk:"name"`
	// Parameters and Outputs hold the declarations by name, a line of text each.
	Parameters types.Map `tfsdk:"parameters"`
	Outputs    types.Map `tfsdk:"outputs"`
}

// ConfigurationTypes are the attribute types of a [Configuration].
func ConfigurationTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"id":         types.StringType,
		"name":       types.StringType,
		"parameters": types.MapType{ElemType: types.StringType},
		"outputs":    types.MapType{ElemType: types.StringType},
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
