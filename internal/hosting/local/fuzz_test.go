//go:build linux

package local

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// canary stands for a secret in a damaged file.
const canary = "canary-5b2e"

func seedGroup() hosting.Group {
	return hosting.Group{
		GroupRef:      hosting.GroupRef{Name: "web", Incarnation: "4b1d"},
		State:         hosting.GroupConfirmed,
		Run:           "run",
		Configuration: "web@0123456789abcdef",
		Parameters:    map[string]string{"port": "8080"},
		Size:          2,
		Restart:       "mark",
		Attempt:       3,
		Launch:        &hosting.PendingLaunch{Attempt: 3, Slots: []int{0, 1}, Fingerprint: "print"},
		Revision:      4,
		Values: map[string]boot.Value{
			"password": {Text: canary, Sensitive: true, Since: 2},
			"bytes":    {Text: "\x00\xff", Since: 4},
		},
		Wires: map[string]hosting.Wire{"w": {ID: "w", From: []hosting.Output{{Group: "db", Output: "private_ip"}}, Select: hosting.SelectAll, Separator: ",", Into: "web", Parameter: "bytes"}},
	}
}

// FuzzDecodeDocument: the decoder of the ledger never panics; its errors name the
// file and quote no text of a value; and what it accepts it writes back as it was.
func FuzzDecodeDocument(f *testing.F) {
	whole, err := encodeDocument(seedGroup())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(whole), string(whole[:len(whole)/2]), string(whole) + "{}", strings.Replace(string(whole), `"version": 1`, `"version": 2`, 1),
		strings.Replace(string(whole), `"`+canary+`"`, `["`+canary+`"]`, 1), strings.Replace(string(whole), `"size": 2`, `"size": "`+canary+`"`, 1),
		strings.Replace(string(whole), `"size"`, `"`+canary+`"`, 1), "", "{}", "[]", "null", `{"version": 1, "content": null}`,
		`{"version": 1, "content": {"values": {"a": {"bytes": "_"}}}}`, `{"version": 1, "content": {"name": "a", "NAME": "b"}}`,
		strings.Repeat("[", 20000), "\x00\x00\x00", `{"version": 1e400}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		const path = "/srv/.muster/default/groups/web.json"
		group, err := decodeDocument[hosting.Group](path, encoded)
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+" ") || quotesValue(encoded, err) {
				t.Fatalf("the error is %q", err)
			}
			return
		}
		again, err := encodeDocument(group)
		if err != nil {
			t.Fatalf("what was decoded can't be encoded: %v", err)
		}
		decoded, err := decodeDocument[hosting.Group](path, again)
		if err != nil {
			t.Fatalf("what was encoded can't be decoded: %v", err)
		}
		third, err := encodeDocument(decoded)
		if err != nil || !bytes.Equal(again, third) || !sameGroup(group, decoded) {
			t.Fatalf("the second round trip differs:\n%s\n%s", again, third)
		}
	})
}

// quotesValue reports whether the error holds the canary where the document has
// it as a text of its own, and not as the name of a field.
func quotesValue(encoded []byte, err error) bool {
	return strings.Contains(err.Error(), canary) && !bytes.Contains(encoded, []byte(canary+`":`)) && json.Valid(encoded)
}

// sameGroup ignores what JSON can't tell apart: an empty map or list and none.
func sameGroup(a, b hosting.Group) bool {
	for _, group := range []*hosting.Group{&a, &b} {
		if len(group.Parameters) == 0 {
			group.Parameters = nil
		}
		if len(group.Values) == 0 {
			group.Values = nil
		}
		if len(group.Wires) == 0 {
			group.Wires = nil
		}
		for id, wire := range group.Wires {
			if len(wire.From) == 0 {
				wire.From = nil
				group.Wires[id] = wire
			}
		}
	}
	return reflect.DeepEqual(a, b)
}
