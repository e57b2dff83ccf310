package parameterinjection

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
)

// planner computes an injection's plan; like every planner it reads nothing but
// its fields.
type planner struct {
	plan model
	// secret is value_wo as it is configured: a plan never holds it.
	secret types.String
	// scope is the injection's own.
	scope types.String
	// state is nil on creation.
	state *model
	seen  sighting
}

// compute checks the wire against the declarations at both ends and plans it.
func (p *planner) compute(ctx context.Context) (model, diag.Diagnostics) {
	target, sources, sourcesKnown, diagnostics := p.plan.ends(ctx)
	if diagnostics.HasError() {
		return p.plan, diagnostics
	}
	diagnostics.Append(checkScope(p.scope, target, sources)...)
	diagnostics.Append(checkOwn(target, sources, p.plan.Select)...)
	diagnostics.Append(p.plan.checkMinSources(sources)...)
	parameter, known := checkTarget(target, &diagnostics)
	if known {
		diagnostics.Append(checkSources(sources, parameter, p.plan.Select)...)
		diagnostics.Append(checkValue(p.plan.Value, target, parameter)...)
		diagnostics.Append(checkText("value_wo", p.secret, target, parameter)...)
	}
	p.plan.Wire = wire(target, sources, sourcesKnown, p.delivery(ctx, target, sources, sourcesKnown))
	p.plan.Effects = p.effects(ctx, target, sources)
	if p.state == nil {
		p.plan.ID = types.StringUnknown()
	} else {
		p.plan.ID = p.state.ID
	}
	return p.plan, diagnostics
}

// delivery is unknown when the injection's own arguments change, whoever the
// groups' members are, or when there is something to deliver. Otherwise it stays:
// what hangs on it must not run again because of a scale-out.
func (p *planner) delivery(ctx context.Context, target end, sources []end, sourcesKnown bool) types.String {
	if p.state == nil || !sourcesKnown || p.seen.Pending || p.seen.Gone {
		return types.StringUnknown()
	}
	before, ok, _ := handle.ParseWire(ctx, p.state.Wire)
	if !ok || !p.sameArguments(ctx, target, sources) {
		return types.StringUnknown()
	}
	return before.Delivery
}

func (p *planner) sameArguments(ctx context.Context, target end, sources []end) bool {
	priorTarget, priorSources, _, _ := p.state.ends(ctx)
	return target.same(priorTarget) &&
		slices.EqualFunc(sources, priorSources, end.same) &&
		p.plan.Select.Equal(p.state.Select) &&
		p.plan.Separator.Equal(p.state.Separator) &&
		p.plan.MinSources.Equal(p.state.MinSources) &&
		p.plan.OnViolation.Equal(p.state.OnViolation) &&
		p.plan.Order.Equal(p.state.Order) &&
		p.plan.Value.Equal(p.state.Value) &&
		p.plan.ValueWOVersion.Equal(p.state.ValueWOVersion)
}

func (e end) same(other end) bool {
	return e.group.Same(other.group) && e.name.Equal(other.name) && !e.name.IsUnknown()
}

// checkTarget finds the parameter; known is false where its declaration isn't
// known yet or is at fault.
func checkTarget(target end, diagnostics *diag.Diagnostics) (parameter boot.Parameter, known bool) {
	if target.name.IsUnknown() {
		return parameter, false
	}
	// Of a path that leads further down, Terraform would show the resource's first line.
	at := path.Root(intoName)
	parameter, known, err := handle.LookupParameter(target.group.Parameters, target.group.Label(), target.name.ValueString())
	if err != nil {
		diagnostics.AddAttributeError(at, "Undeclared Parameter", tfdiag.Sentence(err.Error()))
		return parameter, false
	}
	if known && !parameter.Deferred {
		diagnostics.AddAttributeError(at, "Parameter Is Not Deferred",
			target.parameter()+" gets its value at launch. Declare it with deferred = true, or set it in the group's parameters and remove this injection.")
		return parameter, false
	}
	return parameter, known
}

