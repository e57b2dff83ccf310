// Package parameterinjection is the resource muster_parameter_injection, a
// standing wire into a deferred parameter of a server group.
package parameterinjection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const noun = "Parameter Injection"

var (
	_ resource.ResourceWithConfigure        = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan       = (*Resource)(nil)
	_ resource.ResourceWithConfigValidators = (*Resource)(nil)
	_ resource.ResourceWithImportState      = (*Resource)(nil)
)

// Resource implements muster_parameter_injection.
type Resource struct{ manager *manager.Manager }

// New returns the resource.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource type.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_parameter_injection"
}

// Configure takes the manager from the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	m, diagnostics := tfvalue.ProviderData[*manager.Manager](req.ProviderData)
	resp.Diagnostics.Append(diagnostics...)
	r.manager = m
}

// ModifyPlan checks the wire against the declarations that the handles carry, and
// plans whether it delivers.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	p := planner{scope: handle.ScopeOf(r.manager)}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &p.plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("value_wo"), &p.secret)...)
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
	plan, diagnostics := p.compute(ctx)
	resp.Diagnostics.Append(diagnostics...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// Create records the wire and delivers what exists already.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Create", noun)
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.connect(ctx, &plan, nil, req.Config, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

// Read looks whether the wire is as the state has it and whether there is
// something to deliver. It never changes the wire's delivery: every second plan
// would differ.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.manager == nil {
		return
	}
	spec, diagnostics := state.toSpec(ctx)
	resp.Diagnostics.Append(diagnostics...)
	found, err := r.manager.LookAtWire(ctx, state.ID.ValueString(), spec)
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return
	}
	resp.Diagnostics.Append(r.learnScope(ctx, state, found.Exists, &resp.State)...)
	seen := sighting{
		Gone: !found.Exists, Pending: found.Pending,
		Held: found.Held, Revision: found.Revision, Applied: found.Applied,
	}
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, seen)...)
}

// Update rewires in place and delivers.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Update", noun)
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.connect(ctx, &plan, &state, req.Config, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, sighting{})...)
}

// Delete forgets the wire; running members keep what they have.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Delete", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	spec, diagnostics := state.toSpec(ctx)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := r.manager.Disconnect(ctx, state.ID.ValueString(), spec.Into); err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Delete", noun, err))
	}
}

// connect records the planned wire and puts its identity into the plan; state is
// nil on creation. It reports whether that has succeeded.
func (r *Resource) connect(ctx context.Context, plan, state *model, config tfsdk.Config, diagnostics *diag.Diagnostics) bool {
	spec, faults := plan.toSpec(ctx)
	diagnostics.Append(faults...)
	spec.Value = plan.Value.ValueStringPointer()
	if !plan.ValueWOVersion.IsNull() {
		// A write-only value is in the configuration only.
		var secret types.String
		diagnostics.Append(config.GetAttribute(ctx, path.Root("value_wo"), &secret)...)
		spec.Value = secret.ValueStringPointer()
	}
	verb := "Create"
	if state != nil {
		verb = "Update"
		before, faults := state.toSpec(ctx)
		diagnostics.Append(faults...)
		spec.Former = formerTarget(before, spec)
		spec.KeepStored = before.Into == spec.Into && before.Parameter == spec.Parameter &&
			!plan.ValueWOVersion.IsNull() && plan.ValueWOVersion.Equal(state.ValueWOVersion)
	}
	if diagnostics.HasError() {
		return false
	}
	connection, err := r.manager.Connect(ctx, plan.ID.ValueString(), spec)
	if err != nil {
		diagnostics.Append(tfdiag.Unable(verb, noun, explain(err)))
		return false
	}
	if connection.Holds != "" {
		diagnostics.AddAttributeWarning(path.Root(fromName), "Nothing to Deliver",
			tfdiag.Sentence(connection.Holds)+" What was delivered before stays in force; the value is delivered as soon as there is one.")
	}
	if len(connection.Outdated) > 0 {
		diagnostics.AddAttributeWarning(path.Root(intoName), "Members Keep the Former Value",
			fmt.Sprintf("A change of parameter %q replaces servers. The next apply replaces %s, one at a time; until then they keep the value that they have.",
				spec.Parameter, strings.Join(connection.Outdated, ", ")))
	}
	plan.ID = types.StringValue(connection.WireID)
	plan.Wire = withDelivery(ctx, plan.Wire)
	plan.settleEffects(ctx, state)
	return true
}

// explain adds to an error what the user can do in Terraform.
func explain(err error) error {
	if owned, ok := errors.AsType[*manager.WireOwnedError](err); ok {
		return fmt.Errorf("%w; if Terraform has forgotten it, import it: terraform import ADDRESS %s.%s", err, owned.Into, owned.Parameter)
	}
	return err
}

func formerTarget(before, after manager.WireSpec) string {
	if before.Into == after.Into {
		return ""
	}
	return before.Into
}

// withDelivery gives a delivery that was planned unknown a value of its own.
func withDelivery(ctx context.Context, planned types.Object) types.Object {
	wire, ok, _ := handle.ParseWire(ctx, planned)
	if !ok || !wire.Delivery.IsUnknown() {
		return planned
	}
	wire.Delivery = types.StringValue(rand.Text())
	return wire.Object()
}
