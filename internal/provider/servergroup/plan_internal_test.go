package servergroup

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// web returns the handle of a configuration whose content is the script's.
func web(t *testing.T, script string) (types.Object, handle.Configuration) {
	t.Helper()
	object := handle.FromConfiguration(boot.Configuration{
		Name: "web", Image: "host", BootScript: script,
		Parameters: map[string]boot.Parameter{
			"port":  {Type: boot.TypeNumber, Default: new(string), RequiredFor: boot.RequiredForBoot},
			"token": {Type: boot.TypeString, Deferred: true, Sensitive: true, RequiredFor: boot.RequiredForBoot},
		},
	})
	configuration, ok, diagnostics := handle.ParseConfiguration(t.Context(), object)
	if !ok || diagnostics.HasError() {
		t.Fatalf("the handle can't be read: %v", diagnostics)
	}
	return object, configuration
}

// arguments returns the plan of a group before anything is computed.
func arguments(configuration types.Object, size int64) model {
	return model{
		Name:                types.StringUnknown(),
		ServerConfiguration: configuration,
		DesiredServers:      tfvalue.Whole{Int64: types.Int64Value(size)},
		Parameters:          types.MapNull(types.StringType),
	}
}

// applied returns the state of a group whose two members run.
func applied(plan model) *model {
	const size = 2
	state := plan
	observation := manager.Observation{Group: hosting.Group{GroupRef: hosting.GroupRef{Name: "web", Incarnation: "one"}, Size: size}}
	for slot := range size {
		observation.Members = append(observation.Members, manager.Member{Server: hosting.Server{
			ID: "id-of-" + hosting.MemberKey("web", slot), Group: observation.Group.GroupRef, Slot: slot,
		}})
	}
	state.Name = types.StringValue("web")
	state.Replacements = types.MapValueMust(types.StringType, map[string]attr.Value{})
	state.Location = types.StringValue("local:/x")
	state.settle(context.Background(), observation, nil)
	return &state
}

// planned describes the members of a plan: the ID of a survivor, "new", or the
// reason why one is replaced.
func planned(plan model) map[string]string {
	if plan.Members.IsUnknown() {
		return map[string]string{"*": "unknown"}
	}
	members := make(map[string]string)
	for key, member := range plan.Members.Elements() {
		members[key] = "new"
		if id := memberID(member); !id.IsUnknown() {
			members[key] = id.ValueString()
		} else if reason, ok := plan.Replacements.Elements()[key].(types.String); ok {
			members[key] = reason.ValueString()
		}
	}
	return members
}

