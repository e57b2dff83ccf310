package parameterinjection

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

func noEffects() types.Map {
	return types.MapValueMust(types.StringType, map[string]attr.Value{})
}

// launchedWith stands for what a delivery does on a server that takes another one's place.
const launchedWith = "is launched anew, and gets it then"

// effects says what the planned delivery does on each member that has run before it. Where
// nothing is delivered it stays as it was, and where that isn't known yet it is unknown.
// Whatever it says of a plan, it says of the same plan when that is applied and more is
// known: it goes by what can't have changed since.
func (p *planner) effects(ctx context.Context, target end, sources []end) types.Map {
	if p.state == nil {
		return noEffects()
	}
	members, known := p.staying(ctx, target)
	parameter, declared, err := handle.LookupParameter(target.group.Parameters, target.group.Label(), target.name.ValueString())
	switch delivers, certain := p.delivers(ctx, target, sources); {
	case !delivers && certain:
		return p.state.Effects
	case !certain, !known, !declared, err != nil:
		return types.MapUnknown(types.StringType)
	}
	return p.effectsOn(members, parameter.Effect())
}

// effectsOn says what a delivery does on each of the members, as far as it is known whether
// they stay.
func (p *planner) effectsOn(members map[string]types.Bool, effect boot.Effect) types.Map {
	effects := make(map[string]attr.Value)
	for key, stays := range members {
		switch {
		case stays.IsUnknown():
			effects[key] = types.StringUnknown()
		case stays.ValueBool():
			effects[key] = types.StringValue(p.effect(key, effect))
		default:
			effects[key] = types.StringValue(launchedWith)
		}
	}
	return types.MapValueMust(types.StringType, effects)
}

// staying tells of the members that both the state and the plan have whether they stay, by
// key; known is false where that is known of none.
func (p *planner) staying(ctx context.Context, target end) (members map[string]types.Bool, known bool) {
	prior, _, _, _ := p.state.ends(ctx)
	if target.group.Members.IsUnknown() || prior.group.Members.IsUnknown() {
		return nil, false
	}
	members = make(map[string]types.Bool)
	before := prior.group.Members.Elements()
	for key, element := range target.group.Members.Elements() {
		if id := before[key]; id != nil {
			members[key] = types.BoolValue(element.Equal(id))
			if element.IsUnknown() {
				members[key] = types.BoolUnknown()
			}
		}
	}
	return members, true
}

// delivers reports whether something is delivered; certain is false where that isn't known
// yet.
func (p *planner) delivers(ctx context.Context, target end, sources []end) (delivers, certain bool) {
	_, before, priorKnown, _ := p.state.ends(ctx)
	if !priorKnown || p.plan.From.IsUnknown() || p.plan.Value.IsUnknown() || p.plan.ValueWOVersion.IsUnknown() || !target.known() || slices.ContainsFunc(sources, func(e end) bool { return !e.known() }) {
		return true, false
	}
	if p.seen.Pending || p.seen.Gone || !p.sameArguments(ctx, target, sources) {
		return true, true
	}
	for i, source := range sources {
		switch now, then := source.group, before[i].group; {
		case now.Members.IsUnknown():
			return true, false
		case !sameKeys(now.Members, then.Members):
			return true, true
		case now.Membership.IsUnknown(), !now.Membership.Equal(then.Membership):
			// Where it was unknown in the plan, it must not be said more surely when that is
			// applied.
			return true, false
		}
	}
	return false, true
}

// known reports whether it is known which parameter or output of which group is meant.
func (e end) known() bool {
	return !e.name.IsUnknown() && !e.group.Name.IsUnknown() && !e.group.Incarnation.IsUnknown()
}

func sameKeys(now, then types.Map) bool {
	return slices.Equal(slices.Sorted(maps.Keys(now.Elements())), slices.Sorted(maps.Keys(then.Elements())))
}

// effect says what the delivery does on one member, and what the member runs now.
func (p *planner) effect(key string, effect boot.Effect) string {
	does := "will " + handle.DescribeEffect(effect)
	switch {
	case !p.seen.Held && (effect == boot.EffectRestart || effect == boot.EffectReplace):
		does = "will deliver"
	case effect == boot.EffectReplace:
		does = "keeps what it has, and the next apply replaces it, if the value differs"
	case effect == boot.EffectRestart && !p.differs():
		does = "will deliver and, if the value differs, restart"
	}
	applied, seen := p.seen.Applied[key]
	if !seen || p.seen.Revision == 0 {
		return does
	}
	return fmt.Sprintf("runs revision %d of %d: %s", applied, p.seen.Revision, does)
}

// differs reports whether the value is known to be another one.
func (p *planner) differs() bool {
	return p.seen.Pending || !p.plan.Value.IsNull() && !p.plan.Value.Equal(p.state.Value)
}

// settleEffects fills in what was not known of the effects when the delivery was planned.
// state is nil on creation.
func (m *model) settleEffects(ctx context.Context, state *model) {
	if m.Effects.IsUnknown() && state != nil {
		m.Effects = m.lateEffects(ctx, state)
	}
	m.Effects = handle.SettleEffects(m.Effects, launchedWith)
}

// lateEffects are those that a plan could not tell of.
func (m *model) lateEffects(ctx context.Context, state *model) types.Map {
	p := planner{plan: *m, state: state, seen: sighting{Held: true}}
	target, _, _, _ := m.ends(ctx)
	members, _ := p.staying(ctx, target)
	parameter, _, _ := handle.LookupParameter(target.group.Parameters, target.group.Label(), target.name.ValueString())
	return p.effectsOn(members, parameter.Effect())
}
