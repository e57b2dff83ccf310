package ec2

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// entrySize returns how many bytes a body takes as an entry.
func entrySize(body string) int {
	const anyVersion = 1_000_000
	frame, err := encodeBody(entry{After: anyVersion, Write: newWrite(), Incarnation: maxIncarnation, Body: json.RawMessage("0")})
	if err != nil {
		return maxParameterBytes + 1 // It can't fail: all of it is text.
	}
	return len(frame) - 1 + len(body)
}

// checkSizes refuses a change whose sections don't fit into their parameters, before
// anything of it is written. What was too large before isn't refused.
func (s *Service) checkSizes(ctx context.Context, changed record, was, wanted bodies) error {
	for section, body := range wanted {
		if body == was[section] {
			continue
		}
		if size := entrySize(body); size > maxParameterBytes {
			return tooLarge(changed, section, size)
		}
	}
	if wanted[sectionValues] != was[sectionValues] {
		return s.checkDelivery(ctx, changed)
	}
	return nil
}

// tooLarge names what is large, but for its content.
func tooLarge(r record, section, size int) error {
	exceeds := func(what string) error {
		return fmt.Errorf("%s would have %d bytes, and an SSM parameter holds at most %d", what, size, maxParameterBytes)
	}
	switch section {
	case sectionValues:
		sizes := make(map[string]int)
		for name, value := range r.Values {
			sizes[name] = len(value.Text) + len(strings.Join(slices.Collect(maps.Values(value.BySlot)), ""))
		}
		name := largest(sizes)
		return fmt.Errorf("%w: the largest of its %d values is that of parameter %q, %d bytes; store it elsewhere, for example in S3, and deliver its address",
			exceeds("what is to be delivered to the group"), len(sizes), name, sizes[name])
	case sectionWires:
		return fmt.Errorf("%w: it has %d wires; divide the group", exceeds("the record of its wires"), len(r.Wires))
	}
	sizes := make(map[string]int)
	for name, text := range r.Parameters {
		sizes[name] = len(text)
	}
	name := largest(sizes)
	return fmt.Errorf("%w: the largest of its parameters is %q, %d bytes; let the boot script fetch it, and pass its address",
		exceeds("its record"), name, sizes[name])
}

// largest returns the name with the largest size, the first of equals; empty where
// there is none.
func largest(sizes map[string]int) string {
	names := slices.Sorted(maps.Keys(sizes))
	if len(names) == 0 {
		return ""
	}
	return slices.MaxFunc(names, func(a, b string) int { return cmp.Compare(sizes[a], sizes[b]) })
}