func TestPlanner_compute(t *testing.T) {
	t.Parallel()
	one, parsedOne := web(t, "one")
	two, parsedTwo := web(t, "two")
	unknown := parsedTwo
	unknown.ID = types.StringUnknown()
	survivors := map[string]string{"web-0": "id-of-web-0", "web-1": "id-of-web-1"}
	changed := "server configuration changes from " + parsedOne.ID.ValueString() + " to " + parsedTwo.ID.ValueString()
	tests := map[string]struct {
		planner planner
		want    map[string]string
		// moved: the membership is planned anew.
		moved bool
	}{
		"a new group's members are known by key": {
			planner: planner{plan: arguments(one, 2), configuration: parsedOne},
			want:    map[string]string{"web-0": "new", "web-1": "new"}, moved: true,
		},
		"where nothing changes all members stay": {
			planner: planner{plan: arguments(one, 2), configuration: parsedOne, state: applied(arguments(one, 2))},
			want:    survivors,
		},
		"a scale-out keeps the members": {
			planner: planner{plan: arguments(one, 3), configuration: parsedOne, state: applied(arguments(one, 2))},
			want:    map[string]string{"web-0": "id-of-web-0", "web-1": "id-of-web-1", "web-2": "new"}, moved: true,
		},
		"a scale-in takes the highest slot": {
			planner: planner{plan: arguments(one, 1), configuration: parsedOne, state: applied(arguments(one, 2))},
			want:    map[string]string{"web-0": "id-of-web-0"}, moved: true,
		},
		"a member that is unwell is replaced alone, with its reason": {
			planner: planner{
				plan: arguments(one, 2), configuration: parsedOne, state: applied(arguments(one, 2)),
				seen: sighting{Unwell: map[string]string{"web-1": "boot script exited with exit code 7"}},
			},
			want: map[string]string{"web-0": "id-of-web-0", "web-1": "boot script exited with exit code 7"}, moved: true,
		},
		"another configuration replaces all": {
			planner: planner{plan: arguments(two, 2), configuration: parsedTwo, state: applied(arguments(one, 2))},
			want:    map[string]string{"web-0": changed, "web-1": changed}, moved: true,
		},
		"of a change that was cut short, what is done isn't done again": {
			planner: planner{
				plan: arguments(two, 2), configuration: parsedTwo, state: applied(arguments(one, 2)),
				seen: sighting{Fingerprints: map[string]string{"web-0": manager.Fingerprint(parsedTwo.ID.ValueString(), nil)}},
			},
			want: map[string]string{"web-0": "id-of-web-0", "web-1": changed}, moved: true,
		},
		"a configuration that isn't known yet leaves the members open": {
			planner: planner{plan: arguments(two, 2), configuration: unknown, state: applied(arguments(one, 2))},
			want:    map[string]string{"*": "unknown"}, moved: true,
		},
		"a ledger that asks for something else calls for an update, and for no replacement": {
			planner: planner{
				plan: arguments(one, 2), configuration: parsedOne, state: applied(arguments(one, 2)),
				seen: sighting{Size: 5, Fingerprint: manager.Fingerprint(parsedOne.ID.ValueString(), nil)},
			},
			want: survivors, moved: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.planner.name = types.StringNull()
			plan, diagnostics := test.planner.compute(t.Context())
			if diagnostics.HasError() {
				t.Fatal(diagnostics)
			}
			if diff := cmp.Diff(test.want, planned(plan)); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if got := membership(t.Context(), plan).IsUnknown(); got != test.moved {
				t.Errorf("the membership is planned anew: got %t, want %t", got, test.moved)
			}
			again, _ := test.planner.compute(t.Context())
			if !again.Members.Equal(plan.Members) || !again.Handle.Equal(plan.Handle) || !again.Replacements.Equal(plan.Replacements) {
				t.Error("the plan comes out otherwise when it is computed again")
			}
		})
	}
}

func membership(ctx context.Context, plan model) types.String {
	group, _, _ := handle.ParseGroup(ctx, plan.Handle)
	return group.Membership
}

func TestPlanner_checkParameters(t *testing.T) {
	t.Parallel()
	object, configuration := web(t, "one")
	tests := map[string]struct {
		given map[string]attr.Value
		want  []string
	}{
		"none where all have a default or are deferred": {},
		"a value of the declared type":                  {given: map[string]attr.Value{"port": types.StringValue("80")}},
		"a value that isn't known yet":                  {given: map[string]attr.Value{"port": types.StringUnknown()}},
		"a null is no value":                            {given: map[string]attr.Value{"token": types.StringNull()}},
		"a misspelt name":                               {given: map[string]attr.Value{"prot": types.StringValue("80")}, want: []string{"Undeclared Parameter"}},
		"a value of another type":                       {given: map[string]attr.Value{"port": types.StringValue("http")}, want: []string{"Invalid Parameter Value"}},
		"a secret":                                      {given: map[string]attr.Value{"token": types.StringValue("x")}, want: []string{"Sensitive Parameter"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := arguments(object, 1)
			plan.Parameters = types.MapValueMust(types.StringType, test.given)
			p := planner{plan: plan, configuration: configuration}
			var got []string
			for _, diagnostic := range p.checkParameters() {
				got = append(got, diagnostic.Summary())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}
