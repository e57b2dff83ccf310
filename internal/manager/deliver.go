package manager

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// carried is what a wire carries at the moment.
type carried struct {
	text string
	ok   bool
	// why says what is missing where ok is false.
	why string
	// empty: a source has no servers, and none is about to have a value.
	empty bool
}

// carry returns what the wire carries now. An empty group, a member that doesn't
// run or has not published yet, and a group that doesn't exist are never taken for
// an empty value: the wire then holds. Members beyond their group's size are about
// to go and don't count. A wire without sources carries nothing: its value is
// Terraform's.
func carry(wire hosting.Wire, looks map[string]Observation) carried {
	switch {
	case len(wire.From) == 0:
		return carried{}
	case wire.Select == hosting.SelectFirst:
		return carryFirst(wire, looks)
	}
	var texts []string
	for _, from := range wire.From {
		source := looks[from.Group]
		if source.Group.Size == 0 {
			return carried{empty: true, why: fmt.Sprintf("server group %q has no servers", from.Group)}
		}
		for slot := range source.Group.Size {
			member, running := source.Member(slot)
			if !running {
				return carried{why: hosting.MemberKey(from.Group, slot) + " isn't running"}
			}
			text, ok := outputOf(member, from.Output)
			if !ok {
				return carried{why: lacks(member, from.Output)}
			}
			texts = append(texts, text)
		}
	}
	return carried{text: strings.Join(texts, wire.Separator), ok: true}
}

// carryFirst is carry for the first member that runs: that in the lowest slot of
// the first source that has one.
func carryFirst(wire hosting.Wire, looks map[string]Observation) carried {
	for _, from := range wire.From {
		source := looks[from.Group]
		if len(source.Members) == 0 || source.Members[0].Slot >= source.Group.Size {
			continue
		}
		text, ok := outputOf(source.Members[0], from.Output)
		if !ok {
			return carried{why: lacks(source.Members[0], from.Output)}
		}
		return carried{text: text, ok: true}
	}
	return carried{empty: true, why: fmt.Sprintf("server group %s has no servers", strings.Join(wire.Sources(), ", "))}
}

func lacks(member Member, output string) string {
	return fmt.Sprintf("%s has no output %q yet", member.Key(), output)
}

// outputOf returns an output of a member: a fact or a published one.
func outputOf(member Member, name string) (string, bool) {
	if text, ok := member.Fact(name); ok {
		return text, true
	}
	text, ok := member.Report.Outputs[name]
	return text, ok
}

// deliverAlong delivers what the wire carries, or the spec's value where it has no
// sources, and whatever an earlier run has stored and not delivered. It returns why
// it holds where the sources have no servers.
func (m *Manager) deliverAlong(ctx context.Context, wire hosting.Wire, spec WireSpec) (holds string, err error) {
	looks, err := m.lookAtEnds(ctx, wire)
	if err != nil {
		return "", err
	}
	target, found := looks[wire.Into]
	if !found || len(target.Members) == 0 {
		return "", nil
	}
	now := carried{}
	switch {
	case len(wire.From) > 0:
		now = carry(wire, looks)
	case spec.Value == nil || spec.KeepStored && holdsValue(target.Group, wire.Parameter):
	default:
		now = carried{text: *spec.Value, ok: true}
	}
	group := target.Group
	if now.ok {
		if group, _, err = m.store(ctx, target, wire, now.text); err != nil {
			return "", err
		}
	}
	if now.empty {
		holds = now.why
	}
	return holds, m.spread(ctx, target, group)
}

func holdsValue(group hosting.Group, parameter string) bool {
	_, held := group.Values[parameter]
	return held
}

// stores reports whether the record holds exactly that value.
func stores(group hosting.Group, parameter, text string) bool {
	stored, held := group.Values[parameter]
	return held && stored.Text == text
}

// store puts the text into the target's record if it is another one than the
// record has, and only while the wire still owns the parameter.
func (m *Manager) store(ctx context.Context, target Observation, wire hosting.Wire, text string) (group hosting.Group, changed bool, err error) {
	parameter := target.Configuration.Parameters[wire.Parameter]
	if err := parameter.Check(text); err != nil {
		return hosting.Group{}, false, refusedValue(wire, err)
	}
	group, err = m.service.UpdateGroup(ctx, target.Group.GroupRef, func(group *hosting.Group) error {
		changed = false
		if !owns(group.Wires[wire.ID], group.Name, wire.Parameter) || stores(*group, wire.Parameter, text) {
			return nil
		}
		changed = true
		group.Revision++
		values := maps.Clone(group.Values)
		if values == nil {
			values = make(map[string]boot.Value)
		}
		values[wire.Parameter] = boot.Value{Text: text, Sensitive: parameter.Sensitive, Since: group.Revision}
		group.Values = values
		return nil
	})
	if err != nil {
		return group, false, fmt.Errorf("storing the value for parameter %q of server group %q: %w", wire.Parameter, wire.Into, err)
	}
	return group, changed, nil
}

// refusedValue says whose value its parameter doesn't take, and what to do.
func refusedValue(wire hosting.Wire, err error) error {
	if len(wire.From) == 0 {
		return fmt.Errorf("the value that the injection gives to parameter %q of server group %q: %w; "+
			"correct the injection's value, or the parameter's type or pattern", wire.Parameter, wire.Into, err)
	}
	return fmt.Errorf("what %s gives to parameter %q of server group %q: %w; "+
		"correct the script that publishes it, or the parameter's type or pattern", describeSources(wire), wire.Parameter, wire.Into, err)
}

// describeSources lists a wire's sources as "group.output".
func describeSources(wire hosting.Wire) string {
	var sources []string
	for _, from := range wire.From {
		sources = append(sources, from.Group+"."+from.Output)
	}
	return strings.Join(sources, ", ")
}

// spread delivers the record's values to the members that lack them.
func (m *Manager) spread(ctx context.Context, observation Observation, group hosting.Group) error {
	behind := lagging(observation, group.Revision)
	if len(behind) == 0 {
		return nil
	}
	if err := m.service.Deliver(ctx, behind, group.Delivery()); err != nil {
		return fmt.Errorf("delivering revision %d to server group %q: %w", group.Revision, group.Name, err)
	}
	return nil
}

// lagging returns the servers of the members that have not been given the revision.
func lagging(observation Observation, revision int) []hosting.Server {
	var behind []hosting.Server
	for _, member := range observation.Members {
		if member.Delivered < revision {
			behind = append(behind, member.Server)
		}
	}
	return behind
}
