package servergroup

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// addSecrets puts parameters_wo into the spec: a write-only value is in the configuration
// only.
func addSecrets(ctx context.Context, config tfsdk.Config, spec *manager.GroupSpec) diag.Diagnostics {
	var secrets types.Map
	diagnostics := config.GetAttribute(ctx, path.Root("parameters_wo"), &secrets)
	spec.Secrets = tfvalue.TextMap(secrets.Elements())
	return diagnostics
}

// checkSecrets holds parameters_wo against the declarations. Its messages quote no value.
func (p *planner) checkSecrets(owner string) diag.Diagnostics {
	var diagnostics diag.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(p.secrets.Elements())) {
		// Of a path that leads further down, Terraform would show the resource's first line.
		at := path.Root("parameters_wo")
		declared, known, err := handle.LookupParameter(p.configuration.Parameters, owner, name)
		text, _ := p.secrets.Elements()[name].(types.String)
		switch {
		case err != nil:
			diagnostics.AddAttributeError(at, "Undeclared Parameter", tfdiag.Sentence(err.Error()))
		case !known || text.IsNull():
		case !declared.Sensitive:
			diagnostics.AddAttributeError(at, "Parameter Is Not Sensitive",
				fmt.Sprintf("Parameter %q isn't sensitive. Set it in parameters, or declare it with sensitive = true.", name))
		case declared.Deferred:
			diagnostics.AddAttributeError(at, "Deferred Parameter",
				fmt.Sprintf("Parameter %q is deferred and takes its value from a muster_parameter_injection. Use one with value_wo, or declare the parameter without deferred.", name))
		case text.IsUnknown():
		default:
			if err := declared.Check(text.ValueString()); err != nil {
				diagnostics.AddAttributeError(at, "Invalid Parameter Value", fmt.Sprintf("Parameter %q: %s.", name, err))
			}
		}
	}
	return diagnostics
}

// missing says that a parameter has no value.
func (p *planner) missing(name, owner string) diag.Diagnostic {
	where := "parameters"
	if declared, known, err := handle.LookupParameter(p.configuration.Parameters, owner, name); known && err == nil && declared.Sensitive {
		where = "parameters_wo"
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("parameters"), "Missing Parameter",
		fmt.Sprintf("Parameter %q of the server configuration of %s has neither a value nor a default. "+
			"Set it here in %s; or declare it with deferred = true, and deliver it with a muster_parameter_injection.", name, owner, where))
}

// secretAdvice says how a sensitive parameter gets its value.
func secretAdvice(declared boot.Parameter) string {
	if declared.Deferred {
		return "Deliver it with a muster_parameter_injection that has value_wo."
	}
	return "Set it in parameters_wo."
}
