package serverconfiguration

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// ImportState takes "name@hash", which is the id of a configuration, or "name", which
// means the content that a group launches from or, without a group, the newest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	name := boot.ConfigurationName(req.ID)
	if err := boot.CheckResourceName(name); err != nil {
		resp.Diagnostics.AddError("Invalid Import ID",
			"The import ID is the name of a server configuration or, where an earlier content of it is meant, its id, NAME@HASH. "+tfdiag.Sentence(err.Error()))
		return
	}
	if r.manager == nil {
		resp.Diagnostics.Append(tfdiag.TooEarly(noun))
		return
	}
	id := req.ID
	if !strings.Contains(id, "@") {
		newest, err := r.manager.CurrentConfiguration(ctx, name)
		if err != nil {
			resp.Diagnostics.Append(tfdiag.Unable("Import", noun, err))
			return
		}
		id = newest
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// adopt fills in the arguments from the content.
func (m *model) adopt(ctx context.Context, content boot.Configuration) diag.Diagnostics {
	if content.ID() != m.ID.ValueString() {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Import "+noun,
			fmt.Sprintf("What is stored as %s is of another version of the provider: apply the configuration anew in place of importing it.", m.ID.ValueString()))}
	}
	m.Name = types.StringValue(content.Name)
	m.Image = types.StringValue(content.Image)
	m.BootScript = types.StringValue(content.BootScript)
	m.UpdateScript = optional(content.UpdateScript)
	m.DecommissionScript = optional(content.DecommissionScript)
	m.UpdateScriptTimeout = types.StringNull()
	if content.UpdateScriptTimeout > 0 {
		m.UpdateScriptTimeout = types.StringValue(shortDuration(content.UpdateScriptTimeout))
	}
	m.Handle = handle.FromConfiguration(content)
	parameters, outputs := make(map[string]parameterModel), make(map[string]outputModel)
	for name, parameter := range content.Parameters {
		parameters[name] = fromParameter(parameter)
	}
	for name, output := range content.Outputs {
		outputs[name] = fromOutput(output)
	}
	var diagnostics diag.Diagnostics
	m.Parameters = toMap(ctx, parametersAttribute().NestedObject.Type(), parameters, &diagnostics)
	m.Outputs = toMap(ctx, outputsAttribute().NestedObject.Type(), outputs, &diagnostics)
	settings, faults := fromEC2(ctx, content.EC2)
	m.EC2 = settings
	diagnostics.Append(faults...)
	return diagnostics
}

func fromParameter(parameter boot.Parameter) parameterModel {
	model := parameterModel{
		Type:        types.StringValue(string(parameter.Type)),
		Pattern:     optional(parameter.Pattern),
		Default:     types.StringPointerValue(parameter.Default),
		Deferred:    types.BoolValue(parameter.Deferred),
		RequiredFor: types.StringValue(string(parameter.RequiredFor)),
		Sensitive:   types.BoolValue(parameter.Sensitive),
		OnChange:    optional(string(parameter.OnChange)),
		Placeholder: types.StringPointerValue(parameter.Placeholder),
	}
	if parameter.Timeout > 0 {
		model.Timeout = types.StringValue(shortDuration(parameter.Timeout))
	}
	// To fail is the default, which most configurations leave out.
	if parameter.Proceeds() {
		model.OnTimeout = types.StringValue(string(parameter.OnTimeout))
	}
	return model
}

func fromOutput(output boot.Output) outputModel {
	return outputModel{
		Type:      types.StringValue(string(output.Type)),
		Pattern:   optional(output.Pattern),
		Sensitive: types.BoolValue(output.Sensitive),
	}
}

// shortDuration returns a duration of whole seconds as it is usually written: "90s" and
// "10m", not "1m30s" and "10m0s". The plan after an import then has nothing to correct.
func shortDuration(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func optional(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// toMap returns null where there is nothing, as in a configuration without the
// argument.
func toMap[V any](ctx context.Context, element attr.Type, values map[string]V, diagnostics *diag.Diagnostics) types.Map {
	if len(values) == 0 {
		return types.MapNull(element)
	}
	converted, faults := types.MapValueFrom(ctx, element, values)
	diagnostics.Append(faults...)
	return converted
}
