package parameterinjection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// ImportState takes "GROUP.PARAMETER": a parameter has one injection.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	group, parameter, ok := strings.Cut(req.ID, ".")
	if !ok || group == "" || parameter == "" {
		resp.Diagnostics.AddError("Invalid Import ID",
			fmt.Sprintf("The import ID is GROUP.PARAMETER, for example web.db_host, and not %q.", req.ID))
		return
	}
	if r.manager == nil {
		resp.Diagnostics.Append(tfdiag.TooEarly(noun))
		return
	}
	found, err := r.manager.FindWire(ctx, group, parameter)
	if errors.Is(err, hosting.ErrNotFound) {
		resp.Diagnostics.AddError("Injection Not Found",
			fmt.Sprintf("At %s there is no server group %q, or no injection delivers its parameter %q.", r.manager.Location(), group, parameter))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Import", noun, err))
		return
	}
	imported, err := fromWire(ctx, found)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Import", noun, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, imported)...)
}

// fromWire returns the arguments that have led to the wire. What is the default is
// left out, as most configurations do. A secret is never among them: it counts as
// the one of whatever value_wo_version the configuration has.
func fromWire(ctx context.Context, found manager.FoundWire) (model, error) {
	recorded := found.Wire
	m := model{ID: types.StringValue(recorded.ID), From: types.ListNull(endType(outputName)), Effects: noEffects()}
	target, err := fromEnd(found, recorded.Into, parameterName, recorded.Parameter)
	if err != nil {
		return model{}, err
	}
	m.Into = target
	if len(recorded.From) == 0 && found.Value != nil && !found.Value.Sensitive {
		m.Value = types.StringValue(found.Value.Text)
	}
	m.Order = unlessDefault(string(recorded.Order), string(hosting.OrderParallel))
	var sources []attr.Value
	for _, from := range recorded.From {
		source, err := fromEnd(found, from.Group, outputName, from.Output)
		if err != nil {
			return model{}, err
		}
		sources = append(sources, source)
	}
	if len(sources) > 0 {
		m.From = types.ListValueMust(endType(outputName), sources)
		m.Select = unlessDefault(string(recorded.Select), string(hosting.SelectFirst))
		m.Separator = unlessDefault(recorded.Separator, defaultSeparator)
		m.OnViolation = unlessDefault(string(recorded.OnViolation), string(hosting.ViolationHolds))
		if recorded.MinSources > 0 {
			m.MinSources = types.Int64Value(int64(recorded.MinSources))
		}
	}
	into, from, _, diagnostics := m.ends(ctx)
	if diagnostics.HasError() {
		return model{}, fmt.Errorf("reading the handles of wire %s: %s", recorded.ID, diagnostics[0].Detail())
	}
	m.Wire = wire(into, from, true, types.StringValue(rand.Text()))
	return m, nil
}

func fromEnd(found manager.FoundWire, group, name, text string) (types.Object, error) {
	look, exists := found.Ends[group]
	if !exists {
		return types.Object{}, fmt.Errorf("server group %q, which the injection names, doesn't exist any more: create the injection anew in place of importing it", group)
	}
	return types.ObjectValueMust(endType(name).AttrTypes, map[string]attr.Value{
		groupName: handle.FromObservation(look).Object(),
		name:      types.StringValue(text),
	}), nil
}

// endType is the type of one end of a wire; name is the attribute beside "group".
func endType(name string) types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		groupName: types.ObjectType{AttrTypes: handle.GroupTypes()},
		name:      types.StringType,
	}}
}

// unlessDefault is null where the text is the default.
func unlessDefault(text, byDefault string) types.String {
	if text == byDefault {
		return types.StringNull()
	}
	return types.StringValue(text)
}
