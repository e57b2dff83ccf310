// Package serveroutput is the ephemeral resource muster_server_output, which reads an output
// of a server for whoever needs it without Terraform storing it.
package serveroutput

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const noun = "Server Output"

// Names of the arguments that errors point to.
const (
	groupName  = "group"
	memberName = "member"
	outputName = "output"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*EphemeralResource)(nil)

// EphemeralResource implements muster_server_output.
type EphemeralResource struct{ manager *manager.Manager }

// New returns the ephemeral resource.
func New() ephemeral.EphemeralResource { return &EphemeralResource{} }

type model struct {
	Group  types.Object `tfsdk:"group"`
	Output types.String `tfsdk:"output"`
	Member types.String `tfsdk:"member"`
	After  types.List   `tfsdk:"after"`
	Value  types.String `tfsdk:"value"`
}

// Metadata names the type.
func (e *EphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_output"
}

// Configure takes the manager from the provider.
func (e *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	e.manager = m
}

// Open reads the output. Terraform calls it in plan and in apply, but not while an argument
// is unknown.
func (e *EphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if e.manager == nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, errors.New("the provider's configuration is not known yet: apply what it depends on first")))
		return
	}
	group, diagnostics := config.check(ctx, handle.ScopeOf(e.manager))
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := e.manager.PublishedOutput(ctx, group.Ref(), config.Member.ValueString(), config.Output.ValueString())
	if err == nil && !utf8.ValidString(found.Value) {
		err = errNotText
	}
	if err != nil {
		resp.Diagnostics.Append(explain(err, group))
		return
	}
	config.Member, config.Value = types.StringValue(found.Member), types.StringValue(found.Value)
	resp.Diagnostics.Append(resp.Result.Set(ctx, config)...)
}

// check holds the arguments against the declarations that the group's handle carries, and
// returns the group.
func (m model) check(ctx context.Context, scope types.String) (handle.Group, diag.Diagnostics) {
	group, ok, diagnostics := handle.ParseGroup(ctx, m.Group)
	switch {
	case diagnostics.HasError():
	case !ok:
		diagnostics.AddAttributeError(path.Root(groupName), "Missing Value", "Group is null and should be the handle of a muster_server_group.")
	case group.Elsewhere(scope):
		diagnostics.Append(tfdiag.Elsewhere(path.Root(groupName), group.Place(), "this ephemeral resource to "+scope.ValueString(),
			"Use the same provider for both (the provider argument)."))
	default:
		if _, _, err := handle.LookupOutput(group.Outputs, group.Label(), m.Output.ValueString()); err != nil {
			diagnostics.AddAttributeError(path.Root(outputName), "Undeclared Output", tfdiag.Sentence(err.Error()))
		}
	}
	return group, diagnostics
}

var errNotText = errors.New("the value is not UTF-8, and Terraform's strings are; to have it here, publish it in base64")

const (
	adviceAfter = "List the readiness that waits for it, so that Terraform reads the output when the servers are up:\n\n" +
		"  after = [muster_server_readiness.NAME.outputs]"
	adviceScript = "Its scripts have ended without publishing it. Publish it in one of them with muster output set %s."
)

// explain turns what has kept the output from being read into an error that says what to do.
func explain(err error, group handle.Group) diag.Diagnostic {
	if missing, ok := errors.AsType[*manager.MissingOutputError](err); ok {
		return explainMissing(missing)
	}
	if member, ok := errors.AsType[*manager.MemberError](err); ok {
		return explainMember(member)
	}
	if _, ok := errors.AsType[*manager.UnknownMemberError](err); ok {
		return diag.NewAttributeErrorDiagnostic(path.Root(memberName), "Unknown Member", tfdiag.Sentence(err.Error()))
	}
	switch {
	case errors.Is(err, hosting.ErrNotFound):
		return diag.NewAttributeErrorDiagnostic(path.Root(groupName), "Server Group Not Found",
			fmt.Sprintf("There is no %s any more, or it is another one of that name. Plan again with a refresh: it is then created anew.", group.Label()))
	case errors.Is(err, errNotText):
		return diag.NewAttributeErrorDiagnostic(path.Root(outputName), "Output Is Not Text", tfdiag.Sentence(err.Error()))
	}
	return tfdiag.Unable("Read", noun, err)
}

// explainMissing says what to do where a member has no such output.
func explainMissing(missing *manager.MissingOutputError) diag.Diagnostic {
	summary, next := "Output Not Published Yet", adviceAfter
	switch {
	case missing.Fact:
		summary, next = "Server Without This Fact", "Not every server has it on its hosting service."
	case missing.Report.Status == boot.StatusReady:
		summary, next = "Output Not Published", fmt.Sprintf(adviceScript, missing.Output)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(outputName), summary, missing.Error()+". "+next)
}

// explainMember says what to do where a member can't have published anything of use.
func explainMember(member *manager.MemberError) diag.Diagnostic {
	summary, next := "Server Failed", "Correct the script and apply again: the failed server is replaced."
	if member.Ended {
		summary, next = "Server Has Ended", "Apply again: servers that have ended are launched anew."
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(memberName), summary, member.Error()+"\n\n"+next)
}
