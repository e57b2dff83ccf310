package boot_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// onChange is a deferred parameter whose change has the effect.
func onChange(effect boot.Effect) boot.Parameter {
	parameter := deferred(boot.RequiredForNothing)
	parameter.OnChange = effect
	return parameter
}

func TestAgent_effect(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"only what is to be dealt with at once is handed to the update script": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames, parameters{
				"d": onChange(boot.EffectDeliver), "r": onChange(boot.EffectRestart), "u": onChange(boot.EffectUpdate), "x": onChange(boot.EffectReplace),
			}))
			s.untilStatus(boot.StatusReady)
			s.deliver(delivery(1, map[string]string{"d": "1", "r": "1", "u": "1", "x": "1"}))
			s.untilApplied(1)
			if got := s.read("names"); got != "r u x\n" {
				t.Errorf("with the first values, the update script is handed %q", got)
			}
			s.deliver(delivery(2, map[string]string{"d": "2", "r": "2", "u": "2", "x": "2"}))
			s.untilApplied(2)
			if got := s.read("names"); got != "r u x\nu\n" {
				t.Errorf("with the changed values, the update script is handed %q", got)
			}
			for name, want := range map[string]string{"d": "2", "r": "2", "u": "2", "x": "1"} {
				if got := s.read("run/values/" + name); got != want {
					t.Errorf("the server has %q for %s, want %q", got, name, want)
				}
			}
		},
		"nothing is run where nothing is to be dealt with": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames, parameters{"d": onChange(boot.EffectDeliver)}))
			s.untilStatus(boot.StatusReady)
			s.deliver(delivery(1, map[string]string{"d": "1"}))
			s.untilApplied(1)
			if s.exists("names") {
				t.Errorf("the update script is handed %q", s.read("names"))
			}
		},
	})
}

func TestParameter_Effect(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		parameter boot.Parameter
		want      boot.Effect
		delivered bool
		given     bool
	}{
		"one that is known at launch":               {boot.Parameter{}, boot.EffectReplace, false, false},
		"a deferred one":                            {boot.Parameter{Deferred: true}, boot.EffectUpdate, true, false},
		"a secret that the group gives":             {boot.Parameter{Sensitive: true}, boot.EffectUpdate, true, true},
		"one that is to reach servers that run":     {boot.Parameter{OnChange: boot.EffectRestart}, boot.EffectRestart, true, true},
		"a deferred one that isn't to reach them":   {boot.Parameter{Deferred: true, OnChange: boot.EffectReplace}, boot.EffectReplace, true, false},
		"one that is known and replaces explicitly": {boot.Parameter{OnChange: boot.EffectReplace}, boot.EffectReplace, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := test.parameter
			if p.Effect() != test.want || p.Delivered() != test.delivered || p.Given() != test.given {
				t.Errorf("got %s, delivered %t, given %t; want %s, %t, %t", p.Effect(), p.Delivered(), p.Given(), test.want, test.delivered, test.given)
			}
		})
	}
}
