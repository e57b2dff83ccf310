package boot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// storedValue is a [Value] as JSON. A value is any bytes without NUL, and JSON holds
// only UTF-8: encoding/json would put U+FFFD in the place of all others.
type storedValue struct {
	Text *string `json:"text,omitempty"`
	// Bytes stands in the place of Text where that isn't UTF-8; in base64.
	Bytes []byte `json:"bytes,omitempty"`
	// BySlot, or BytesBySlot where one of its texts isn't UTF-8, stands in the place
	// of both where there is a vector.
	BySlot      map[int]string `json:"by_slot,omitzero"`
	BytesBySlot map[int][]byte `json:"bytes_by_slot,omitempty"`
	Sensitive   bool           `json:"sensitive,omitempty"`
	Since       int            `json:"since"`
}

// forms counts the ways in which the value is there.
func (s storedValue) forms() int {
	forms := 0
	for _, there := range []bool{s.Text != nil, s.Bytes != nil, s.BySlot != nil, s.BytesBySlot != nil} {
		if there {
			forms++
		}
	}
	return forms
}

func (s storedValue) slotsInRange() bool {
	for _, slot := range slices.AppendSeq(slices.Collect(maps.Keys(s.BySlot)), maps.Keys(s.BytesBySlot)) {
		if slot < 0 || slot >= MaxVectorSlots {
			return false
		}
	}
	return true
}

// MarshalJSON implements [json.Marshaler]: every byte of the text comes back.
func (v Value) MarshalJSON() ([]byte, error) {
	stored := storedValue{Sensitive: v.Sensitive, Since: v.Since}
	switch {
	case slices.ContainsFunc(slices.Collect(maps.Values(v.BySlot)), invalidUTF8):
		stored.BytesBySlot = make(map[int][]byte, len(v.BySlot))
		for slot, text := range v.BySlot {
			stored.BytesBySlot[slot] = []byte(text)
		}
	case v.BySlot != nil:
		stored.BySlot = v.BySlot
	case invalidUTF8(v.Text):
		stored.Bytes = []byte(v.Text)
	default:
		stored.Text = &v.Text
	}
	return json.Marshal(stored)
}

func invalidUTF8(text string) bool { return !utf8.ValidString(text) }

// UnmarshalJSON implements [json.Unmarshaler]. Its errors never quote the text. An
// unknown field is an error, because dropping it would lose what it says.
func (v *Value) UnmarshalJSON(encoded []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	var stored storedValue
	if decoder.Decode(&stored) != nil || stored.forms() != 1 || !stored.slotsInRange() {
		return fmt.Errorf("decoding the value of a parameter: %w", errLine)
	}
	*v = Value{Text: string(stored.Bytes), BySlot: stored.BySlot, Sensitive: stored.Sensitive, Since: stored.Since}
	if stored.BytesBySlot != nil {
		v.BySlot = make(map[int]string, len(stored.BytesBySlot))
	}
	for slot, text := range stored.BytesBySlot {
		v.BySlot[slot] = string(text)
	}
	if stored.Text != nil {
		v.Text = *stored.Text
	}
	return nil
}
