//go:build linux

package local

import (
	"testing"
)

func TestAddress_stays_in_its_range(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		index uint64
		want  string
	}{
		"the first":                      {0, "127.1.0.1"},
		"the end of the last octet":      {253, "127.1.0.254"},
		"the next third octet":           {254, "127.1.1.1"},
		"the end of the third octet":     {254*256 - 1, "127.1.255.254"},
		"the next second octet":          {254 * 256, "127.2.0.1"},
		"the last":                       {addressCount - 1, "127.254.255.254"},
		"behind the last, the first one": {addressCount, "127.1.0.1"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := addressText(address(test.index)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestClaimAddress_probes_on_where_one_is_taken(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 5 {
		got, err := claimAddress("srv-000000000000000000")
		if err != nil || seen[got] {
			t.Errorf("got %s again, or error %v", got, err)
		}
		seen[got] = true
	}
}
