package servergroup

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

// describedEffects returns effects as a table writes them; nil where all are unknown.
func describedEffects(effects types.Map) map[string]string {
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
	object := handle.FromConfiguration(boot.Configuration{
		Name: "web", Image: "host", BootScript: "true",
		Parameters: map[string]boot.Parameter{
			"level": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, OnChange: boot.EffectUpdate},
			"limit": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, OnChange: boot.EffectRestart},
			"token": {Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, Sensitive: true, OnChange: boot.EffectReplace},
		},
	})
	configuration, _, _ := handle.ParseConfiguration(t.Context(), object)
	group := func(level, limit, version string) model {
		plan := arguments(object, 2)
		plan.Parameters = types.MapValueMust(types.StringType, map[string]attr.Value{"level": text(level), "limit": text(limit)})
		plan.ParametersWOVersion = text(version)
		return plan
	}
	both := func(does string) map[string]string { return map[string]string{"web-0": does, "web-1": does} }
	tests := map[string]struct {
		plan, applied model
		seen          sighting
		want, later   map[string]string
		membership    bool
	}{
		"nothing to do":                            {plan: group("a", "1", "1"), applied: group("a", "1", "1"), want: map[string]string{}, later: map[string]string{}, membership: true},
		"a change that updates":                    {plan: group("b", "1", "1"), applied: group("b", "1", "1"), want: both(`"level" changes: will deliver and update`), later: both(`"level" changes: will deliver and update`)},
		"a change that restarts":                   {plan: group("a", "2", "1"), applied: group("a", "2", "1"), want: both(`"limit" changes: will deliver and restart`), later: both(`"limit" changes: will deliver and restart`)},
		"a value that turns out to be the same":    {plan: group(unknownText, "1", "1"), applied: group("a", "1", "1"), want: nil, later: map[string]string{}},
		"a value that turns out to be another one": {plan: group(unknownText, "1", "1"), applied: group("b", "1", "1"), want: nil, later: both(`"level" changes: will deliver and update`)},
		"a secret whose change replaces":           {plan: group("a", "1", "2"), applied: group("a", "1", "2"), want: both(unknownText), later: both(unknownText)},
		"a version that turns out to be the same":  {plan: group("a", "1", unknownText), applied: group("a", "1", "1"), want: nil, later: map[string]string{}},
		"a restart that has yet to be made": {
			plan: group("a", "1", "1"), applied: group("a", "1", "1"), seen: sighting{RestartsDue: map[string]string{"web-1": "limit"}},
			want: map[string]string{"web-1": `"limit" has changed: will restart`}, later: map[string]string{"web-1": `"limit" has changed: will restart`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := applied(group("a", "1", "1"))
			state.Effects = types.MapValueMust(types.StringType, map[string]attr.Value{})
			compute := func(plan model) model {
				p := planner{plan: plan, name: types.StringNull(), configuration: configuration, state: state, seen: test.seen}
				p.secrets = types.MapValueMust(types.StringType, map[string]attr.Value{"token": types.StringValue("hush")})
				computed, diagnostics := p.compute(t.Context())
				if diagnostics.HasError() {
					t.Fatal(diagnostics)
				}
				return computed
			}
			planned := compute(test.plan)
			if diff := cmp.Diff(test.want, describedEffects(planned.Effects)); diff != "" {
				t.Errorf("the plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.later, describedEffects(compute(test.applied).Effects)); diff != "" {
				t.Errorf("the plan, made again (-want +got):\n%s", diff)
			}
			parsed, _, _ := handle.ParseGroup(t.Context(), planned.Handle)
			if known := !parsed.Membership.IsUnknown(); known != test.membership {
				t.Errorf("whoever waits for the members waits again: %t, want %t", !known, !test.membership)
			}
			if settled := describedEffects(handle.SettleEffects(planned.Effects, launchedWith)); settled["web-0"] == unknownText {
				t.Error("an effect is unknown after the apply")
			}
		})
	}
}
