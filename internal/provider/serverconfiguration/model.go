package serverconfiguration

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type model struct {
	Name                types.String `tfsdk:"name"`
	Image               types.String `tfsdk:"image"`
	BootScript          types.String `tfsdk:"boot_script"`
	UpdateScript        types.String `tfsdk:"update_script"`
	UpdateScriptTimeout types.String `tfsdk:"update_script_timeout"`
	DecommissionScript  types.String `tfsdk:"decommission_script"`
	Parameters          types.Map    `tfsdk:"parameters"`
	Outputs             types.Map    `tfsdk:"outputs"`
	EC2                 types.Object `tfsdk:"ec2"`
	ID                  types.String `tfsdk:"id"`
	Handle              types.Object `tfsdk:"handle"`
}

type parameterModel struct {
	Description types.String `tfsdk:"description"`
	Type        types.String `tfsdk:"type"`
	Pattern     types.String `tfsdk:"pattern"`
	Default     types.String `tfsdk:"default"`
	Deferred    types.Bool   `tfsdk:"deferred"`
	RequiredFor types.String `tfsdk:"required_for"`
	Sensitive   types.Bool   `tfsdk:"sensitive"`
	OnChange    types.String `tfsdk:"on_change"`
	Timeout     types.String `tfsdk:"timeout"`
	OnTimeout   types.String `tfsdk:"on_timeout"`
	Placeholder types.String `tfsdk:"placeholder"`
}

type outputModel struct {
	Description types.String `tfsdk:"description"`
	Type        types.String `tfsdk:"type"`
	Pattern     types.String `tfsdk:"pattern"`
	Sensitive   types.Bool   `tfsdk:"sensitive"`
}

// imported reports whether the state comes from an import and holds no more than
// the name and the ID.
func (m *model) imported() bool { return m.BootScript.IsNull() }

// whollyKnown reports whether everything that the content depends on is known.
func (m *model) whollyKnown(ctx context.Context) bool {
	return tfvalue.Known(ctx, m.Name, m.Image, m.BootScript, m.UpdateScript, m.UpdateScriptTimeout, m.DecommissionScript, m.Parameters, m.Outputs, m.EC2)
}

// check reports the faults of all that is known.
func (m *model) check(ctx context.Context) diag.Diagnostics {
	if !m.whollyKnown(ctx) {
		return nil
	}
	configuration, diagnostics := m.toConfiguration(ctx)
	if err := boot.CheckResourceName(configuration.Name); err != nil {
		diagnostics.AddAttributeError(path.Root("name"), "Invalid "+noun, tfdiag.Sentence(err.Error()))
	}
	diagnostics.Append(toDiagnostics(configuration.Check(hosting.FactNames()))...)
	return diagnostics
}

// toDiagnostics points to the argument, or to the element of a map: Terraform finds
// no line for anything deeper, so the text names that.
func toDiagnostics(faults []boot.FieldFault) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, fault := range faults {
		at, text := path.Root(fault.Path[0]), tfdiag.Sentence(fault.Message)
		switch {
		case len(fault.Path) == 1:
		case fault.Path[0] == "ec2":
			at = at.AtName(fault.Path[1])
		default:
			at = at.AtMapKey(fault.Path[1])
		}
		if len(fault.Path) != 2 {
			text = strings.TrimSuffix(strings.Join(fault.Path, ".")+": "+fault.Message, ".") + "."
		}
		diagnostics.AddAttributeError(at, "Invalid "+noun, text)
	}
	return diagnostics
}

// derive computes the ID and the handle. Both are unknown where an argument is:
// an ID never survives an argument that may have changed.
func (m *model) derive(ctx context.Context) diag.Diagnostics {
	if m.whollyKnown(ctx) {
		configuration, diagnostics := m.toConfiguration(ctx)
		m.ID = types.StringValue(configuration.ID())
		m.Handle = handle.FromConfiguration(configuration)
		return diagnostics
	}
	m.ID = types.StringUnknown()
	parameters, outputs := types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
	var diagnostics diag.Diagnostics
	if tfvalue.Known(ctx, m.Parameters) {
		declared, faults := toParameters(ctx, m.Parameters)
		parameters = handle.FromParameters(declared)
		diagnostics.Append(faults...)
	}
	if tfvalue.Known(ctx, m.Outputs) {
		declared, faults := toOutputs(ctx, m.Outputs)
		outputs = handle.FromOutputs(declared)
		diagnostics.Append(faults...)
	}
	m.Handle = handle.UnknownConfiguration(m.Name, parameters, outputs)
	return diagnostics
}

