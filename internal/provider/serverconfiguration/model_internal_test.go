package serverconfiguration

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestParameter_thereAndBack(t *testing.T) {
	t.Parallel()
	text := "text"
	tests := map[string]struct {
		want boot.Parameter
		// timeout is as users write it.
		timeout string
	}{
		"the least":                     {boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot}, ""},
		"one with a default":            {boot.Parameter{Type: boot.TypeNumber, RequiredFor: boot.RequiredForBoot, Default: &text, Pattern: "^t"}, ""},
		"one that fails its server":     {boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForReady, Deferred: true, Sensitive: true, Timeout: 90 * time.Second, OnTimeout: boot.OnTimeoutFail}, "90s"},
		"one with a placeholder":        {boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForNothing, Deferred: true, Timeout: 10 * time.Minute, OnTimeout: boot.OnTimeoutProceed, Placeholder: &text}, "10m"},
		"one with an empty placeholder": {boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot, Deferred: true, Timeout: 24 * time.Hour, OnTimeout: boot.OnTimeoutProceed, Placeholder: new(string)}, "24h"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := fromParameter(test.want)
			if diff := cmp.Diff(test.want, model.toParameter()); diff != "" {
				t.Errorf("the parameter (-want +got):\n%s", diff)
			}
			if got := model.Timeout.ValueString(); got != test.timeout {
				t.Errorf("the timeout is imported as %q, want %q", got, test.timeout)
			}
		})
	}
}
