package parameterinjection

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// Names of the attributes at the ends of a wire.
const (
	intoName      = "into"
	fromName      = "from"
	groupName     = "group"
	parameterName = "parameter"
	outputName    = "output"
)

// What on_violation can be.
const (
	violationHolds = "hold"
	violationFails = "fail"
)

// What order can be.
const (
	orderParallel = "parallel"
	orderSerial   = "serial"
)

// defaultSeparator joins the values of select = "all".
const defaultSeparator = ","

type model struct {
	Into           types.Object `tfsdk:"into"`
	From           types.List   `tfsdk:"from"`
	Select         types.String `tfsdk:"select"`
	Separator      types.String `tfsdk:"separator"`
	MinSources     types.Int64  `tfsdk:"min_sources"`
	OnViolation    types.String `tfsdk:"on_violation"`
	Order          types.String `tfsdk:"order"`
	Value          types.String `tfsdk:"value"`
	ValueWO        types.String `tfsdk:"value_wo"`
	ValueWOVersion types.String `tfsdk:"value_wo_version"`
	Wire           types.Object `tfsdk:"wire"`
	Effects        types.Map    `tfsdk:"effects"`
	ID             types.String `tfsdk:"id"`
}

// end is one end of a wire: a parameter or an output of a group.
type end struct {
	group handle.Group
	name  types.String
}

// unknownGroup stands for a handle that is unknown as a whole.
func unknownGroup() handle.Group {
	return handle.Group{
		Name: types.StringUnknown(), Incarnation: types.StringUnknown(),
		Members: types.MapUnknown(types.StringType), Membership: types.StringUnknown(),
		Outputs: types.MapUnknown(types.StringType), Parameters: types.MapUnknown(types.StringType),
		Scope: types.StringUnknown(),
	}
}

// toEnd reads one end from its object; name is the attribute beside "group". An
// object that is unknown is an end of which nothing is known.
func toEnd(ctx context.Context, object types.Object, name string) (end, diag.Diagnostics) {
	if object.IsUnknown() {
		return end{group: unknownGroup(), name: types.StringUnknown()}, nil
	}
	group, _ := object.Attributes()[groupName].(types.Object)
	text, _ := object.Attributes()[name].(types.String)
	parsed, ok, diagnostics := handle.ParseGroup(ctx, group)
	if !ok {
		parsed = unknownGroup()
	}
	return end{group: parsed, name: text}, diagnostics
}

// ends returns both sides of the wire. sourcesKnown is false where the list of
// sources is unknown as a whole.
func (m *model) ends(ctx context.Context) (target end, sources []end, sourcesKnown bool, diagnostics diag.Diagnostics) {
	target, diagnostics = toEnd(ctx, m.Into, parameterName)
	if m.From.IsUnknown() {
		return target, nil, false, diagnostics
	}
	for _, element := range m.From.Elements() {
		object, _ := element.(types.Object)
		source, faults := toEnd(ctx, object, outputName)
		diagnostics.Append(faults...)
		sources = append(sources, source)
	}
	return target, sources, true, diagnostics
}

// wire returns the wire with the given delivery.
func wire(target end, sources []end, sourcesKnown bool, delivery types.String) types.Object {
	from := types.ListUnknown(handle.SourceType())
	if sourcesKnown {
		elements := make([]attr.Value, 0, len(sources))
		for _, source := range sources {
			elements = append(elements, types.ObjectValueMust(handle.SourceType().AttrTypes, map[string]attr.Value{
				"group":  source.group.Name,
				"output": source.name,
			}))
		}
		from = types.ListValueMust(handle.SourceType(), elements)
	}
	return handle.Wire{From: from, Into: target.group.Name, Parameter: target.name, Delivery: delivery}.Object()
}

// toSpec returns what the injection asks for; the value is the caller's.
func (m *model) toSpec(ctx context.Context) (manager.WireSpec, diag.Diagnostics) {
	target, sources, _, diagnostics := m.ends(ctx)
	spec := manager.WireSpec{
		Into:      target.group.Name.ValueString(),
		Parameter: target.name.ValueString(),
	}
	if m.Order.ValueString() == orderSerial {
		spec.Order = hosting.OrderSerial
	}
	for _, source := range sources {
		spec.From = append(spec.From, hosting.Output{Group: source.group.Name.ValueString(), Output: source.name.ValueString()})
	}
	if len(sources) > 0 {
		spec.Select = hosting.SelectFirst
		if !m.Select.IsNull() {
			spec.Select = hosting.Select(m.Select.ValueString())
		}
		spec.Separator = defaultSeparator
		if !m.Separator.IsNull() {
			spec.Separator = m.Separator.ValueString()
		}
		spec.MinSources = int(m.MinSources.ValueInt64())
		if m.OnViolation.ValueString() == violationFails {
			spec.OnViolation = hosting.ViolationFails
		}
	}
	return spec, diagnostics
}