func checkSources(sources []end, parameter boot.Parameter, selected types.String) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for i, source := range sources {
		if source.name.IsUnknown() {
			continue
		}
		at := path.Root(fromName).AtListIndex(i)
		output, known, err := handle.LookupOutput(source.group.Outputs, source.group.Label(), source.name.ValueString())
		if err != nil {
			diagnostics.AddAttributeError(at, "Undeclared Output", tfdiag.Sentence(err.Error()))
			continue
		}
		if known {
			diagnostics.Append(checkFit(at, source, output, parameter, selected)...)
		}
	}
	return diagnostics
}

// checkOwn holds the ends of a wire that gives each member its own value against each other,
// as far as they are known.
func checkOwn(target end, sources []end, selected types.String) diag.Diagnostics {
	if selected.ValueString() != string(hosting.SelectOwn) || len(sources) == 0 {
		return nil
	}
	elsewhere := slices.ContainsFunc(sources, func(source end) bool {
		return !source.group.Name.IsUnknown() && !target.group.Name.IsUnknown() && !source.group.Name.Equal(target.group.Name)
	})
	if len(sources) == 1 && !elsewhere {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(fromName), "Not a Member's Own Value",
		"With select = \"own\", each member gets its own value: from has one element, whose group is that of into. "+
			"To give the members of one group the values of another, one to one, use select = \"each\".")}
}

// checkMinSources refuses sources with too few members, as far as they are known, where that
// isn't to hold the wire.
func (m *model) checkMinSources(sources []end) diag.Diagnostics {
	if m.OnViolation.ValueString() != violationFails || m.MinSources.IsUnknown() {
		return nil
	}
	have := 0
	for _, source := range sources {
		if source.group.Members.IsUnknown() {
			return nil
		}
		have += len(source.group.Members.Elements())
	}
	if int64(have) >= m.MinSources.ValueInt64() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(fromName), "Too Few Sources",
		fmt.Sprintf("The groups in from have %d servers and min_sources demands %d. Add servers, or lower min_sources; with on_violation = \"hold\", what was delivered before stays in force.",
			have, m.MinSources.ValueInt64()))}
}

func checkFit(at path.Path, source end, output boot.Output, parameter boot.Parameter, selected types.String) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	if output.Sensitive && !parameter.Sensitive {
		diagnostics.AddAttributeError(at, "Sensitive Output",
			fmt.Sprintf("Output %q of %s is sensitive and the parameter isn't. Declare the parameter with sensitive = true.", source.name.ValueString(), source.group.Label()))
	}
	kind := output.Type
	if selected.ValueString() == string(hosting.SelectAll) {
		kind = boot.TypeString
	}
	if !parameter.Type.Accepts(kind) {
		diagnostics.AddAttributeError(at, "Wrong Type",
			fmt.Sprintf("Output %q of %s is a %s and the parameter takes a %s. Give both the same type, or make the parameter a string.",
				source.name.ValueString(), source.group.Label(), kind, parameter.Type))
		return diagnostics
	}
	return append(diagnostics, checkPattern(at, source, output, parameter, selected)...)
}

func checkValue(value types.String, target end, parameter boot.Parameter) diag.Diagnostics {
	if value.IsNull() || !parameter.Sensitive {
		return checkText("value", value, target, parameter)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("value"), "Sensitive Parameter",
		fmt.Sprintf("%s is sensitive, and Terraform would store this value in its state. Use value_wo with value_wo_version.", target.parameter()))}
}

// checkText holds a value that is known against the parameter's declaration.
func checkText(attribute string, value types.String, target end, parameter boot.Parameter) diag.Diagnostics {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	err := parameter.Check(value.ValueString())
	if err == nil {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), "Invalid Parameter Value",
		fmt.Sprintf("%s: %s.", target.parameter(), err))}
}

// parameter names the end of a wire that is a parameter, at the start of a sentence.
func (e end) parameter() string {
	return fmt.Sprintf("Parameter %q of %s", e.name.ValueString(), e.group.Label())
}
