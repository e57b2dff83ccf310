package hosting

import (
	"maps"
	"strconv"
	"strings"
)

// Renewal is a change of a delivered value that asks more of the servers that had the former
// one than to take it in: that they boot anew, or that others take their place.
type Renewal struct {
	Parameter string `json:"parameter"`
	// Revision is the one that brought the value.
	Revision int `json:"revision"`
	// Attempt is that of the newest launch at the time: the servers of later ones have begun
	// with the value.
	Attempt int `json:"attempt"`
}

// Concerns reports whether the server was launched before the change.
func (r Renewal) Concerns(server Server) bool { return server.Attempt <= r.Attempt }

// Renewals are the newest [Renewal] of each slot.
type Renewals struct {
	// All is the newest that concerned all slots; nil: there was none.
	All *Renewal `json:"all,omitempty"`
	// BySlot are the newer ones that concerned some.
	BySlot map[int]Renewal `json:"by_slot,omitempty"`
}

// Of returns the newest of the slot.
func (r Renewals) Of(slot int) (renewal Renewal, found bool) {
	if newer, own := r.BySlot[slot]; own {
		return newer, true
	}
	if r.All == nil {
		return Renewal{}, false
	}
	return *r.All, true
}

// With returns the renewals with a newer one of the slots; nil are all slots.
func (r Renewals) With(newer Renewal, slots []int) Renewals {
	if slots == nil {
		return Renewals{All: &newer}
	}
	bySlot := maps.Clone(r.BySlot)
	if bySlot == nil {
		bySlot = make(map[int]Renewal)
	}
	for _, slot := range slots {
		bySlot[slot] = newer
	}
	return Renewals{All: r.All, BySlot: bySlot}
}

// BootMark is what a server's newest boot was made for, as the marks of [LaunchRequest] and
// [Servers] say it.
type BootMark struct {
	// Trigger is what its group was asked for from without; empty: nothing.
	Trigger string
	// Revision is that of the [Renewal] that it was restarted for; 0: none.
	Revision int
}

// String returns the mark, from which [ParseBootMark] reads the same.
func (m BootMark) String() string {
	if m.Revision == 0 {
		return m.Trigger
	}
	return m.Trigger + "." + strconv.Itoa(m.Revision)
}

// ParseBootMark reads a mark. A Trigger has no dot.
func ParseBootMark(mark string) BootMark {
	trigger, revision, _ := strings.Cut(mark, ".")
	number, _ := strconv.Atoi(revision)
	return BootMark{Trigger: trigger, Revision: number}
}

// RestartDue returns the mark under which a member is to boot anew; due is false where it
// has done so already, or nothing asks for it.
func (g Group) RestartDue(server Server) (mark BootMark, due bool) {
	booted := ParseBootMark(server.Restart)
	mark = BootMark{Trigger: g.Restart, Revision: booted.Revision}
	due = g.Restart != "" && booted.Trigger != g.Restart
	if renewal, found := g.RenewalDue(server); found {
		mark.Revision, due = renewal.Revision, true
	}
	if g.Restart == "" {
		mark.Trigger = booted.Trigger
	}
	return mark, due
}

// RenewalDue returns the change of a value for which the server has yet to boot anew.
func (g Group) RenewalDue(server Server) (renewal Renewal, due bool) {
	renewal, found := g.Restarts.Of(server.Slot)
	return renewal, found && renewal.Concerns(server) && ParseBootMark(server.Restart).Revision < renewal.Revision
}

// ReplacementDue returns the change of a value for which another server is to take the
// place of this one.
func (g Group) ReplacementDue(server Server) (renewal Renewal, due bool) {
	renewal, found := g.Replacements.Of(server.Slot)
	return renewal, found && renewal.Concerns(server)
}
