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
	var lines []string
	for _, name := range slices.Sorted(slices.Values(s.names())) {
		look := now.looks[name]
		for _, member := range look.Members {
			if line := describeMember(member, look.Group, now); line != "" {
				lines = append(lines, line)
			}
		}
	}
	for _, wire := range now.network.wires() {
		if len(now.looks[wire.Into].Members) == 0 {
			continue
		}
		if carried := carry(wire, now.looks); len(wire.From) > 0 && !carried.ok {
			lines = append(lines, fmt.Sprintf("%s: nothing to deliver: %s", wireName(wire), carried.why))
		}
		if turns[wire.ID] >= restless {
			lines = append(lines, fmt.Sprintf("%s: its value has changed %d times and doesn't settle", wireName(wire), turns[wire.ID]))
		}
	}
	return lines
}

func describeMember(member Member, group hosting.Group, now pass) string {
	report := member.Report
	key := member.Key()
	switch {
	case report.Status == boot.StatusUnknown:
		return key + ": has not reported yet"
	case report.Status == boot.StatusWaiting:
		var waits []string
		for _, name := range report.Waiting {
			waits = append(waits, fmt.Sprintf("%q (%s)", name, whyMissing(name, group, now)))
		}
		return key + ": waits for " + strings.Join(waits, ", ")
	case report.Status == boot.StatusBooting:
		return key + ": its boot script is running"
	case report.Applied < group.Revision:
		return fmt.Sprintf("%s: has applied revision %d of %d", key, report.Applied, group.Revision)
	}
	return ""
}

func whyMissing(parameter string, group hosting.Group, now pass) string {
	if _, stored := group.Values[parameter]; stored {
		return "stored, being delivered"
	}
	for _, id := range slices.Sorted(maps.Keys(group.Wires)) {
		wire := group.Wires[id]
		if wire.Into != group.Name || wire.Parameter != parameter {
			continue
		}
		if carried := carry(wire, now.looks); len(wire.From) > 0 {
			return carried.why
		}
		return "its injection has not delivered yet"
	}
	return "no injection delivers it"
}

func wireName(wire hosting.Wire) string {
	var from []string
	for _, output := range wire.From {
		from = append(from, output.Group+"."+output.Output)
	}
	return fmt.Sprintf("wire %s -> %s.%s", strings.Join(from, ", "), wire.Into, wire.Parameter)
}
