package handle

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// DescribeEffect says, after the word "will", what a changed value does on a member.
func DescribeEffect(effect boot.Effect) string {
	switch effect {
	case boot.EffectDeliver:
		return "deliver"
	case boot.EffectRestart:
		return "deliver and restart"
	case boot.EffectReplace:
		return "be replaced"
	case boot.EffectUpdate:
	}
	return "deliver and update"
}

// SettleEffects returns planned effects with a text in the place of what was unknown: the
// members of which it wasn't known whether they stay. Null, which a state of a version has
// that didn't tell of effects, stays null.
func SettleEffects(planned types.Map, replaced string) types.Map {
	if planned.IsNull() {
		return planned
	}
	effects := planned.Elements()
	for key, effect := range effects {
		if effect.IsUnknown() {
			effects[key] = types.StringValue(replaced)
		}
	}
	return types.MapValueMust(types.StringType, effects)
}
