package handle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

func TestLookupParameter(t *testing.T) {
	t.Parallel()
	exists := ""
	declared := map[string]boot.Parameter{
		"port":  {Type: boot.TypeNumber, Default: &exists, RequiredFor: boot.RequiredForBoot},
		"host":  {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForReady, Pattern: "^a, deferred, b$"},
		"token": {Type: boot.TypeString, Deferred: true, Sensitive: true, RequiredFor: boot.RequiredForNothing},
	}
	carried := handle.FromParameters(declared)
	for name, want := range declared {
		got, known, err := handle.LookupParameter(carried, "x", name)
		if diff := cmp.Diff(want, got); diff != "" || !known || err != nil {
			t.Errorf("%s comes back changed (known %t, error %v) (-want +got):\n%s", name, known, err, diff)
		}
	}
	if _, _, err := handle.LookupParameter(carried, `server group "web"`, "hots"); err == nil || !strings.Contains(err.Error(), "there are: host, port, token") {
		t.Errorf("a misspelt name: got %v", err)
	}
	if _, known, err := handle.LookupParameter(types.MapUnknown(types.StringType), "x", "hots"); known || err != nil {
		t.Errorf("declarations that aren't known: got known %t, %v", known, err)
	}
	proceeds, _, err := handle.LookupParameter(handle.FromParameters(map[string]boot.Parameter{"host": {
		Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForBoot, Timeout: time.Minute, OnTimeout: boot.OnTimeoutProceed, Placeholder: &exists,
	}}), "x", "host")
	if err != nil || !proceeds.Proceeds() || proceeds.Timeout != 0 || proceeds.Placeholder != nil {
		t.Errorf("of a deadline, only that servers proceed is carried: got %+v, %v", proceeds, err)
	}
	future := types.MapValueMust(types.StringType, map[string]attr.Value{"port": types.StringValue("number, deferred, on alarm restart, required for ready")})
	got, _, err := handle.LookupParameter(future, "x", "port")
	if want := (boot.Parameter{Type: boot.TypeNumber, Deferred: true, RequiredFor: boot.RequiredForReady}); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("a word that isn't known is skipped: got %+v, %v", got, err)
	}
}

func TestLookupOutput(t *testing.T) {
	t.Parallel()
	carried := handle.FromOutputs(map[string]boot.Output{
		"token": {Type: boot.TypeString, Sensitive: true}, "count": {Type: boot.TypeNumber},
		"code": {Type: boot.TypeNumber, Sensitive: true, Pattern: "^1, sensitive, pattern 2$"}, "version": {Type: boot.TypeString, Pattern: ", sensitive"},
	})
	tests := map[string]struct {
		name string
		want boot.Output
		err  string
	}{
		"a declared output":                      {"count", boot.Output{Type: boot.TypeNumber}, ""},
		"a sensitive output":                     {"token", boot.Output{Type: boot.TypeString, Sensitive: true}, ""},
		"an output with a pattern":               {"version", boot.Output{Type: boot.TypeString, Pattern: ", sensitive"}, ""},
		"a pattern of words that have a meaning": {"code", boot.Output{Type: boot.TypeNumber, Sensitive: true, Pattern: "^1, sensitive, pattern 2$"}, ""},
		"a fact needs no declaration":            {"id", boot.Output{Type: boot.TypeString}, ""},
		"an address has a pattern":               {"private_ip", boot.Output{Type: boot.TypeString, Pattern: hosting.FactPattern("private_ip")}, ""},
		"a misspelt name is told what there is":  {"tokn", boot.Output{}, "there are: code, count, token, version, id, private_ip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := handle.LookupOutput(carried, "x", test.name)
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error: got %v, want %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestMissingValues(t *testing.T) {
	t.Parallel()
	preset := "1"
	carried := handle.FromParameters(map[string]boot.Parameter{
		"given": {Type: boot.TypeString}, "missing": {Type: boot.TypeString}, "absent": {Type: boot.TypeString},
		"preset": {Type: boot.TypeString, Default: &preset}, "late": {Type: boot.TypeString, Deferred: true},
	})
	got := handle.MissingValues(carried, map[string]attr.Value{"given": types.StringUnknown()})
	if diff := cmp.Diff([]string{"absent", "missing"}, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	one := handle.Membership(map[string]string{"web-0": "a", "web-1": "b"}, 3)
	if two := handle.Membership(map[string]string{"web-1": "b", "web-0": "a"}, 3); one != two {
		t.Errorf("it depends on the order: %s, %s", one, two)
	}
	for name, members := range map[string]map[string]string{
		"another server": {"web-0": "a", "web-1": "c"},
		"one less":       {"web-0": "a"},
		"exchanged":      {"web-0": "b", "web-1": "a"},
	} {
		if handle.Membership(members, 3) == one {
			t.Errorf("%s: the membership is the same", name)
		}
	}
	for _, given := range []int{0, 3} {
		text := handle.Membership(map[string]string{"web-0": "a"}, given)
		if got := (handle.Group{Membership: types.StringValue(text)}).GivenRevision(); got != given {
			t.Errorf("the revision %d comes back as %d", given, got)
		}
	}
}
