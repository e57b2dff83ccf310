package manager

import (
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// due returns the servers that are to be given the record's revision now: all that lack it
// or, where it has a value that spreads in serial order, of those that lack that one only
// the first, and not before the members that have been given it have applied it. One that
// has failed with it stops the others; one that had failed before, and can't recover, is
// passed over, as are those about to go.
func due(observation Observation, group hosting.Group) []hosting.Server {
	serial := serialRevision(group)
	occupied := slices.ContainsFunc(observation.Members, func(m Member) bool { return m.occupies(serial, group) })
	var due []hosting.Server
	for _, member := range observation.Members {
		switch {
		case member.Delivered >= group.Revision:
		case member.Delivered >= serial:
			due = append(due, member.Server)
		case !occupied && member.Slot < group.Size && (!member.Failed() || member.Report.FailedToUpdate()):
			due, occupied = append(due, member.Server), true
		}
	}
	return due
}

// occupies reports whether the member has been given what the revision brought, and has not
// applied it: it is at work on it, or has failed with it.
func (m Member) occupies(revision int, group hosting.Group) bool {
	return m.Slot < group.Size && m.Delivered >= revision && (m.Report.Applied < revision || m.Failed())
}

// stopped reports whether a member has failed with a value that spreads in serial order, so
// that those after it don't get it.
func stopped(observation Observation) bool {
	serial := serialRevision(observation.Group)
	return serial > 0 && slices.ContainsFunc(observation.Members, func(m Member) bool {
		return m.occupies(serial, observation.Group) && m.Failed()
	})
}

// inLine reports whether the member has yet to have its turn with a value that spreads in
// serial order.
func (m Member) inLine(group hosting.Group) bool {
	return m.Slot < group.Size && m.Delivered < serialRevision(group)
}

// serialRevision returns the revision of the newest value that spreads in serial order; 0
// where there is none.
func serialRevision(group hosting.Group) int {
	newest := 0
	for _, wire := range group.Wires {
		if wire.Into == group.Name && wire.Order == hosting.OrderSerial {
			newest = max(newest, group.Values[wire.Parameter].Since)
		}
	}
	return newest
}

// heldBack returns the stored parameters that servers launched into the slots don't start
// with: those that spread in serial order come in turn; and what the group tells itself
// about its members is stale as soon as there are others.
func heldBack(group hosting.Group, slots []int) []string {
	var names []string
	for _, wire := range group.Wires {
		if wire.Into != group.Name || !holdsValue(group, wire.Parameter) {
			continue
		}
		if wire.Order == hosting.OrderSerial || staleForItself(group, wire, slots) {
			names = append(names, wire.Parameter)
		}
	}
	return names
}

// staleForItself reports whether servers launched into the slots change what the wire
// carries from the group to itself. The first value doesn't change with others behind it,
// and each one's own is dropped where its server goes.
func staleForItself(group hosting.Group, wire hosting.Wire, slots []int) bool {
	if !slices.Contains(wire.Sources(), group.Name) {
		return false
	}
	switch wire.Select {
	case hosting.SelectOwn:
		return false
	case hosting.SelectFirst:
		return slices.Contains(slots, 0)
	default:
		return true
	}
}

// launchDelivery returns what servers launched into the slots start with. Where something
// is held back, its revision is below the record's, so that the rest is delivered to them
// like every other news.
func launchDelivery(group hosting.Group, slots []int) boot.Delivery {
	held := heldBack(group, slots)
	delivery := group.Delivery()
	if len(held) == 0 {
		return delivery
	}
	delivery.Revision--
	maps.DeleteFunc(delivery.Values, func(name string, value boot.Value) bool {
		return slices.Contains(held, name) || value.Since > delivery.Revision
	})
	return delivery
}
