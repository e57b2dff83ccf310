package handle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// Group is the handle of a muster_server_group.
type Group struct {
	Name types.String `tfsdk:"name"`
	// Incarnation is unknown exactly when the group is created or replaced.
	Incarnation types.String `tfsdk:"incarnation"`
	// Members maps each member's key to its server's id, with the mark of its newest
	// boot where it has one; null means that the member doesn't run.
	Members types.Map `tfsdk:"members"`
	// Membership is unknown exactly when a member is added, removed, replaced or
	// restarted, or gets another value from the group itself.
	Membership types.String `tfsdk:"membership"`
	Outputs    types.Map    `tfsdk:"outputs"`
	Parameters types.Map    `tfsdk:"parameters"`
	// Scope says whose ledger the group is in; see [Group.Elsewhere]. It is unknown while
	// the provider's configuration is, and null in states that were written without it.
	Scope types.String `tfsdk:"scope"`
}

// FromObservation returns the handle of a group as it runs.
func FromObservation(observation manager.Observation) Group {
	group := observation.Group
	members := make(map[string]string)
	for _, member := range observation.Members {
		if member.Slot < group.Size {
			members[member.Key()] = bootOf(member)
		}
	}
	ids := make(map[string]attr.Value, len(members))
	for key, id := range members {
		ids[key] = types.StringValue(id)
	}
	return Group{
		Name:        types.StringValue(group.Name),
		Incarnation: types.StringValue(group.Incarnation),
		Members:     types.MapValueMust(types.StringType, ids),
		Membership:  types.StringValue(Membership(members, observation.GivenRevision())),
		Outputs:     FromOutputs(observation.Configuration.Outputs),
		Parameters:  FromParameters(observation.Configuration.Parameters),
		Scope:       fromScope(observation.Scope),
	}
}

// bootOf is the text by which a handle knows a member: its server's ID and, once it has
// been restarted, the trigger of that. Who waits for members waits again for those that
// have been restarted; a restart for a value is part of what is waited for.
func bootOf(member manager.Member) string {
	trigger := hosting.ParseBootMark(member.Restart).Trigger
	if trigger == "" {
		return member.ID
	}
	return member.ID + "/" + trigger
}

// GroupTypes are the attribute types of a [Group].
func GroupTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"name":        types.StringType,
		"incarnation": types.StringType,
		"members":     types.MapType{ElemType: types.StringType},
		"membership":  types.StringType,
		"outputs":     types.MapType{ElemType: types.StringType},
		"parameters":  types.MapType{ElemType: types.StringType},
		"scope":       types.StringType,
	}
}

// Object returns the handle as a Terraform value.
func (g Group) Object() types.Object {
	return types.ObjectValueMust(GroupTypes(), map[string]attr.Value{
		"name":        g.Name,
		"incarnation": g.Incarnation,
		"members":     g.Members,
		"membership":  g.Membership,
		"outputs":     g.Outputs,
		"parameters":  g.Parameters,
		"scope":       g.Scope,
	})
}

// ParseGroup reads a group's handle. ok is false where the object itself is null
// or unknown; its attributes may be unknown also where it is true.
func ParseGroup(ctx context.Context, object types.Object) (group Group, ok bool, diagnostics diag.Diagnostics) {
	if object.IsNull() || object.IsUnknown() {
		return Group{}, false, nil
	}
	diagnostics = object.As(ctx, &group, basetypes.ObjectAsOptions{})
	return group, !diagnostics.HasError(), diagnostics
}

// ParseConfiguration reads a configuration's handle; see [ParseGroup].
func ParseConfiguration(ctx context.Context, object types.Object) (configuration Configuration, ok bool, diagnostics diag.Diagnostics) {
	if object.IsNull() || object.IsUnknown() {
		return Configuration{}, false, nil
	}
	diagnostics = object.As(ctx, &configuration, basetypes.ObjectAsOptions{})
	return configuration, !diagnostics.HasError(), diagnostics
}

// Ref returns the group that the handle means.
func (g Group) Ref() hosting.GroupRef {
	return hosting.GroupRef{Name: g.Name.ValueString(), Incarnation: g.Incarnation.ValueString()}
}

// Same reports whether both handles mean the same incarnation of the same group,
// whatever its members are.
func (g Group) Same(other Group) bool {
	return g.Name.Equal(other.Name) && g.Incarnation.Equal(other.Incarnation) && !g.Incarnation.IsUnknown()
}

// Label names the group in messages, also when its name is not known yet.
func (g Group) Label() string {
	if g.Name.IsUnknown() {
		return "the server group"
	}
	return fmt.Sprintf("server group %q", g.Name.ValueString())
}

// Membership returns the text that changes whenever the servers of a group do, or what the
// group itself gives to them: that has a revision, 0 where there is nothing. It depends on
// nothing else.
func Membership(members map[string]string, given int) string {
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(members)) {
		fmt.Fprintf(hash, "%s=%s\n", key, members[key])
	}
	text := hex.EncodeToString(hash.Sum(nil)[:8])
	if given > 0 {
		text += "." + strconv.Itoa(given)
	}
	return text
}

// GivenRevision returns the revision in a membership; 0 where it has none, or isn't known.
func (g Group) GivenRevision() int {
	_, text, _ := strings.Cut(g.Membership.ValueString(), ".")
	revision, _ := strconv.Atoi(text)
	return revision
}
