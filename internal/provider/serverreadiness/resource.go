// Package serverreadiness is the resource muster_server_readiness, which waits
// until servers are really up.
package serverreadiness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const noun = "Server Readiness"

var (
	_ resource.ResourceWithConfigure   = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan  = (*Resource)(nil)
	_ resource.ResourceWithImportState = (*Resource)(nil)
)

// Resource implements muster_server_readiness.
type Resource struct{ manager *manager.Manager }

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_readiness"
}

// Configure takes the manager from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.manager = m
}

// ModifyPlan plans the outputs by member.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	p := planner{scope: handle.ScopeOf(r.manager)}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	if !req.State.Raw.IsNull() {
		p.state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	plan, diagnostics := p.compute(ctx)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// Create waits. A failure stores nothing: the resource would be tainted, and what
// hangs on it replaced.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Await", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diagnostics := plan.Timeouts.Create(ctx, defaultTimeout)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(r.await(ctx, &plan, timeout)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read brings the outputs up to date; it doesn't wait.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	groups, _, diagnostics := state.groups(ctx)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() || r.manager == nil {
		return
	}
	outputs, err := r.manager.Collect(ctx, refs(groups))
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return
	}
	resp.Diagnostics.Append(checkEncoding(groups, outputs)...)
	values := state.Outputs.Elements()
	maps.Copy(values, entries(groups, outputs))
	state.Outputs = types.MapValueMust(entryType(), values)
	state.learnScope(r.manager)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update waits again.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Await", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diagnostics := plan.Timeouts.Update(ctx, defaultTimeout)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(r.await(ctx, &plan, timeout)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Delete has nothing to undo.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// await waits for what is planned and fills in the outputs.
func (r *Resource) await(ctx context.Context, plan *model, timeout time.Duration) diag.Diagnostics {
	groups, _, diagnostics := plan.groups(ctx)
	diagnostics.Append(plan.checkElements()...)
	spec, faults := plan.toSpec(ctx)
	diagnostics.Append(faults...)
	if diagnostics.HasError() {
		return diagnostics
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	outputs, err := r.manager.Await(ctx, spec)
	if err != nil {
		diagnostics.Append(explain(err, timeout))
		return diagnostics
	}
	diagnostics.Append(checkEncoding(groups, outputs)...)
	plan.fill(entries(groups, outputs))
	return diagnostics
}

const (
	adviceFailed  = "Correct the script and apply again: the failed servers are replaced first, together, and then the others one at a time."
	adviceOverdue = "Deliver the parameter with a muster_parameter_injection whose wire is listed in after, or give it a longer timeout, and apply again: the failed servers are replaced first, together."
	adviceLate    = "Where a server waits for a parameter, deliver it with a muster_parameter_injection whose wire is listed in after. " +
		"One that isn't listed there may not have run yet, because Terraform runs only as many operations at once as -parallelism says (default 10). " +
		"Where a boot script is still running, it hangs or needs longer: the server's log tells, and timeouts.create and timeouts.update give it more time. " +
		"The servers keep running; apply again to go on waiting."
	adviceEnded = "Apply again: servers that have ended are launched anew."
)

// endings reports whether a script of a member has failed, and whether a member
// has ended, among the errors that err joins.
func endings(err error) (failed, ended bool) {
	for _, cause := range causes(err) {
		if member, ok := errors.AsType[*manager.MemberError](cause); ok {
			failed, ended = failed || !member.Ended, ended || member.Ended
		}
	}
	return failed, ended
}

func causes(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// adviceOnFailure says what to do about the failed members among the errors that err
// joins: about their scripts, about parameters that came too late, or about both.
func adviceOnFailure(err error) string {
	var script, overdue bool
	for _, cause := range causes(err) {
		if member, ok := errors.AsType[*manager.MemberError](cause); ok && !member.Ended {
			late := boot.IsOverdue(member.Failure)
			script, overdue = script || !late, overdue || late
		}
	}
	switch {
	case script && overdue:
		return adviceOverdue + " " + adviceFailed
	case overdue:
		return adviceOverdue
	}
	return adviceFailed
}

// explain turns the end of a wait into an error that says what to do.
func explain(err error, timeout time.Duration) diag.Diagnostic {
	var pending *manager.PendingError
	failed, ended := endings(err)
	switch {
	case failed && ended:
		return diag.NewErrorDiagnostic("Servers Failed to Boot", err.Error()+"\n\n"+adviceOnFailure(err)+" "+adviceEnded)
	case failed:
		return diag.NewErrorDiagnostic("Servers Failed to Boot", err.Error()+"\n\n"+adviceOnFailure(err))
	case ended:
		return diag.NewErrorDiagnostic("Servers Have Ended", err.Error()+"\n\n"+adviceEnded)
	case errors.As(err, &pending) && errors.Is(err, context.DeadlineExceeded):
		return diag.NewErrorDiagnostic(fmt.Sprintf("Servers Not Ready Within %s", timeout),
			tfdiag.Sentence(err.Error())+"\n\n"+adviceLate)
	case errors.As(err, &pending):
		return diag.NewErrorDiagnostic("Interrupted While Waiting for Servers", tfdiag.Sentence(err.Error())+"\n\nThe servers keep running; apply again to go on waiting.")
	}
	return tfdiag.Unable("Await", noun, err)
}
