package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// AwaitSpec says what to wait for.
type AwaitSpec struct {
	Groups []hosting.GroupRef
	// MinReady is the number of members that must be ready by group name; where a
	// group is missing, all of its intended members.
	MinReady map[string]int
}

func (s AwaitSpec) names() []string {
	names := make([]string, 0, len(s.Groups))
	for _, ref := range s.Groups {
		names = append(names, ref.Name)
	}
	return names
}

// Outputs are published outputs: by member key, then by name.
type Outputs map[string]map[string]string

// Await is the virtual server manager's loop. Until everything has settled, it
// collects the reports of the connected component of the spec's groups and
// delivers along every wire of it. It is over when, in one pass, no wire carries
// another value than its target has stored, no stored value is undelivered, also none that
// goes from member to member in serial order, and
// every live member of the spec's groups is ready and has applied its group's
// newest revision, while no member of the component is at work on a revision
// that it has received (it may still publish).
//
// A member of the spec's groups that fails ends the wait with a [MemberError],
// if the rest can't make up the minimum. The end of ctx ends it with a
// [PendingError], which says who waits for what. A spec without groups is an error:
// nothing to wait for is never meant.
func (m *Manager) Await(ctx context.Context, spec AwaitSpec) (Outputs, error) {
	if len(spec.Groups) == 0 {
		return nil, errors.New("awaiting server groups: none is named")
	}
	var last pass
	turns := make(map[string]int)
	rhythm := tempo{pace: m.service.Pace()}
	err := wait.Paced(ctx, rhythm.next, func(ctx context.Context) (bool, error) {
		now, err := m.lookAround(ctx, spec)
		if err != nil {
			return false, err
		}
		rhythm.note(now.progress() != last.progress())
		last = now
		if err := spec.unattainable(now); err != nil {
			return false, err
		}
		moved, err := m.deliverAll(ctx, now, turns)
		if err != nil {
			return false, err
		}
		return !moved && spec.settled(now), nil
	})
	if err != nil && ctx.Err() != nil {
		return nil, &PendingError{Cause: context.Cause(ctx), Pending: spec.pending(last, turns)}
	}
	if err != nil {
		return nil, err
	}
	return last.outputs(spec.names()), nil
}

// Collect returns the published outputs of the groups as they are now. A group
// that doesn't exist, or whose configuration is missing, has none.
func (m *Manager) Collect(ctx context.Context, refs []hosting.GroupRef) (Outputs, error) {
	outputs := make(Outputs)
	for _, ref := range refs {
		observation, err := m.Observe(ctx, ref)
		if _, missing := errors.AsType[*ConfigurationMissingError](err); missing || errors.Is(err, hosting.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		outputs.add(observation)
	}
	return outputs, nil
}

func (o Outputs) add(observation Observation) {
	for _, member := range observation.Members {
		o[member.Key()] = maps.Clone(member.Report.Outputs)
	}
}

// pass is one look at a whole component.
type pass struct {
	network network
	looks   map[string]Observation
}

// progress is a number that changes whenever a member has taken a step.
func (p pass) progress() int {
	steps := 0
	for _, look := range p.looks {
		for _, member := range look.Members {
			report := member.Report
			steps += 1 + int(report.Status) + report.Received + report.Applied + len(report.Outputs) + len(report.Events) + member.Delivered
		}
	}
	return steps
}

func (p pass) outputs(names []string) Outputs {
	outputs := make(Outputs)
	for _, name := range names {
		outputs.add(p.looks[name])
	}
	return outputs
}

func (m *Manager) lookAround(ctx context.Context, spec AwaitSpec) (pass, error) {
	component, err := m.connected(ctx, spec.names())
	if err != nil {
		return pass{}, err
	}
	for _, ref := range spec.Groups {
		if component.groups[ref.Name].Incarnation != ref.Incarnation {
			return pass{}, fmt.Errorf("awaiting server group %q: %w", ref.Name, hosting.ErrNotFound)
		}
	}
	looks := make(map[string]Observation, len(component.groups))
	for name, group := range component.groups {
		look, err := m.observe(ctx, group, m.service.Reports)
		if err != nil {
			return pass{}, err
		}
		looks[name] = look
	}
	return pass{network: component, looks: looks}, nil
}

// deliverAll stores and delivers what the wires carry, and reports whether there
// was anything to do. It counts in turns how often each wire's value has changed.
func (m *Manager) deliverAll(ctx context.Context, now pass, turns map[string]int) (moved bool, err error) {
	records := maps.Clone(now.network.groups)
	for _, wire := range now.network.wires() {
		target := now.looks[wire.Into]
		carried := carry(wire, now.looks)
		if !carried.ok || len(target.Members) == 0 {
			continue
		}
		if stores(target.Group, wire.Parameter, carried.value) {
			continue
		}
		group, changed, err := m.store(ctx, now.looks, wire, carried.value)
		if err != nil {
			return true, err
		}
		records[wire.Into] = group
		if changed {
			turns[wire.ID]++
		}
		moved = true
	}
	for _, name := range slices.Sorted(maps.Keys(now.looks)) {
		look := now.looks[name]
		moved = moved || len(due(look, records[name])) > 0
		if err := m.spread(ctx, look, records[name]); err != nil {
			return true, err
		}
		restarted, err := m.restartNext(ctx, look, records[name])
		if err != nil {
			return true, err
		}
		moved = moved || restarted
	}
	return moved, nil
}

// minimum returns how many members of the group must be ready.
func (s AwaitSpec) minimum(group hosting.Group) int {
	if minimum, set := s.MinReady[group.Name]; set {
		return minimum
	}
	return group.Size
}

// unattainable returns why too few members of one of the groups can ever become
// ready: they have failed, or they don't run.
func (s AwaitSpec) unattainable(now pass) error {
	var errs []error
	for _, name := range s.names() {
		look := now.looks[name]
		var failures []error
		for slot := range look.Group.Size {
			member, running := look.Member(slot)
			switch {
			case !running:
				failures = append(failures, look.lost(slot))
			case member.Failed():
				failures = append(failures, look.failure(member))
			}
		}
		if look.Group.Size-len(failures) < s.minimum(look.Group) {
			errs = append(errs, failures...)
		}
	}
	return errors.Join(errs...)
}

// settled reports whether the members have done all that they will do without
// being given anything new. The caller has found nothing to deliver.
func (s AwaitSpec) settled(now pass) bool {
	names := s.names()
	for name, look := range now.looks {
		own := slices.Contains(names, name)
		ready := 0
		for _, member := range look.Members {
			report := member.Report
			if report.Status == boot.StatusReady && !member.Failed() && report.Applied >= look.Group.Revision {
				ready++
			}
			if !s.spared(own, look.Group) && !member.Failed() && (report.Received > report.Applied || member.inLine(look.Group) || member.restartDue(look.Group)) {
				return false
			}
		}
		if own && ready < s.minimum(look.Group) {
			return false
		}
	}
	return true
}

// spared reports whether members of the group need not be at rest: a minimum was
// set so that nobody waits for the slowest.
func (s AwaitSpec) spared(own bool, group hosting.Group) bool {
	_, set := s.MinReady[group.Name]
	return own && set
}
