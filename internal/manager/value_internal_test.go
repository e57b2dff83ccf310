package manager

import (
	"reflect"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestPut(t *testing.T) {
	t.Parallel()
	all := func(revision int) hosting.Renewals {
		return hosting.Renewals{}.With(hosting.Renewal{Parameter: "p", Revision: revision, Attempt: 4}, nil)
	}
	tests := map[string]struct {
		effect       boot.Effect
		former       *boot.Value
		value        boot.Value
		restarts     hosting.Renewals
		replacements hosting.Renewals
	}{
		"a first value is no change":             {effect: boot.EffectRestart, value: boot.Value{Text: "a"}},
		"a change that restarts":                 {effect: boot.EffectRestart, former: &boot.Value{Text: "a"}, value: boot.Value{Text: "b"}, restarts: all(8)},
		"a change that replaces":                 {effect: boot.EffectReplace, former: &boot.Value{Text: "a"}, value: boot.Value{Text: "b"}, replacements: all(8)},
		"a change that updates":                  {effect: boot.EffectUpdate, former: &boot.Value{Text: "a"}, value: boot.Value{Text: "b"}},
		"a text in the place of a vector":        {effect: boot.EffectRestart, former: &boot.Value{BySlot: map[int]string{0: "a"}}, value: boot.Value{Text: "a"}, restarts: all(8)},
		"elements of a vector that are new ones": {effect: boot.EffectRestart, former: &boot.Value{BySlot: map[int]string{0: "a"}}, value: boot.Value{BySlot: map[int]string{0: "a", 1: "b"}}},
		"an element of a vector that has changed": {
			effect: boot.EffectReplace, former: &boot.Value{BySlot: map[int]string{0: "a", 1: "b"}}, value: boot.Value{BySlot: map[int]string{0: "a", 1: "c"}},
			replacements: hosting.Renewals{BySlot: map[int]hosting.Renewal{1: {Parameter: "p", Revision: 8, Attempt: 4}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := hosting.Group{Revision: 7, Attempt: 4}
			if test.former != nil {
				group.Values = map[string]boot.Value{"p": *test.former}
			}
			parameter := boot.Parameter{Deferred: true, OnChange: test.effect, Sensitive: true}
			if !put(&group, "p", parameter, test.value) {
				t.Fatal("the value is not stored")
			}
			if stored := group.Values["p"]; stored.Since != 8 || !stored.Sensitive || group.Revision != 8 {
				t.Errorf("stored is %+v at revision %d", stored, group.Revision)
			}
			if !reflect.DeepEqual(group.Restarts, test.restarts) || !reflect.DeepEqual(group.Replacements, test.replacements) {
				t.Errorf("got restarts %+v, replacements %+v; want %+v, %+v", group.Restarts, group.Replacements, test.restarts, test.replacements)
			}
			if put(&group, "p", parameter, test.value) {
				t.Error("the same value is stored again")
			}
		})
	}
}

func TestApplySpec(t *testing.T) {
	t.Parallel()
	byDefault := "60"
	configuration := boot.Configuration{Parameters: map[string]boot.Parameter{
		"port": {}, "level": {OnChange: boot.EffectUpdate}, "limit": {OnChange: boot.EffectRestart, Default: &byDefault},
		"token": {Sensitive: true}, "late": {Deferred: true},
	}}
	spec := GroupSpec{Size: 1, Parameters: map[string]string{"port": "80", "level": "info"}, Secrets: map[string]string{"token": "one"}}
	var group hosting.Group
	applySpec(&group, spec, configuration)
	expect := func(port, level, limit, token string) {
		t.Helper()
		got := []string{group.Parameters["port"], group.Values["level"].Text, group.Values["limit"].Text, group.Values["token"].Text}
		if want := []string{port, level, limit, token}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	expect("80", "info", "60", "one")
	if len(group.Parameters) != 1 || len(group.Values) != 3 || !group.Values["token"].Sensitive {
		t.Errorf("got %v and %v", group.Parameters, group.Values)
	}
	// Of secrets that Terraform doesn't compare, what is stored stays.
	spec.Secrets["token"], spec.KeepSecrets, spec.Parameters["level"] = "two", true, "debug"
	applySpec(&group, spec, configuration)
	expect("80", "debug", "60", "one")
	spec.KeepSecrets = false
	applySpec(&group, spec, configuration)
	expect("80", "debug", "60", "two")
	configuration.Parameters["token"] = boot.Parameter{Deferred: true}
	spec.Secrets = nil
	applySpec(&group, spec, configuration)
	expect("80", "debug", "60", "")
	spec.Size = 0
	applySpec(&group, spec, configuration)
	expect("80", "", "", "")
}
