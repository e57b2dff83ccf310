// Package servergroup is the resource muster_server_group, the servers launched
// from one configuration, and the data source of the same name.
package servergroup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const (
	noun = "Server Group"

	// maxServers bounds a group: above it, one resource with a map of members
	// makes plans slow.
	maxServers = 2000
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
)

// Resource implements muster_server_group.
type Resource struct{ manager *manager.Manager }

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_group"
}

// Configure takes the manager from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.manager = m
}

// ValidateConfig checks the name; the parameters are checked at plan, when the
// configuration's declarations are known.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if name.IsNull() || name.IsUnknown() {
		return
	}
	if err := boot.CheckResourceName(name.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Invalid Server Group Name", tfdiag.Sentence(err.Error()))
	}
}

// ModifyPlan plans the members by name.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var p planner
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &p.name)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("parameters_wo"), &p.secrets)...)
	if !req.State.Raw.IsNull() {
		p.state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, p.state)...)
		seen, diagnostics := tfvalue.LoadPrivate[sighting](ctx, req.Private, sightingKey)
		p.seen = seen
		resp.Diagnostics.Append(diagnostics...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	configuration, ok, diagnostics := handle.ParseConfiguration(ctx, p.plan.ServerConfiguration)
	resp.Diagnostics.Append(diagnostics...)
	if !ok {
		configuration = handle.Configuration{
			ID: types.StringUnknown(), Name: types.StringUnknown(),
			Parameters: types.MapUnknown(types.StringType), Outputs: types.MapUnknown(types.StringType),
		}
	}
	p.configuration = configuration
	p.scope = handle.ScopeOf(r.manager)
	plan, diagnostics := p.compute(ctx)
	resp.Diagnostics.Append(diagnostics...)
	if p.state != nil && !plan.Name.Equal(p.state.Name) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("name"))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// Create launches the members. As soon as one of them runs, what went wrong with
// the others is a warning: an error would make Terraform replace them all.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Create", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	timeout, diagnostics := plan.Timeouts.Create(ctx, defaultCreateTimeout)
	resp.Diagnostics.Append(diagnostics...)
	spec, err := plan.toSpec(ctx)
	resp.Diagnostics.Append(addSecrets(ctx, req.Config, &spec)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Create", noun, err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	outcome, err := r.manager.CreateGroup(ctx, spec)
	resp.Diagnostics.Append(warnings(outcome.Warnings)...)
	if err != nil && len(outcome.Members) == 0 {
		resp.Diagnostics.Append(tfdiag.Unable("Create", noun, explainCreate(err)))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Warn("Create All Servers of", noun, err, shortfall(outcome.Observation, spec.Size)))
	}
	plan.Location = types.StringValue(r.manager.Location())
	plan.settle(ctx, outcome.Observation, nil)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Update changes the members. It returns what was planned for the survivors; after
// a failure, what is true of the members, and the arguments as they were, so that
// the next plan goes on.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Update", noun)
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diagnostics := plan.Timeouts.Update(ctx, defaultUpdateTimeout)
	resp.Diagnostics.Append(diagnostics...)
	ref, err := state.ref(ctx)
	spec, specErr := plan.toSpec(ctx)
	spec.KeepSecrets = plan.ParametersWOVersion.Equal(state.ParametersWOVersion)
	resp.Diagnostics.Append(addSecrets(ctx, req.Config, &spec)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := errors.Join(err, specErr); err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Update", noun, err))
		return
	}
	// What waits has a time limit of its own: the other work has all of this one.
	ctx, cancel := context.WithTimeout(ctx, timeout+drains*spec.DrainTimeout)
	defer cancel()
	planned := plan.Members.Elements()
	plan.Effects = handle.SettleEffects(plan.Effects, launchedWith)
	outcome, err := r.manager.ChangeGroup(ctx, ref, spec, survivors(planned, spec))
	resp.Diagnostics.Append(warnings(outcome.Warnings)...)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Update", noun, err))
		if outcome.Group.Name == "" {
			return
		}
		plan.ServerConfiguration, plan.Parameters, plan.DesiredServers = state.ServerConfiguration, state.Parameters, state.DesiredServers
		plan.Replacements, plan.RestartTriggers = state.Replacements, state.RestartTriggers
		plan.Effects, plan.ParametersWOVersion = state.Effects, state.ParametersWOVersion
		planned = nil
	}
	plan.settle(ctx, outcome.Observation, planned)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, look(outcome.Observation))...)
}

// Delete terminates the members and forgets the group.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Delete", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diagnostics := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(diagnostics...)
	drainTimeout, err := state.drainTimeout()
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Delete", noun, err))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout+drains*drainTimeout)
	defer cancel()
	if err := r.destroy(ctx, state, drainTimeout, &resp.Diagnostics); err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Delete", noun, err))
	}
}

func (r *Resource) destroy(ctx context.Context, state model, drainTimeout time.Duration, diagnostics *diag.Diagnostics) error {
	ref, err := state.ref(ctx)
	if err != nil {
		return err
	}
	if err := r.checkLocation(state); err != nil {
		return err
	}
	failed, err := r.manager.DestroyGroup(ctx, ref, drainTimeout)
	diagnostics.Append(warnings(failed)...)
	return err
}

// warnings says which servers did not leave as they should have.
func warnings(failed []error) diag.Diagnostics {
	if len(failed) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Unable to Decommission All Servers of "+noun,
		errors.Join(failed...).Error()+"\n\nThey were terminated all the same. Look after what their decommission scripts have left undone.")}
}

// explainCreate adds to an error of a creation what the user can do.
func explainCreate(err error) error {
	if exists, ok := errors.AsType[*manager.GroupExistsError](err); ok {
		return fmt.Errorf("%w. If no other state has it, import it: terraform import ADDRESS %s; otherwise give one of the two another name", err, exists.Name)
	}
	return err
}

func shortfall(observation manager.Observation, wanted int) string {
	return fmt.Sprintf("%d of %d servers of group %q run and are in the state; the next apply adds the rest. "+
		"A muster_server_readiness with min_ready says how many must be up for an apply to succeed.",
		len(observation.Members), wanted, observation.Group.Name)
}

// survivors returns the slots whose members the plan has left as they are.
func survivors(planned map[string]attr.Value, spec manager.GroupSpec) map[int]bool {
	keep := make(map[int]bool)
	for slot := range spec.Size {
		id := memberID(planned[hosting.MemberKey(spec.Name, slot)])
		keep[slot] = !id.IsUnknown() && !id.IsNull()
	}
	return keep
}
