package servergroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfdiag"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// Read looks at the members. What it sees that calls for a replacement goes into
// the private state, for the plan; a member that is gone stays in the state until
// it is replaced.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer tfdiag.Recover(&resp.Diagnostics, "Read", noun)
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || r.manager == nil {
		return
	}
	observation, err := r.observe(ctx, state)
	if errors.Is(err, hosting.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if missing, ok := errors.AsType[*manager.ConfigurationMissingError](err); ok && !state.Handle.IsNull() {
		// The configuration's own refresh plans to store it again. An error here would
		// keep that from being applied.
		resp.Diagnostics.Append(tfdiag.Warn("Read", noun, missing, "The group is taken to be as it was."))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(tfdiag.Unable("Read", noun, err))
		return
	}
	state.refresh(ctx, observation)
	state.Location = types.StringValue(r.manager.Location())
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	resp.Diagnostics.Append(tfvalue.SavePrivate(ctx, resp.Private, sightingKey, look(observation))...)
}

func (r *Resource) observe(ctx context.Context, state model) (manager.Observation, error) {
	observation, err := r.lookUp(ctx, state)
	if err == nil && observation.Group.State != hosting.GroupConfirmed {
		err = r.manager.ConfirmGroup(ctx, observation.Group.GroupRef)
	}
	return observation, err
}

// lookUp takes whatever incarnation there is after an import.
func (r *Resource) lookUp(ctx context.Context, state model) (manager.Observation, error) {
	if state.Handle.IsNull() {
		return r.manager.ObserveByName(ctx, state.Name.ValueString())
	}
	if err := r.checkLocation(state); err != nil {
		return manager.Observation{}, err
	}
	ref, err := state.ref(ctx)
	if err != nil {
		return manager.Observation{}, err
	}
	return r.manager.Observe(ctx, ref)
}

// checkLocation refuses to take a look in the wrong place for the absence of the
// servers: nothing found there would mean a second set of servers.
func (r *Resource) checkLocation(state model) error {
	stored, here := state.Location.ValueString(), r.manager.Location()
	if stored == "" || stored == here || r.manager.Abandoned(stored) {
		return nil
	}
	return fmt.Errorf("the servers of group %q run at %s, and the provider looks at %s: "+
		"run Terraform where they were launched, or set the provider's namespace and local.directory to that place", state.Name.ValueString(), stored, here)
}

// refresh brings the state up to date with an observation.
func (m *model) refresh(ctx context.Context, observation manager.Observation) {
	prior, priorBoots := m.Members.Elements(), m.boots(ctx)
	members := fromObservation(observation)
	group := handle.FromObservation(observation)
	boots := group.Members.Elements()
	for slot := range observation.Group.Size {
		key := hosting.MemberKey(observation.Group.Name, slot)
		if members[key] == nil && prior[key] != nil {
			members[key] = prior[key]
			boots[key] = priorBoots[key]
		}
	}
	if m.Handle.IsNull() {
		m.adopt(observation)
	}
	if before, ok, _ := handle.ParseGroup(ctx, m.Handle); ok {
		// A change that was cut short has changed the record and not the state: the
		// declarations belong to the configuration that the state has.
		group.Outputs, group.Parameters = before.Outputs, before.Parameters
	}
	m.setMembers(members, group, boots)
}

// adopt fills in the arguments after an import, as the hosting service has them.
func (m *model) adopt(observation manager.Observation) {
	m.ServerConfiguration = handle.FromConfiguration(observation.Configuration)
	m.DesiredServers = tfvalue.Whole{Int64: types.Int64Value(int64(observation.Group.Size))}
	m.Parameters = types.MapNull(types.StringType)
	if values := observation.Given(); len(values) > 0 {
		elements := make(map[string]attr.Value, len(values))
		for name, text := range values {
			elements[name] = types.StringValue(text)
		}
		m.Parameters = types.MapValueMust(types.StringType, elements)
	}
	m.Replacements = types.MapValueMust(types.StringType, map[string]attr.Value{})
	m.Effects = m.Replacements
	m.DrainTimeout = types.StringValue(defaultDrainText)
}

// ImportState takes the name of a group.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if r.manager == nil {
		resp.Diagnostics.Append(tfdiag.TooEarly(noun))
		return
	}
	resource.ImportStatePassthroughID(ctx, path.Root("name"), req, resp)
}