// toConfiguration returns the content. The caller guarantees that the model is
// wholly known. The descriptions are no part of it: a better wording must not
// replace servers.
func (m *model) toConfiguration(ctx context.Context) (boot.Configuration, diag.Diagnostics) {
	parameters, diagnostics := toParameters(ctx, m.Parameters)
	outputs, faults := toOutputs(ctx, m.Outputs)
	diagnostics.Append(faults...)
	settings, faults := toEC2(ctx, m.EC2)
	diagnostics.Append(faults...)
	// A text that is no duration, or too short a one, is the validators' to refuse.
	timeout, err := tfvalue.Duration(m.UpdateScriptTimeout, 0)
	if err != nil || timeout < boot.MinUpdateScriptTimeout {
		timeout = 0
	}
	return boot.Configuration{
		Name:                m.Name.ValueString(),
		Image:               m.Image.ValueString(),
		BootScript:          m.BootScript.ValueString(),
		UpdateScript:        m.UpdateScript.ValueString(),
		UpdateScriptTimeout: timeout,
		DecommissionScript:  m.DecommissionScript.ValueString(),
		Parameters:          parameters,
		Outputs:             outputs,
		EC2:                 settings,
	}, diagnostics
}

func toParameters(ctx context.Context, value types.Map) (map[string]boot.Parameter, diag.Diagnostics) {
	// A null element is the validators' to refuse.
	var models map[string]*parameterModel
	diagnostics := value.ElementsAs(ctx, &models, false)
	parameters := make(map[string]boot.Parameter, len(models))
	for name, parameter := range models {
		if parameter != nil {
			parameters[name] = parameter.toParameter()
		}
	}
	return parameters, diagnostics
}

func toOutputs(ctx context.Context, value types.Map) (map[string]boot.Output, diag.Diagnostics) {
	var models map[string]*outputModel
	diagnostics := value.ElementsAs(ctx, &models, false)
	outputs := make(map[string]boot.Output, len(models))
	for name, output := range models {
		if output != nil {
			outputs[name] = output.toOutput()
		}
	}
	return outputs, diagnostics
}

// toParameter fills in the defaults itself: at validation, where they are not in
// the values yet, the content must be the same as later.
func (p parameterModel) toParameter() boot.Parameter {
	parameter := boot.Parameter{
		Type:        boot.Type(tfvalue.StringOr(p.Type, string(boot.TypeString))),
		Pattern:     p.Pattern.ValueString(),
		Default:     p.Default.ValueStringPointer(),
		Deferred:    p.Deferred.ValueBool(),
		RequiredFor: boot.Requirement(tfvalue.StringOr(p.RequiredFor, string(boot.RequiredForBoot))),
		Sensitive:   p.Sensitive.ValueBool(),
		OnChange:    boot.Effect(p.OnChange.ValueString()),
	}
	p.setTimeout(&parameter)
	return parameter
}

// setTimeout fills in the timeout and what belongs to it. A text that is no duration, or
// too short a one, is the validators' to refuse; nothing more is said then.
func (p parameterModel) setTimeout(parameter *boot.Parameter) {
	timeout, err := tfvalue.Duration(p.Timeout, 0)
	if err != nil || !p.Timeout.IsNull() && timeout < boot.MinParameterTimeout {
		return
	}
	parameter.Timeout = timeout
	parameter.OnTimeout = boot.OnTimeout(p.OnTimeout.ValueString())
	parameter.Placeholder = p.Placeholder.ValueStringPointer()
	if timeout != 0 && p.OnTimeout.IsNull() {
		parameter.OnTimeout = boot.OnTimeoutFail
	}
}

func (o outputModel) toOutput() boot.Output {
	return boot.Output{
		Type:      boot.Type(tfvalue.StringOr(o.Type, string(boot.TypeString))),
		Pattern:   o.Pattern.ValueString(),
		Sensitive: o.Sensitive.ValueBool(),
	}
}
