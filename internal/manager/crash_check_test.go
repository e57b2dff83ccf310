package manager_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// audit holds a world against the stack that was asked for.
type audit struct {
	want    stack
	state   state
	groups  map[string]hosting.Group
	servers map[hosting.GroupRef][]hosting.Server
	reports map[string]boot.Report
	faults  []string
}

// violations says, line by line, what of the world isn't as the stack asks.
func violations(world *hostingfake.World, want stack, known state) []string {
	a := audit{
		want: want, state: known,
		groups: make(map[string]hosting.Group), servers: make(map[hosting.GroupRef][]hosting.Server), reports: make(map[string]boot.Report),
	}
	for _, group := range world.Groups() {
		a.groups[group.Name] = group
	}
	for _, server := range world.Servers() {
		a.servers[server.Group] = append(a.servers[server.Group], server)
		a.reports[server.ID], _ = world.Report(server.ID)
	}
	a.checkNames(world)
	for _, name := range slices.Sorted(maps.Keys(want.groups)) {
		if group, found := a.groups[name]; found {
			a.checkRecord(name, group)
			a.checkMembers(name, group)
		}
	}
	a.checkWires()
	for _, address := range slices.Sorted(maps.Keys(want.wires)) {
		a.checkValue(address)
	}
	return a.faults
}

func (a *audit) fault(format string, arguments ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, arguments...))
}

// compare is cmp.Diff, which is slow, for what differs.
func compare[V any](a *audit, what string, want, got V) {
	if !reflect.DeepEqual(want, got) {
		a.fault("%s (-want +got): %s", what, cmp.Diff(want, got))
	}
}

// checkNames looks for what there must not be, and for what must be.
func (a *audit) checkNames(world *hostingfake.World) {
	compare(a, "the groups in the ledger", sortedKeys(a.want.groups), sortedKeys(a.groups))
	compare(a, "the groups in the state", sortedKeys(a.want.groups), sortedKeys(a.state.groups))
	for ref, servers := range a.servers {
		if group, found := a.groups[ref.Name]; !found || group.GroupRef != ref {
			a.fault("%d orphans of group %v", len(servers), ref)
		}
	}
	stored := world.Configurations()
	for name, id := range a.want.ids {
		if !slices.Contains(stored, id) {
			a.fault("configuration %q is not stored", name)
		}
	}
	for _, id := range stored {
		if _, wanted := a.want.configurations[boot.ConfigurationName(id)]; !wanted {
			a.fault("configuration %q is left over", id)
		}
	}
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }

func (a *audit) checkRecord(name string, group hosting.Group) {
	spec := a.want.spec(name)
	switch {
	case group.Launch != nil:
		a.fault("group %q has launch %+v pending", name, *group.Launch)
	case group.Size != spec.Size || group.Configuration != spec.Configuration || group.Restart != spec.Restart || !maps.Equal(group.Parameters, spec.Parameters):
		a.fault("group %q is on record as %+v", name, group)
	case a.state.groups[name].ref != group.GroupRef:
		a.fault("group %q is %v in the state and %v in the ledger", name, a.state.groups[name].ref, group.GroupRef)
	}
}

// checkMembers wants one server in each slot, up to date, ready and with everything
// that the ledger holds, and no other.
func (a *audit) checkMembers(name string, group hosting.Group) {
	spec, members := a.want.spec(name), a.servers[group.GroupRef]
	if len(members) != spec.Size {
		a.fault("group %q has %d servers, not %d: %+v", name, len(members), spec.Size, members)
		return
	}
	for slot, server := range members {
		report := a.reports[server.ID]
		switch {
		case server.Slot != slot || server.State != hosting.ServerRunning:
			a.fault("in slot %d of group %q is %+v", slot, name, server)
		case server.Fingerprint != manager.Fingerprint(spec.Configuration, spec.Parameters):
			a.fault("%s was launched from something else", server.Key())
		case spec.Restart != "" && server.Restart != spec.Restart:
			a.fault("%s has booted under the mark %q", server.Key(), server.Restart)
		case a.state.groups[name].members[slot] != server.ID:
			a.fault("%s is %s in the state and %s in the world", server.Key(), a.state.groups[name].members[slot], server.ID)
		case report.Status != boot.StatusReady || report.Decommission.Begun():
			a.fault("%s is %s, decommissioning is %s", server.Key(), report.Status, report.Decommission)
		case server.Delivered != group.Revision || report.Received != group.Revision || report.Applied != group.Revision:
			a.fault("%s was given revision %d, has received %d and applied %d of %d", server.Key(), server.Delivered, report.Received, report.Applied, group.Revision)
		default:
			a.checkOutputs(server, group)
		}
	}
}

