package boot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// storedValue is a [Value] as JSON. A value is any bytes without NUL, and JSON holds
// only UTF-8: encoding/json would put U+FFFD in the place of all others.
type storedValue struct {
	Text *string `json:"text,omitempty"`
	// Bytes stands in the place of Text where that isn't UTF-8; in base64.
	Bytes     []byte `json:"bytes,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	Since     int    `json:"since"`
}

// MarshalJSON implements [json.Marshaler]: every byte of the text comes back.
func (v Value) MarshalJSON() ([]byte, error) {
	stored := storedValue{Sensitive: v.Sensitive, Since: v.Since}
	if utf8.ValidString(v.Text) {
		stored.Text = &v.Text
	} else {
		stored.Bytes = []byte(v.Text)
	}
	return json.Marshal(stored)
}

// UnmarshalJSON implements [json.Unmarshaler]. Its errors never quote the text. An
// unknown field is an error, because dropping it would lose what it says.
func (v *Value) UnmarshalJSON(encoded []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	var stored storedValue
	if decoder.Decode(&stored) != nil || (stored.Text == nil) == (stored.Bytes == nil) {
		return fmt.Errorf("decoding the value of a parameter: %w", errLine)
	}
	*v = Value{Text: string(stored.Bytes), Sensitive: stored.Sensitive, Since: stored.Since}
	if stored.Text != nil {
		v.Text = *stored.Text
	}
	return nil
}
