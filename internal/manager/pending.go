package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// PendingError says what had not settled when a wait ended.
type PendingError struct {
	Cause error
	// Pending has one line for each thing that was waited for.
	Pending []string
}

// Error says why the wait ended and lists what was waited for.
func (e *PendingError) Error() string {
	why := "the wait was interrupted"
	if errors.Is(e.Cause, context.DeadlineExceeded) {
		why = "the time is up"
	}
	if len(e.Pending) == 0 {
		return why
	}
	return why + "; still pending:\n  " + strings.Join(e.Pending, "\n  ")
}

// Unwrap returns why the wait ended.
func (e *PendingError) Unwrap() error { return e.Cause }

// restless is how often a wire's value must have changed during one wait for it
// to be named as one that never settles.
const restless = 3

// pending says, line by line, what had not settled.
func (s AwaitSpec) pending(now pass, turns map[string]int) []string {
	if len(now.looks) == 0 {
		return []string{"no look at the servers has come to its end"}
	}
	var lines []string
	own := s.names()
	for _, name := range slices.Sorted(slices.Values(own)) {
		for _, member := range now.looks[name].Members {
			lines = append(lines, describeMember(member, now.looks[name], now)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now.looks)) {
		if slices.Contains(own, name) {
			continue
		}
		for _, member := range now.looks[name].Members {
			lines = append(lines, describeNeighbour(member, now.looks[name], now)...)
		}
	}
	for _, wire := range now.network.wires() {
		if line := describeWire(wire, now, turns[wire.ID]); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// describeWire says why what the wire carries has not arrived.
func describeWire(wire hosting.Wire, now pass, turns int) string {
	target := now.looks[wire.Into]
	if len(wire.From) == 0 || len(target.Members) == 0 {
		return ""
	}
	carried := carry(wire, now.looks)
	switch {
	case turns >= restless:
		return fmt.Sprintf("%s: its value has changed %d times and doesn't settle", wireName(wire), turns)
	case !carried.ok:
		return fmt.Sprintf("%s: nothing to deliver: %s", wireName(wire), carried.why)
	case !stores(target.Group, wire.Parameter, carried.value):
		return wireName(wire) + ": its value has just changed"
	}
	return ""
}

// describeMember says what a member of the spec's groups does in place of being
// ready.
func describeMember(member Member, look Observation, now pass) []string {
	report := member.Report
	key := member.Key()
	switch {
	case member.Failed():
		return []string{key + ": " + look.failure(member).Failure}
	case report.Status == boot.StatusUnknown:
		return []string{key + ": has not reported yet"}
	case report.Status == boot.StatusWaiting:
		var waits []string
		for _, name := range report.Waiting {
			waits = append(waits, fmt.Sprintf("%q (%s)", name, whyMissing(name, member.Slot, look.Group, now)))
		}
		return []string{key + ": waits for " + strings.Join(waits, ", ")}
	case report.Status == boot.StatusBooting:
		return []string{key + ": its boot script is running"}
	case report.Applied < look.Group.Revision:
		return []string{fmt.Sprintf("%s: has applied revision %d of %d", key, report.Applied, look.Group.Revision)}
	}
	return nil
}

// describeNeighbour says what holds up the wait at a member of another group of the
// component: what it has not been given, has not finished, or can't publish any
// more.
func describeNeighbour(member Member, look Observation, now pass) []string {
	key := member.Key()
	var lines []string
	if member.Delivered < look.Group.Revision {
		lines = append(lines, fmt.Sprintf("%s: has been given revision %d of %d", key, member.Delivered, look.Group.Revision))
	}
	switch {
	case member.Failed() && missed(member, now):
		lines = append(lines, key+": "+look.failure(member).Failure)
	case !member.Failed() && member.Report.Received > member.Report.Applied:
		lines = append(lines, fmt.Sprintf("%s: has received revision %d and applied revision %d", key, member.Report.Received, member.Report.Applied))
	}
	return lines
}

// missed reports whether a wire waits for an output that the member lacks.
func missed(member Member, now pass) bool {
	for _, wire := range now.network.wires() {
		for _, from := range wire.From {
			if _, has := outputOf(member, from.Output); from.Group == member.Group.Name && !has {
				return true
			}
		}
	}
	return false
}

func whyMissing(parameter string, slot int, group hosting.Group, now pass) string {
	if value, held := group.Values[parameter]; held && value.Has(slot) {
		return "stored, being delivered"
	}
	for _, id := range slices.Sorted(maps.Keys(group.Wires)) {
		wire := group.Wires[id]
		if wire.Into != group.Name || wire.Parameter != parameter {
			continue
		}
		carried := carry(wire, now.looks)
		switch {
		case len(wire.From) == 0:
		case carried.ok && carried.why == "" && !carried.value.Has(slot):
			return fmt.Sprintf("%s has no server for slot %d", describeSources(wire), slot)
		case !carried.value.Has(slot) || !carried.ok:
			return carried.why
		}
		return "its injection has not delivered yet"
	}
	return "no injection delivers it"
}

func wireName(wire hosting.Wire) string {
	return fmt.Sprintf("wire %s -> %s.%s", describeSources(wire), wire.Into, wire.Parameter)
}
