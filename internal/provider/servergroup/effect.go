package servergroup

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// change is a change of a value that the group delivers to its members.
type change struct {
	parameter string
	effect    boot.Effect
	// secret: the value isn't compared, and may be the same.
	secret bool
	// unknown: whether it changes at all shows when the plan is applied.
	unknown bool
}

// launchedWith stands for what a change does on a server that takes another one's place.
const launchedWith = "replaced: is launched with it"

// changes are in the order of their parameters.
type changes []change

// changes returns what changes of the values that are delivered to members that run.
func (p *planner) changes() changes {
	declared, known := handle.Parameters(p.configuration.Parameters)
	if p.state == nil || !known || p.plan.Parameters.IsUnknown() {
		return nil
	}
	before, after := p.state.Parameters.Elements(), p.plan.Parameters.Elements()
	rotated := !p.plan.ParametersWOVersion.Equal(p.state.ParametersWOVersion)
	var found changes
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		parameter := declared[name]
		switch {
		case !parameter.Given():
		case parameter.Sensitive && rotated:
			found = append(found, change{parameter: name, effect: parameter.Effect(), secret: true, unknown: p.plan.ParametersWOVersion.IsUnknown()})
		case parameter.Sensitive || same(before[name], after[name]):
		default:
			found = append(found, change{parameter: name, effect: parameter.Effect(), unknown: after[name] != nil && after[name].IsUnknown()})
		}
	}
	return found
}

func same(before, after attr.Value) bool {
	if before == nil || before.IsNull() {
		return after == nil || after.IsNull()
	}
	return after != nil && before.Equal(after)
}

// replace reports whether a change may put other servers in the place of the members.
func (c changes) replace() bool { return c.have(boot.EffectReplace) }

// restart reports whether a change may restart the members.
func (c changes) restart() bool { return c.have(boot.EffectRestart) }

func (c changes) have(effect boot.Effect) bool {
	return slices.ContainsFunc(c, func(change change) bool { return change.effect == effect })
}

// unknown reports whether one of them isn't known to be a change.
func (c changes) unknown() bool {
	return slices.ContainsFunc(c, func(change change) bool { return change.unknown })
}

// reason says why members are replaced.
func (c changes) reason() string {
	var names []string
	for _, change := range c {
		if change.effect == boot.EffectReplace {
			names = append(names, fmt.Sprintf("%q", change.parameter))
		}
	}
	return "parameters_wo_version changes, and with it perhaps " + strings.Join(names, ", ") + ", whose change replaces servers"
}

// effects says what the changes do on the members that were there before them, and which of
// these have yet to restart because of an earlier one.
func (p *planner) effects(members map[string]attr.Value, changes changes) types.Map {
	switch {
	case p.state == nil || len(changes) == 0 && len(p.seen.RestartsDue) == 0:
		return p.plan.Effects
	case changes.unknown():
		return types.MapUnknown(types.StringType)
	}
	effects := make(map[string]attr.Value)
	for key := range p.priorMembers() {
		member, stays := members[key]
		if !stays {
			continue
		}
		var lines []string
		if parameter, due := p.seen.RestartsDue[key]; due {
			lines = append(lines, fmt.Sprintf("%q has changed: will restart", parameter))
		}
		for _, change := range changes {
			lines = append(lines, change.String())
		}
		switch {
		case memberID(member).IsUnknown():
			effects[key] = types.StringUnknown()
		case len(lines) > 0:
			effects[key] = types.StringValue(strings.Join(lines, "; "))
		}
	}
	return types.MapValueMust(types.StringType, effects)
}

// String says what the change does on one member.
func (c change) String() string {
	condition := ""
	if c.secret {
		condition = ", if it differs"
	}
	return fmt.Sprintf("%q changes: will %s%s", c.parameter, handle.DescribeEffect(c.effect), condition)
}
