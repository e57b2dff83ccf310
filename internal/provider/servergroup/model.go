package servergroup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

type model struct {
	Name                types.String   `tfsdk:"name"`
	ServerConfiguration types.Object   `tfsdk:"server_configuration"`
	DesiredServers      tfvalue.Whole  `tfsdk:"desired_servers"`
	Parameters          types.Map      `tfsdk:"parameters"`
	ParametersWO        types.Map      `tfsdk:"parameters_wo"`
	ParametersWOVersion types.String   `tfsdk:"parameters_wo_version"`
	RestartTriggers     types.Map      `tfsdk:"restart_triggers"`
	DrainTimeout        types.String   `tfsdk:"drain_timeout"`
	Members             types.Map      `tfsdk:"members"`
	Handle              types.Object   `tfsdk:"handle"`
	Replacements        types.Map      `tfsdk:"replacements"`
	Effects             types.Map      `tfsdk:"effects"`
	Location            types.String   `tfsdk:"location"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

func memberType() types.ObjectType {
	return types.ObjectType{AttrTypes: map[string]attr.Type{
		"id":          types.StringType,
		"private_ip":  types.StringType,
		"public_ip":   types.StringType,
		"private_dns": types.StringType,
		"zone":        types.StringType,
	}}
}

// member returns what the state holds of a running server.
func member(server hosting.Server) types.Object {
	return types.ObjectValueMust(memberType().AttrTypes, map[string]attr.Value{
		"id":          types.StringValue(server.ID),
		"private_ip":  nonEmpty(server.Facts.PrivateIP),
		"public_ip":   nonEmpty(server.Facts.PublicIP),
		"private_dns": nonEmpty(server.Facts.PrivateDNS),
		"zone":        nonEmpty(server.Facts.Zone),
	})
}

// absentMember is the state of a member that was planned and doesn't run.
func absentMember() types.Object { return uniformMember(types.StringNull()) }

// newMember is the plan of a member that is to be launched.
func newMember() types.Object { return uniformMember(types.StringUnknown()) }

func uniformMember(value types.String) types.Object {
	attributes := make(map[string]attr.Value)
	for name := range memberType().AttrTypes {
		attributes[name] = value
	}
	return types.ObjectValueMust(memberType().AttrTypes, attributes)
}

func nonEmpty(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// memberID returns the ID in a member object: null where it doesn't run, unknown
// where it is planned.
func memberID(value attr.Value) types.String {
	object, ok := value.(types.Object)
	if !ok || object.IsNull() {
		return types.StringNull()
	}
	if object.IsUnknown() {
		return types.StringUnknown()
	}
	id, _ := object.Attributes()["id"].(types.String)
	return id
}

// setMembers puts the members into the model, and what the handle knows them by into
// the handle, with the rest of it as given: their boots or, where there is none for a
// member, its ID.
func (m *model) setMembers(members map[string]attr.Value, group handle.Group, boots map[string]attr.Value) {
	m.Members = types.MapValueMust(memberType(), members)
	ids := make(map[string]attr.Value, len(members))
	known := make(map[string]string, len(members))
	wholly := true
	for key, object := range members {
		id, given := boots[key].(types.String)
		if !given {
			id = memberID(object)
		}
		ids[key] = id
		known[key] = id.ValueString()
		wholly = wholly && !id.IsUnknown()
	}
	group.Members = types.MapValueMust(types.StringType, ids)
	given := group.GivenRevision()
	group.Membership = types.StringUnknown()
	if wholly {
		group.Membership = types.StringValue(handle.Membership(known, given))
	}
	m.Handle = group.Object()
}

// forgetMembership plans the membership anew, so that the group is updated.
func (m *model) forgetMembership(ctx context.Context) {
	if group, ok, _ := handle.ParseGroup(ctx, m.Handle); ok {
		group.Membership = types.StringUnknown()
		m.Handle = group.Object()
	}
}

// fromObservation returns the members as they run, in the slots below size.
func fromObservation(observation manager.Observation) map[string]attr.Value {
	members := make(map[string]attr.Value, len(observation.Members))
	for _, running := range observation.Members {
		if running.Slot < observation.Group.Size {
			members[running.Key()] = member(running.Server)
		}
	}
	return members
}
