package handle

import "github.com/musterhq/terraform-provider-muster/internal/boot"

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
