// Package scalingpolicy is the resource muster_scaling_policy: it decides how many
// servers a group needs, and says why.
//
// A refresh gathers what the signals say and keeps it in the private state; a plan
// decides from that and from the configuration alone. So a saved plan stays valid
// while the signals move on.
package scalingpolicy

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const noun = "Scaling Policy"

// manages is what the resource needs of a [manager.Manager].
type manages interface {
	// Basis returns the group that the policy sizes.
	Basis(ctx context.Context, configuration, group string) (manager.Basis, error)
	// Sources returns the metric sources by name. It is nil where their names are
	// not known yet; a source that isn't known yet is nil.
	Sources() map[string]metric.Source
	Now() time.Time
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)

	_ manages = (*manager.Manager)(nil)
)

// Resource implements muster_scaling_policy.
type Resource struct{ manager manages }

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_scaling_policy"
}

// Configure takes the manager from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	m, ok := req.ProviderData.(manages)
	if !ok {
		resp.Diagnostics.Append(tfdiag.Unable("Configure", noun, fmt.Errorf("the provider hands out a %T", req.ProviderData)))
		return
	}
	r.manager = m
}

// ValidateConfig reports every fault of the arguments, as far as they are known.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(config.checkNames()...)
	_, diagnostics := config.compile(ctx)
	resp.Diagnostics.Append(diagnostics...)
}

// ModifyPlan decides. It reads neither clock nor network, because the plan is made
// again within apply and must come out the same.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var p planner
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("initial_servers"), &p.initial)...)
	// Without a state the private state may be that of a resource that is being
	// replaced, and is there in one of the two plans only.
	if !req.State.Raw.IsNull() {
		p.state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
		seen, diagnostics := tfvalue.LoadPrivate[sighting](ctx, req.Private, sightingKey)
		resp.Diagnostics.Append(diagnostics...)
		remembered, diagnostics := tfvalue.LoadPrivate[memory](ctx, req.Private, memoryKey)
		resp.Diagnostics.Append(diagnostics...)
		p.seen, p.memory = seen, remembered
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if r.manager != nil {
		resp.Diagnostics.Append(p.plan.checkSources(ctx, r.manager.Sources())...)
	}
	plan, diagnostics := p.compute(ctx)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// Create stores the plan. It touches no server, but refuses to be the reason why
// the update of a running group that follows terminates some.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Create", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	basis, err := r.manager.Basis(ctx, plan.ServerConfiguration.ValueString(), plan.ServerGroup.ValueString())
	if err == nil {
		err = refuseShrinking(basis, plan.DesiredServers.ValueInt64(), "set initial_servers to the size of the data source muster_server_group, or import the policy")
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Create", noun, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// refuseShrinking keeps a policy that comes to a group from terminating servers
// before it has ever looked at them. keep says how they are kept.
func refuseShrinking(basis manager.Basis, desired int64, keep string) error {
	if !basis.Exists || int64(basis.Intended) <= desired {
		return nil
	}
	return fmt.Errorf("server group %q is meant to have %d servers, and this policy starts with %d: that would terminate %d of them. "+
		"To keep them, %s; to have fewer, set the group's desired_servers to %d first",
		basis.Group, basis.Intended, desired, int64(basis.Intended)-desired, keep, desired)
}

// Update stores the plan, and remembers when it has changed the number of servers. The
// signals are looked at by the next refresh. A policy that is put on another group is
// refused like a new one.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Update", noun)
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.ServerConfiguration.Equal(state.ServerConfiguration) || !plan.ServerGroup.Equal(state.ServerGroup) {
		basis, err := r.manager.Basis(ctx, plan.ServerConfiguration.ValueString(), plan.ServerGroup.ValueString())
		if err == nil {
			err = refuseShrinking(basis, plan.DesiredServers.ValueInt64(), "raise min_servers to their number for this apply")
		}
		if err != nil {
			resp.Diagnostics.Append(tfdiag.Unable("Update", noun, err))
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if from, to := state.DesiredServers.ValueInt64(), plan.DesiredServers.ValueInt64(); from != to {
		remembered, diagnostics := tfvalue.LoadPrivate[memory](ctx, req.Private, memoryKey)
		resp.Diagnostics.Append(diagnostics...)
		remembered = remembered.with(change{At: r.manager.Now(), From: int(from), To: int(to)})
		resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, memoryKey, remembered)...)
	}
}

// Delete forgets the policy. The group keeps its size.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
