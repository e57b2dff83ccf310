package handle

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// Wire is what a muster_parameter_injection hands to a muster_server_readiness.
type Wire struct {
	// From lists the sources; empty for a value that Terraform knows.
	From      types.List   `tfsdk:"from"`
	Into      types.String `tfsdk:"into"`
	Parameter types.String `tfsdk:"parameter"`
	// Delivery changes whenever the injection delivers something because of its
	// own arguments.
	Delivery types.String `tfsdk:"delivery"`
}

// Source is one source of a [Wire].
type Source struct {
	Group  types.String `tfsdk:"group"`
	Output types.String `tfsdk:"output"`
}

// SourceType is the Terraform type of a [Source].
func SourceType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"group":  types.StringType,
		"output": types.StringType,
	}}
}

// WireTypes are the attribute types of a [Wire].
func WireTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"from":      types.ListType{ElemType: SourceType()},
		"into":      types.StringType,
		"parameter": types.StringType,
		"delivery":  types.StringType,
	}
}

// Object returns the wire as a Terraform value.
func (w Wire) Object() types.Object {
	return types.ObjectValueMust(WireTypes(), map[string]attr.Value{
		"from":      w.From,
		"into":      w.Into,
		"parameter": w.Parameter,
		"delivery":  w.Delivery,
	})
}

// ParseWire reads a wire; see [ParseGroup].
func ParseWire(ctx context.Context, object types.Object) (wire Wire, ok bool, diagnostics diag.Diagnostics) {
	if object.IsNull() || object.IsUnknown() {
		return Wire{}, false, nil
	}
	diagnostics = object.As(ctx, &wire, basetypes.ObjectAsOptions{})
	return wire, !diagnostics.HasError(), diagnostics
}

// Sources returns the wire's sources; ok is false where they are not known yet.
func (w Wire) Sources(ctx context.Context) (sources []Source, ok bool) {
	if w.From.IsUnknown() {
		return nil, false
	}
	diagnostics := w.From.ElementsAs(ctx, &sources, false)
	return sources, !diagnostics.HasError()
}