// checkOutputs holds what a member publishes, which depends on what it was given,
// against the ledger. A value whose wire is gone may stay in force.
func (a *audit) checkOutputs(server hosting.Server, group hosting.Group) {
	for name, parameter := range a.want.configurations[boot.ConfigurationName(group.Configuration)].Parameters {
		if parameter.Deferred && !a.feeds(group.Name, name) {
			return
		}
	}
	now := hostingfake.Situation{Server: server, Values: maps.Clone(group.Parameters)}
	if now.Values == nil {
		now.Values = make(map[string]string)
	}
	for name, value := range group.Values {
		now.Values[name] = value.Text
	}
	want := behaviors()[boot.ConfigurationName(group.Configuration)].Publish(now)
	compare(a, "what "+server.Key()+" publishes, by its values in the ledger and in truth", want, a.reports[server.ID].Outputs)
}

// feeds reports whether a wire of the stack leads into the parameter.
func (a *audit) feeds(group, parameter string) bool {
	for _, wire := range a.want.wires {
		if wire.Into == group && wire.Parameter == parameter {
			return true
		}
	}
	return false
}

// checkWires wants each wire of the stack in the records of all groups at its ends,
// and no other wire.
func (a *audit) checkWires() {
	want, got := make(map[string][]string), make(map[string][]string)
	for address, spec := range a.want.wires {
		id := a.state.wires[address].id
		groups := ends(spec)
		slices.Sort(groups)
		for _, name := range slices.Compact(groups) {
			want[name] = append(want[name], fmt.Sprintf("%s %+v %s %q -> %s.%s", id, spec.From, spec.Select, spec.Separator, spec.Into, spec.Parameter))
		}
	}
	for name, group := range a.groups {
		for id, wire := range group.Wires {
			got[name] = append(got[name], fmt.Sprintf("%s %+v %s %q -> %s.%s", id, wire.From, wire.Select, wire.Separator, wire.Into, wire.Parameter))
		}
	}
	for _, wires := range want {
		slices.Sort(wires)
	}
	for _, wires := range got {
		slices.Sort(wires)
	}
	compare(a, "the wires by group", want, got)
}

// checkValue wants the target of a wire to hold what the wire carries. Where nobody
// is there to have it, nothing is stored but what Terraform knows.
func (a *audit) checkValue(address string) {
	spec := a.want.wires[address]
	target := a.groups[spec.Into]
	stored, held := target.Values[spec.Parameter]
	text, carried := a.carried(spec)
	switch {
	case target.Size == 0 && held && spec.Value == nil:
		a.fault("group %q has no members and holds %q", spec.Into, spec.Parameter)
	case target.Size > 0 && carried && stored.Text != text:
		a.fault("%s.%s is %q, not %q", spec.Into, spec.Parameter, stored.Text, text)
	}
}

func (a *audit) carried(spec manager.WireSpec) (string, bool) {
	if spec.Value != nil {
		return *spec.Value, true
	}
	var texts []string
	for _, from := range spec.From {
		for _, server := range a.servers[a.groups[from.Group].GroupRef] {
			texts = append(texts, a.reports[server.ID].Outputs[from.Output])
		}
	}
	if spec.Select == hosting.SelectFirst && len(texts) > 0 {
		texts = texts[:1]
	}
	return strings.Join(texts, spec.Separator), len(texts) > 0
}

// unconfirmed says what of the stack a refresh has not confirmed.
func unconfirmed(world *hostingfake.World) []string {
	var faults []string
	for _, group := range world.Groups() {
		if group.State != hosting.GroupConfirmed {
			faults = append(faults, fmt.Sprintf("group %q is %s", group.Name, group.State))
		}
		for id, wire := range group.Wires {
			if wire.Into == group.Name && !wire.Confirmed {
				faults = append(faults, fmt.Sprintf("wire %s into %s.%s is not confirmed", id, wire.Into, wire.Parameter))
			}
		}
	}
	return faults
}

// strangers says what exists and isn't in the state: the newest servers of the slots,
// and the wires.
func strangers(world *hostingfake.World, known state) []string {
	var faults []string
	groups := make(map[hosting.GroupRef]hosting.Group)
	for _, group := range world.Groups() {
		groups[group.GroupRef] = group
		for id, wire := range group.Wires {
			if wire.Into == group.Name && !knowsWire(known, id) {
				faults = append(faults, fmt.Sprintf("wire %s into %s.%s is not in the state", id, wire.Into, wire.Parameter))
			}
		}
	}
	newest := make(map[string]hosting.Server)
	for _, server := range world.Servers() {
		if server.State == hosting.ServerRunning && server.Slot < groups[server.Group].Size {
			newest[server.Key()] = server
		}
	}
	for key, server := range newest {
		if group := known.groups[server.Group.Name]; group.ref != server.Group || group.members[server.Slot] != server.ID {
			faults = append(faults, fmt.Sprintf("%s, which is %s, is not in the state", key, server.ID))
		}
	}
	return faults
}

func knowsWire(known state, id string) bool {
	for _, wire := range known.wires {
		if wire.id == id {
			return true
		}
	}
	return false
}
