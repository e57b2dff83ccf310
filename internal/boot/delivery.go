package boot

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Value is the value of a deferred parameter as it is stored in a group's
// ledger and delivered to its members.
type Value struct {
	// Text is every member's value; empty where BySlot is not nil.
	Text string `json:"text"`
	// BySlot is a vector: each member's own value by its slot, which is below
	// [MaxVectorSlots]. A member whose slot isn't there has no value. Nil: all members
	// have Text.
	BySlot    map[int]string `json:"by_slot,omitempty"`
	Sensitive bool           `json:"sensitive,omitempty"`
	// Since is the revision that brought this text or this vector.
	Since int `json:"since"`
}

// Has reports whether the member in the slot has a value.
func (v Value) Has(slot int) bool {
	_, there := v.BySlot[slot]
	return there || v.BySlot == nil
}

// MaxVectorSlots is the number of slots that a [Value.BySlot] can have values for.
const MaxVectorSlots = 10_000

// Delivery is the whole set of values that a group's ledger holds at a
// revision. It is a state, not a change: the newest delivery is all that a
// server needs. Revision 0 has no values.
type Delivery struct {
	Revision int
	Values   map[string]Value
}

const deliveryHeader = "muster delivery 1"

const (
	wordValue  = "value"
	wordVector = "vector"
	// noElement stands in a vector for a slot that has no value.
	noElement = "~"
)

// Encode returns the delivery in the line format that the agent reads; see
// [DecodeDelivery]. Equal deliveries are encoded equally. The caller guarantees
// valid names and values.
func (d Delivery) Encode() []byte {
	var e encoder
	e.line(deliveryHeader, strconv.Itoa(d.Revision))
	for _, name := range slices.Sorted(maps.Keys(d.Values)) {
		e.value(name, d.Values[name])
	}
	return e.end()
}

func (e *encoder) value(name string, value Value) {
	fields := []string{wordValue, name, strconv.Itoa(value.Since), encodeSecrecy(value.Sensitive)}
	if value.BySlot == nil {
		e.line(append(fields, encodeDelivered(value.Text, value.Sensitive))...)
		return
	}
	fields[0] = wordVector
	e.line(append(fields, encodeVector(value)...)...)
}

// encodeVector returns a field for each slot up to the last one that has a value.
func encodeVector(value Value) []string {
	var fields []string
	for _, slot := range slices.Sorted(maps.Keys(value.BySlot)) {
		for len(fields) < slot {
			fields = append(fields, noElement)
		}
		fields = append(fields, encodeDelivered(value.BySlot[slot], value.Sensitive))
	}
	return fields
}

// plainText matches what can stand in a document as it is. Addresses, names, numbers and
// lists of them do, and are compressed much better than in base64.
var plainText = regexp.MustCompile(`^[A-Za-z0-9+/=._,:@-]+$`)

func encodeDelivered(text string, sensitive bool) string {
	if !sensitive && plainText.MatchString(text) {
		return ":" + text
	}
	return encodeText(text)
}

func decodeDelivered(field string) (string, error) {
	text, plain := strings.CutPrefix(field, ":")
	if !plain {
		return decodeValue(field)
	}
	if !plainText.MatchString(text) {
		return "", errLine
	}
	return text, CheckText(text)
}

// DecodeDelivery reads what [Delivery.Encode] has written:
//
//	muster delivery 1 REVISION
//	value NAME SINCE plain|sensitive TEXT
//	vector NAME SINCE plain|sensitive TEXT0 TEXT1 …
//	end
//
// A vector holds a text per slot, or ~ where the slot has no value. A text of a delivery
// may also stand as it is, after a colon, if it consists of letters, digits and the
// characters +/=._,:@- alone. Its errors name the line and never quote a value. Values is
// nil where there are none.
func DecodeDelivery(encoded []byte) (Delivery, error) {
	var d deliveryDecoder
	if err := decodeLines(encoded, deliveryHeader, d.decodeLine); err != nil {
		return Delivery{}, fmt.Errorf("decoding the delivery: %w", err)
	}
	return d.delivery, nil
}

type deliveryDecoder struct{ delivery Delivery }

func (d *deliveryDecoder) decodeLine(fields []string) (err error) {
	switch {
	case fields[0] == deliveryHeader && len(fields) == 2:
		d.delivery.Revision, err = decodeNumber(fields[1])
		return err
	case fields[0] == wordValue && len(fields) == 5, fields[0] == wordVector && len(fields) >= 4:
		return d.decodeValue(fields)
	}
	return errLine
}

func (d *deliveryDecoder) decodeValue(fields []string) (err error) {
	name, err := decodeName(fields[1])
	if err != nil {
		return err
	}
	var value Value
	if value.Since, err = decodeNumber(fields[2]); err != nil {
		return err
	}
	if value.Since > d.delivery.Revision {
		return fmt.Errorf("%w: a value is newer than its delivery", errLine)
	}
	if value.Sensitive, err = decodeSecrecy(fields[3]); err != nil {
		return err
	}
	if fields[0] == wordVector {
		value.BySlot, err = decodeVector(fields[4:])
	} else {
		value.Text, err = decodeDelivered(fields[4])
	}
	if err != nil {
		return err
	}
	if d.delivery.Values == nil {
		d.delivery.Values = map[string]Value{}
	}
	return addNew(d.delivery.Values, name, value)
}

func decodeVector(fields []string) (map[int]string, error) {
	if len(fields) > MaxVectorSlots {
		return nil, fmt.Errorf("%w: too many elements", errLine)
	}
	texts := make(map[int]string, len(fields))
	for slot, field := range fields {
		if field == noElement {
			continue
		}
		text, err := decodeDelivered(field)
		if err != nil {
			return nil, err
		}
		texts[slot] = text
	}
	return texts, nil
}
