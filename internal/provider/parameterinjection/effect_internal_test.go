package parameterinjection

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// unknownText stands in a table for a text that isn't known yet.
const unknownText = "?"

func text(value string) types.String {
	if value == unknownText {
		return types.StringUnknown()
	}
	return types.StringValue(value)
}

// servers returns the handle of a group that has the parameter p, with its members' IDs by key.
func servers(name string, effect boot.Effect, members map[string]string) handle.Group {
	ids, membership := make(map[string]attr.Value), types.StringValue(handle.Membership(members, 0))
	for key, id := range members {
		ids[key] = text(id)
		if id == unknownText {
			membership = types.StringUnknown()
		}
	}
	return handle.Group{
		Name: types.StringValue(name), Incarnation: types.StringValue("i"), Scope: types.StringNull(),
		Members: types.MapValueMust(types.StringType, ids), Membership: membership, Outputs: handle.FromOutputs(nil),
		Parameters: handle.FromParameters(map[string]boot.Parameter{"p": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForReady, OnChange: effect}}),
	}
}

func endOf(group handle.Group, name, value string) types.Object {
	return types.ObjectValueMust(endType(name).AttrTypes, map[string]attr.Value{groupName: group.Object(), name: types.StringValue(value)})
}

// fed returns an injection from the addresses of db, or from a value, into web.
func fed(effect boot.Effect, web, db map[string]string, value types.String) model {
	m := model{
		Into: endOf(servers("web", effect, web), parameterName, "p"), From: types.ListNull(endType(outputName)),
		Value: value, Effects: types.MapValueMust(types.StringType, map[string]attr.Value{"web-0": types.StringValue("before")}),
	}
	if db != nil {
		m.From = types.ListValueMust(endType(outputName), []attr.Value{endOf(servers("db", "", db), outputName, "private_ip")})
	}
	m.Wire = wire(end{group: servers("web", effect, web), name: types.StringValue("p")}, nil, true, types.StringValue("nonce"))
	return m
}

// described returns effects as a table writes them; nil where all of them are unknown.
func described(effects types.Map) map[string]string {
	if effects.IsUnknown() {
		return nil
	}
	texts := make(map[string]string)
	for key, effect := range effects.Elements() {
		texts[key] = unknownText
		if line, ok := effect.(types.String); ok && !line.IsUnknown() {
			texts[key] = line.ValueString()
		}
	}
	return texts
}

// A plan is made again when it is applied, with more that is known: what the first one says
// of the effects, the second one must say too.
func TestPlanner_effects(t *testing.T) {
	t.Parallel()
	type members = map[string]string
	none, both := types.StringNull(), members{"web-0": "w0", "web-1": "w1"}
	before := map[string]string{"web-0": "before"}
	seen := sighting{Held: true, Revision: 9, Applied: map[string]int{"web-0": 9, "web-1": 7}}
	pending := seen
	pending.Pending = true
	all := func(does string) map[string]string {
		return map[string]string{"web-0": "runs revision 9 of 9: " + does, "web-1": "runs revision 7 of 9: " + does}
	}
	tests := map[string]struct {
		state, plan, applied model
		seen                 sighting
		want, later          map[string]string
	}{
		"nothing to do": {
			state: fed("", both, members{"db-0": "d0"}, none), plan: fed("", both, members{"db-0": "d0"}, none), applied: fed("", both, members{"db-0": "d0"}, none),
			seen: seen, want: before, later: before,
		},
		"something that has not arrived": {
			state: fed("", both, members{"db-0": "d0"}, none), plan: fed("", both, members{"db-0": "d0"}, none), applied: fed("", both, members{"db-0": "d0"}, none),
			seen: pending, want: all("will deliver and update"), later: all("will deliver and update"),
		},
		"another value that restarts": {
			state: fed(boot.EffectRestart, both, nil, text("a")), plan: fed(boot.EffectRestart, both, nil, text("b")), applied: fed(boot.EffectRestart, both, nil, text("b")),
			seen: seen, want: all("will deliver and restart"), later: all("will deliver and restart"),
		},
		"a first value restarts nobody": {
			state: fed(boot.EffectRestart, both, nil, text("a")), plan: fed(boot.EffectRestart, both, nil, text("b")), applied: fed(boot.EffectRestart, both, nil, text("b")),
			seen: sighting{Revision: 9, Applied: seen.Applied}, want: all("will deliver"), later: all("will deliver"),
		},
		"a value that turns out to be another one": {
			state: fed(boot.EffectReplace, both, nil, text("a")), plan: fed(boot.EffectReplace, both, nil, text(unknownText)), applied: fed(boot.EffectReplace, both, nil, text("b")),
			seen: seen, want: nil, later: all("keeps what it has, and the next apply replaces it, if the value differs"),
		},
		"a value that turns out to be the same": {
			state: fed("", both, nil, text("a")), plan: fed("", both, nil, text(unknownText)), applied: fed("", both, nil, text("a")),
			seen: seen, want: nil, later: before,
		},
		"a member that is replaced": {
			state: fed("", both, nil, text("a")), plan: fed("", members{"web-0": unknownText, "web-1": "w1"}, nil, text("b")), applied: fed("", members{"web-0": "new", "web-1": "w1"}, nil, text("b")),
			seen:  seen,
			want:  map[string]string{"web-0": unknownText, "web-1": "runs revision 7 of 9: will deliver and update"},
			later: map[string]string{"web-0": launchedWith, "web-1": "runs revision 7 of 9: will deliver and update"},
		},
		"members that come and go": {
			state: fed("", both, nil, text("a")), plan: fed("", members{"web-0": "w0", "web-2": unknownText}, nil, text("b")), applied: fed("", members{"web-0": "w0", "web-2": "w2"}, nil, text("b")),
			seen: seen, want: map[string]string{"web-0": "runs revision 9 of 9: will deliver and update"}, later: map[string]string{"web-0": "runs revision 9 of 9: will deliver and update"},
		},
		"a source that grows": {
			state: fed("", both, members{"db-0": "d0"}, none), plan: fed("", both, members{"db-0": "d0", "db-1": unknownText}, none), applied: fed("", both, members{"db-0": "d0", "db-1": "d1"}, none),
			seen: seen, want: all("will deliver and update"), later: all("will deliver and update"),
		},
		"a source whose server is replaced": {
			state: fed("", both, members{"db-0": "d0"}, none), plan: fed("", both, members{"db-0": unknownText}, none), applied: fed("", both, members{"db-0": "new"}, none),
			seen: seen, want: nil, later: nil,
		},
		"a source that turns out to stay": {
			state: fed("", both, members{"db-0": "d0"}, none), plan: fed("", both, members{"db-0": unknownText}, none), applied: fed("", both, members{"db-0": "d0"}, none),
			seen: seen, want: nil, later: before,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compute := func(plan model) map[string]string {
				p := planner{plan: plan, state: &test.state, seen: test.seen}
				computed, diagnostics := p.compute(t.Context())
				if diagnostics.HasError() {
					t.Fatal(diagnostics)
				}
				return described(computed.Effects)
			}
			if diff := cmp.Diff(test.want, compute(test.plan)); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.later, compute(test.applied)); diff != "" {
				t.Errorf("the plan, made again (-want +got):\n%s", diff)
			}
			settled := test.applied
			settled.Effects = types.MapUnknown(types.StringType)
			settled.settleEffects(t.Context(), &test.state)
			for key, effect := range described(settled.Effects) {
				if effect == unknownText {
					t.Errorf("the effect on %s is unknown after the apply", key)
				}
			}
		})
	}
}
