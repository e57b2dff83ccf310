package manager_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

type operation struct {
	address string
	do      func(context.Context) error
}

// planDestruction plans the end of what is not wanted, and of what is to be replaced:
// dependents first.
func (r *run) planDestruction() []operation {
	var plan []operation
	if r.state.readiness != "" && !r.want.readiness {
		plan = append(plan, operation{"destroy readiness", func(context.Context) error {
			r.state.readiness = ""
			return nil
		}})
	}
	for _, address := range slices.Sorted(maps.Keys(r.state.wires)) {
		if _, wanted := r.want.wires[address]; !wanted {
			plan = append(plan, operation{"destroy wire " + address, func(ctx context.Context) error { return r.destroyWire(ctx, address) }})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.state.groups)) {
		wanted, found := r.want.groups[name]
		if !found || wanted.generation != r.state.groups[name].generation {
			plan = append(plan, operation{"destroy group " + name, func(ctx context.Context) error { return r.destroyGroup(ctx, name) }})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.state.configurations)) {
		if _, wanted := r.want.configurations[name]; !wanted {
			plan = append(plan, operation{"destroy configuration " + name, func(ctx context.Context) error {
				err := r.manager.DeleteConfigurations(ctx, name)
				if err == nil {
					delete(r.state.configurations, name)
				}
				return err
			}})
		}
	}
	return plan
}

func (r *run) destroyWire(ctx context.Context, address string) error {
	known := r.state.wires[address]
	err := r.manager.Disconnect(ctx, known.id, known.spec.Into)
	if err == nil {
		delete(r.state.wires, address)
	}
	return err
}

func (r *run) destroyGroup(ctx context.Context, name string) error {
	_, err := r.manager.DestroyGroup(ctx, r.state.groups[name].ref, drainTimeout)
	if err == nil {
		delete(r.state.groups, name)
	}
	return err
}

// planChanges plans what is to be created or changed, in the order of dependencies.
func (r *run) planChanges() []operation {
	var plan []operation
	for _, name := range slices.Sorted(maps.Keys(r.want.configurations)) {
		configuration := r.want.configurations[name]
		if r.state.configurations[name] != r.want.ids[name] {
			plan = append(plan, operation{"store configuration " + name, func(ctx context.Context) error {
				err := r.manager.PutConfiguration(ctx, configuration)
				if err == nil {
					r.state.configurations[name] = r.want.ids[name]
				}
				return err
			}})
		}
	}
	renewed := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(r.want.groups)) {
		operation, needed := r.planGroup(name, renewed)
		if needed {
			plan = append(plan, operation)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(r.want.wires)) {
		if r.mustConnect(address, renewed) {
			plan = append(plan, operation{"connect wire " + address, func(ctx context.Context) error { return r.connect(ctx, address) }})
		}
	}
	if r.want.readiness && (len(plan) > 0 || r.state.readiness != r.awaited()) {
		plan = append(plan, operation{"await readiness", r.await})
	}
	return plan
}

// planGroup notes in renewed the groups whose handle is about to change.
func (r *run) planGroup(name string, renewed map[string]bool) (planned operation, needed bool) {
	known, exists := r.state.groups[name]
	if !exists || known.generation != r.want.groups[name].generation {
		renewed[name] = true
		return operation{"create group " + name, func(ctx context.Context) error { return r.createGroup(ctx, name) }}, true
	}
	keep, changes := planMembers(known, r.groupSeen[name], r.want.spec(name))
	renewed[name] = changes
	return operation{"change group " + name, func(ctx context.Context) error { return r.changeGroup(ctx, name, keep) }}, changes
}

// planMembers is the group's planner: which members stay as they are, and whether
// there is anything to do.
func planMembers(known groupState, seen manager.Observation, want manager.GroupSpec) (keep map[int]bool, changes bool) {
	fingerprint := manager.Fingerprint(want.Configuration, want.Parameters)
	keep = make(map[int]bool)
	for slot := range want.Size {
		member, running := seen.Member(slot)
		_, replacing := seen.Predecessors[slot]
		keep[slot] = known.members[slot] != "" && running && !replacing && !member.Failed() && member.Fingerprint == fingerprint
		changes = changes || !keep[slot] || want.Restart != "" && member.Restart != want.Restart
	}
	for slot := range known.members {
		changes = changes || slot >= want.Size
	}
	for _, server := range seen.Leftovers {
		_, replaced := seen.Member(server.Slot)
		changes = changes || replaced || server.Slot >= seen.Group.Size
	}
	for _, member := range seen.Members {
		changes = changes || member.Slot >= seen.Group.Size
	}
	group := seen.Group
	changes = changes || group.Launch != nil || manager.Fingerprint(group.Configuration, group.Parameters) != fingerprint ||
		group.Size != want.Size || group.Restart != want.Restart ||
		known.spec.Size != want.Size || known.spec.Configuration != want.Configuration || known.spec.Restart != want.Restart
	return keep, changes
}

func (r *run) mustConnect(address string, renewed map[string]bool) bool {
	known, exists := r.state.wires[address]
	want, seen := r.want.wires[address], r.wireSeen[address]
	if !exists || !seen.Exists || seen.Pending || !sameWire(known.spec, want) {
		return true
	}
	for _, name := range ends(want) {
		if renewed[name] {
			return true
		}
	}
	return known.ends != r.handles(want)
}

func sameWire(a, b manager.WireSpec) bool {
	sameValue := a.Value == nil && b.Value == nil || a.Value != nil && b.Value != nil && *a.Value == *b.Value
	return sameValue && a.Into == b.Into && a.Parameter == b.Parameter && a.Select == b.Select && a.Separator == b.Separator && slices.Equal(a.From, b.From)
}

// ends returns the names of the groups at the ends of a wire.
func ends(wire manager.WireSpec) []string {
	names := []string{wire.Into}
	for _, from := range wire.From {
		names = append(names, from.Group)
	}
	return names
}

// handles is what an injection has of the handles of the groups at its ends. It is
// updated whenever one of them changes.
func (r *run) handles(wire manager.WireSpec) string {
	text := ""
	for _, name := range ends(wire) {
		group := r.state.groups[name]
		text += fmt.Sprintf("%s %v;", group.ref.Incarnation, group.members)
	}
	return text
}

// awaited is what a readiness hangs on: the members of the groups and the deliveries
// of the wires.
func (r *run) awaited() string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(r.state.groups)) {
		group := r.state.groups[name]
		text += fmt.Sprintf("%s %s %s %v;", name, group.ref.Incarnation, group.spec.Restart, group.members)
	}
	for _, address := range slices.Sorted(maps.Keys(r.state.wires)) {
		text += address + " " + r.state.wires[address].delivery + ";"
	}
	return text
}
