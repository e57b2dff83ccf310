package manager

import (
	"fmt"
	"maps"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// carried is what a wire carries at the moment.
type carried struct {
	// value is what its target is to have stored, but for its secrecy and revision.
	value boot.Value
	ok    bool
	// why says what is missing: all where ok is false, otherwise a part of a vector.
	why string
	// empty: the sources have no servers, or fewer than the wire demands, and none is
	// about to have a value.
	empty bool
}

// carry returns what the wire carries now. An empty group, a member that doesn't
// run or has not published yet, and a group that doesn't exist are never taken for
// an empty value: the wire then holds, as it does where the sources have fewer servers than
// it demands. Members beyond their group's size are about
// to go and don't count. A wire without sources carries nothing: its value is
// Terraform's.
func carry(wire hosting.Wire, looks map[string]Observation) carried {
	if len(wire.From) == 0 {
		return carried{}
	}
	if short := shortage(wire, looks); short != "" {
		return carried{empty: true, why: short}
	}
	switch wire.Select {
	case hosting.SelectFirst:
		return carryFirst(wire, looks)
	case hosting.SelectEach, hosting.SelectOwn:
		return carryVector(wire, looks)
	default:
		return carryAll(wire, looks)
	}
}

// shortage says which servers are missing where the sources are meant to have fewer than the
// wire demands; empty where they have enough.
func shortage(wire hosting.Wire, looks map[string]Observation) string {
	have := 0
	for _, from := range wire.From {
		have += looks[from.Group].Group.Size
	}
	if have >= wire.MinSources {
		return ""
	}
	return fmt.Sprintf("there are %d of at least %d servers to take %s from", have, wire.MinSources, describeSources(wire))
}

// carryAll is carry for the values of all members, joined.
func carryAll(wire hosting.Wire, looks map[string]Observation) carried {
	elements, all, empty := gatherElements(wire, looks)
	if all.why != "" || empty {
		return carried{why: all.why, empty: empty}
	}
	texts := make([]string, 0, len(elements))
	for index := range len(elements) {
		texts = append(texts, elements[index])
	}
	return carried{value: boot.Value{Text: strings.Join(texts, wire.Separator)}, ok: true}
}

// carryVector is carry for a value for each slot of the target. An element that its
// source can't say now stays what it was: another member's lack holds nobody up. Of
// several sources it can't be told which element it was, so then all are waited for.
func carryVector(wire hosting.Wire, looks map[string]Observation) carried {
	elements, all, empty := gatherElements(wire, looks)
	if empty || all.why != "" && len(wire.From) > 1 {
		return carried{why: all.why, empty: empty}
	}
	stored := looks[wire.Into].Group.Values[wire.Parameter].BySlot
	for index := range all.count {
		text, kept := stored[index]
		if _, fresh := elements[index]; !fresh && kept {
			elements[index] = text
		}
	}
	return carried{value: boot.Value{BySlot: elements}, ok: len(elements) > 0, why: all.why}
}

// gathering is how gathering the elements of a wire has come out.
type gathering struct {
	// count is how many there would be.
	count int
	// why says what the first one lacks that isn't there; empty where all are.
	why string
}

// gatherElements returns the values of all members of the sources, by their number in the
// order of sources and slots. empty: a source has no servers.
func gatherElements(wire hosting.Wire, looks map[string]Observation) (elements map[int]string, all gathering, empty bool) {
	elements = make(map[int]string)
	for _, from := range wire.From {
		source := looks[from.Group]
		if source.Group.Size == 0 {
			return nil, gathering{why: fmt.Sprintf("server group %q has no servers", from.Group)}, true
		}
		for slot := range source.Group.Size {
			text, lack := elementOf(source, from, slot)
			if lack == "" {
				elements[all.count] = text
			} else if all.why == "" {
				all.why = lack
			}
			all.count++
		}
	}
	return elements, all, false
}

// elementOf returns a member's output, or what it lacks.
func elementOf(source Observation, from hosting.Output, slot int) (text, lack string) {
	member, running := source.Member(slot)
	if !running {
		return "", hosting.MemberKey(from.Group, slot) + " isn't running"
	}
	text, ok := outputOf(member, from.Output)
	if !ok {
		return "", lacks(member, from.Output)
	}
	return text, ""
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
		return carried{value: boot.Value{Text: text}, ok: true}
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

// dropOwn removes from the record what the servers that were in the slots have given to
// themselves: their successors must not take it for their own.
func dropOwn(group *hosting.Group, slots []int) {
	for _, wire := range group.Wires {
		value, held := group.Values[wire.Parameter]
		if wire.Into != group.Name || wire.Select != hosting.SelectOwn || !held {
			continue
		}
		value.BySlot = maps.Clone(value.BySlot)
		for _, slot := range slots {
			delete(value.BySlot, slot)
		}
		group.Values = maps.Clone(group.Values)
		group.Values[wire.Parameter] = value
	}
}
