package boot_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestValue_JSON(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value boot.Value
		want  string
	}{
		"text":              {boot.Value{Text: "a\nb", Since: 3}, `{"text":"a\nb","since":3}`},
		"a secret":          {boot.Value{Text: "hush", Sensitive: true, Since: 1}, `{"text":"hush","sensitive":true,"since":1}`},
		"nothing":           {boot.Value{Since: 1}, `{"text":"","since":1}`},
		"what is not UTF-8": {boot.Value{Text: "caf\xe9\xff", Since: 2}, `{"bytes":"Y2Fm6f8=","since":2}`},
		"a cut letter":      {boot.Value{Text: "caf\xc3", Since: 2}, `{"bytes":"Y2Fmww==","since":2}`},
		"a vector":          {boot.Value{BySlot: map[int]string{0: "a", 12: ""}, Since: 2}, `{"by_slot":{"0":"a","12":""},"since":2}`},
		"an empty vector":   {boot.Value{BySlot: map[int]string{}, Since: 2}, `{"by_slot":{},"since":2}`},
		"a vector in which something is not UTF-8": {boot.Value{BySlot: map[int]string{0: "\xff", 1: "a", 4: ""}, Sensitive: true}, `{"bytes_by_slot":{"0":"/w==","1":"YQ==","4":""},"sensitive":true,"since":0}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(test.value)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(encoded); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			var decoded boot.Value
			if err := json.Unmarshal(encoded, &decoded); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.value, decoded); diff != "" {
				t.Errorf("the value that comes back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValue_UnmarshalJSON_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no text":             `{"since":1}`,
		"text and bytes":      `{"text":"hush","bytes":"aA==","since":1}`,
		"text and a vector":   `{"text":"hush","by_slot":["hush"],"since":1}`,
		"two vectors":         `{"by_slot":["hush"],"bytes_by_slot":["aA=="],"since":1}`,
		"an unknown field":    `{"text":"hush","since":1,"until":2}`,
		"bytes not in base64": `{"bytes":"hush!","since":1}`,
		"another type":        `"hush"`,
	}
	for name, encoded := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var value boot.Value
			err := json.Unmarshal([]byte(encoded), &value)
			if err == nil {
				t.Fatalf("got %+v, want an error", value)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the error quotes the value: %v", err)
			}
		})
	}
}
