package serverreadiness

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

const defaultTimeout = 10 * time.Minute

type model struct {
	Groups   types.List     `tfsdk:"groups"`
	After    types.List     `tfsdk:"after"`
	MinReady types.Map      `tfsdk:"min_ready"`
	Outputs  types.Map      `tfsdk:"outputs"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func entryType() types.MapType { return types.MapType{ElemType: types.StringType} }

// groups returns the handles; known is false where one is unknown as a whole.
func (m *model) groups(ctx context.Context) (groups []handle.Group, known bool, diagnostics diag.Diagnostics) {
	if m.Groups.IsUnknown() {
		return nil, false, nil
	}
	known = true
	for _, element := range m.Groups.Elements() {
		object, _ := element.(types.Object)
		group, ok, faults := handle.ParseGroup(ctx, object)
		diagnostics.Append(faults...)
		if !ok {
			known = false
			continue
		}
		groups = append(groups, group)
	}
	return groups, known, diagnostics
}

// wires returns those wires of after that are known as far as their ends go.
func (m *model) wires(ctx context.Context) ([]handle.Wire, diag.Diagnostics) {
	var wires []handle.Wire
	var diagnostics diag.Diagnostics
	for _, element := range m.After.Elements() {
		object, _ := element.(types.Object)
		wire, ok, faults := handle.ParseWire(ctx, object)
		diagnostics.Append(faults...)
		if ok {
			wires = append(wires, wire)
		}
	}
	return wires, diagnostics
}

// checkElements refuses a null among the groups and the wires. One that is known
// only when the plan is applied is found there.
func (m *model) checkElements() diag.Diagnostics {
	diagnostics := checkNulls(path.Root("groups"), m.Groups, "the handle of a muster_server_group")
	diagnostics.Append(checkNulls(path.Root("after"), m.After, "the wire of a muster_parameter_injection")...)
	return diagnostics
}

func checkNulls(at path.Path, list types.List, what string) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for i, element := range list.Elements() {
		if element.IsNull() {
			diagnostics.AddAttributeError(at.AtListIndex(i), "Missing Value",
				fmt.Sprintf("%s is null and should be %s. Leave out what isn't there, for example with concat.", at.AtListIndex(i), what))
		}
	}
	return diagnostics
}

// toSpec returns what to wait for. The caller guarantees that nothing is unknown.
func (m *model) toSpec(ctx context.Context) (manager.AwaitSpec, diag.Diagnostics) {
	groups, _, diagnostics := m.groups(ctx)
	spec := manager.AwaitSpec{MinReady: make(map[string]int)}
	for _, group := range groups {
		spec.Groups = append(spec.Groups, group.Ref())
	}
	for name, element := range m.MinReady.Elements() {
		if minimum, ok := element.(types.Int64); ok && !minimum.IsNull() {
			spec.MinReady[name] = int(minimum.ValueInt64())
		}
	}
	return spec, diagnostics
}

// entries returns the published outputs of the groups' members as the state holds
// them: by member key, sensitive values as null.
func entries(groups []handle.Group, outputs manager.Outputs) map[string]attr.Value {
	values := make(map[string]attr.Value)
	for _, group := range groups {
		for key := range group.Members.Elements() {
			if published, running := outputs[key]; running {
				values[key] = entry(group, published)
			}
		}
	}
	return values
}

func entry(group handle.Group, published map[string]string) types.Map {
	values := make(map[string]attr.Value, len(published))
	for _, name := range slices.Sorted(maps.Keys(published)) {
		if !isPublic(group, name) || !utf8.ValidString(published[name]) {
			values[name] = types.StringNull()
			continue
		}
		values[name] = types.StringValue(published[name])
	}
	return types.MapValueMust(types.StringType, values)
}

// isPublic reports whether an output may be in the state.
func isPublic(group handle.Group, output string) bool {
	declared, known, err := handle.LookupOutput(group.Outputs, group.Label(), output)
	return known && err == nil && !declared.Sensitive
}

// checkEncoding warns of outputs that the state can't hold: Terraform's strings are
// UTF-8, and what a server publishes is any bytes.
func checkEncoding(groups []handle.Group, outputs manager.Outputs) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, group := range groups {
		for _, key := range slices.Sorted(maps.Keys(group.Members.Elements())) {
			for _, name := range slices.Sorted(maps.Keys(outputs[key])) {
				if utf8.ValidString(outputs[key][name]) || !isPublic(group, name) {
					continue
				}
				diagnostics.AddAttributeWarning(path.Root("outputs"), "Output Is Not Text",
					fmt.Sprintf("Output %q of %s is not UTF-8, and Terraform's strings are: it is null here. Injections carry it as it is. "+
						"To have it here, publish it in base64.", name, key))
			}
		}
	}
	return diagnostics
}

// fill completes the planned outputs with what was found. What was planned as
// known stays: what a survivor publishes anew is stored by the next refresh.
func (m *model) fill(found map[string]attr.Value) {
	values := make(map[string]attr.Value)
	if m.Outputs.IsUnknown() {
		values = found
	}
	for key, planned := range m.Outputs.Elements() {
		switch {
		case !planned.IsUnknown():
			values[key] = planned
		case found[key] != nil:
			values[key] = found[key]
		default:
			values[key] = types.MapNull(types.StringType)
		}
	}
	m.Outputs = types.MapValueMust(entryType(), values)
}

func refs(groups []handle.Group) []hosting.GroupRef {
	refs := make([]hosting.GroupRef, 0, len(groups))
	for _, group := range groups {
		refs = append(refs, group.Ref())
	}
	return refs
}
