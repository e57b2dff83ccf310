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

// carry returns what the wire carries now. An empty group, a member that has not
// published yet and a group that doesn't exist are never taken for an empty
// value: the wire then holds.
func carry(wire hosting.Wire, looks map[string]Observation) carried {
	var texts []string
	for _, from := range wire.From {
		source, found := looks[from.Group]
		if !found || len(source.Members) == 0 {
			if wire.Select == hosting.SelectFirst {
				continue
			}
			return carried{empty: true, why: fmt.Sprintf("server group %q has no servers", from.Group)}
		}
		for _, member := range source.Members {
			text, ok := outputOf(member, from.Output)
			if !ok {
				return carried{why: fmt.Sprintf("%s has no output %q yet", member.Key(), from.Output)}
			}
			if wire.Select == hosting.SelectFirst {
				return carried{text: text, ok: true}
			}
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return carried{empty: true, why: fmt.Sprintf("server group %s has no servers", strings.Join(wire.Sources(), ", "))}
	}
	return carried{text: strings.Join(texts, wire.Separator), ok: true}
}

// outputOf returns an output of a member: a fact or a published one.
func outputOf(member Member, name string) (string, bool) {
	if text, ok := member.Fact(name); ok {
		return text, true
	}
	text, ok := member.Report.Outputs[name]
	return text, ok
}

// deliverAlong delivers what the wire carries, or value where it has no sources.
// It returns why it holds where the sources have no servers.
func (m *Manager) deliverAlong(ctx context.Context, wire hosting.Wire, value *string) (holds string, err error) {
	looks, err := m.lookAtEnds(ctx, wire)
	if err != nil {
		return "", err
	}
	target, found := looks[wire.Into]
	switch {
	case !found || len(target.Members) == 0:
		return "", nil
	case len(wire.From) == 0 && value == nil:
		return "", nil
	}
	now := carried{ok: true}
	if len(wire.From) == 0 {
		now.text = *value
	} else if now = carry(wire, looks); !now.ok {
		if now.empty {
			return now.why, nil
		}
		return "", nil
	}
	group, _, err := m.store(ctx, target, wire, now.text)
	if err != nil {
		return "", err
	}
	return "", m.spread(ctx, target, group)
}

// store puts the text into the target's record if it is another one than the
// record has, and only while the wire still owns the parameter.
func (m *Manager) store(ctx context.Context, target Observation, wire hosting.Wire, text string) (group hosting.Group, changed bool, err error) {
	parameter := target.Configuration.Parameters[wire.Parameter]
	if err := parameter.Check(text); err != nil {
		return hosting.Group{}, false, fmt.Errorf("the value for parameter %q of server group %q: %w", wire.Parameter, wire.Into, err)
	}
	group, err = m.service.UpdateGroup(ctx, target.Group.GroupRef, func(group *hosting.Group) error {
		changed = false
		stored, held := group.Values[wire.Parameter]
		if _, owned := group.Wires[wire.ID]; !owned || held && stored.Text == text {
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

// spread delivers the record's values to the members that lack them.
func (m *Manager) spread(ctx context.Context, observation Observation, group hosting.Group) error {
	var behind []hosting.Server
	for _, member := range observation.Members {
		if member.Delivered < group.Revision {
			behind = append(behind, member.Server)
		}
	}
	if len(behind) == 0 {
		return nil
	}
	if err := m.service.Deliver(ctx, behind, group.Delivery()); err != nil {
		return fmt.Errorf("delivering revision %d to server group %q: %w", group.Revision, group.Name, err)
	}
	return nil
}
