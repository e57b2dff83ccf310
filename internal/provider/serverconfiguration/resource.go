// Package serverconfiguration is the resource muster_server_configuration: image,
// boot script, and declared parameters and outputs of servers of one kind.
package serverconfiguration

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const noun = "Server Configuration"

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
)

// Resource implements muster_server_configuration.
type Resource struct{ manager *manager.Manager }

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_configuration"
}

// Configure takes the manager from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.manager = m
}

// ValidateConfig checks all that is known.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(config.check(ctx)...)
}

// ModifyPlan computes the ID and the handle from the arguments.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(plan.derive(ctx)...)
	if r.manager != nil && plan.whollyKnown(ctx) {
		configuration, _ := plan.toConfiguration(ctx)
		resp.Diagnostics.Append(toDiagnostics(r.manager.CheckConfiguration(configuration))...)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// Create stores the content on the hosting service.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Create", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.store(ctx, plan, "Create")...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read looks whether the content is still stored. After an import it takes the
// arguments from there.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.manager == nil {
		return
	}
	content, err := r.manager.ReadConfiguration(ctx, state.ID.ValueString())
	if errors.Is(err, hosting.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return
	}
	if state.imported() {
		resp.Diagnostics.Append(state.adopt(ctx, content)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// Update stores the new content. The old one stays until the configuration is
// destroyed: groups that have not been changed yet still launch from it.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Update", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.store(ctx, plan, "Update")...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Delete removes every content stored under the configuration's name.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Delete", noun)
	var state model
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("name"), &state.Name)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.manager.DeleteConfigurations(ctx, state.Name.ValueString()); err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Delete", noun, err))
	}
}

func (r *Resource) store(ctx context.Context, plan model, verb string) diag.Diagnostics {
	configuration, diagnostics := plan.toConfiguration(ctx)
	if diagnostics.HasError() {
		return diagnostics
	}
	if err := r.manager.PutConfiguration(ctx, configuration); err != nil {
		diagnostics.Append(tfdiag.Unable(verb, noun, err))
	}
	return diagnostics
}
