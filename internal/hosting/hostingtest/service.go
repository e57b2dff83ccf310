// Package hostingtest holds the contract suite of the hosting port: every
// implementation of hosting.Service passes it. Each rule of the port's doc
// comments is a subtest that is named by the rule.
//
// The suite runs real boot scripts under the real agent; an implementation
// whose servers can't run them has a fake that can.
package hostingtest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// NewService returns a service with a namespace of its own that is empty.
type NewService func(t *testing.T) hosting.Service

// rules are subtests by the sentence that they prove.
type rules map[string]func(t *testing.T, service hosting.Service)

// TestService runs the contract suite. The subtests run in parallel, each with a
// service of its own, and terminate every server that they launch.
func TestService(t *testing.T, newService NewService) {
	t.Helper()
	parts := map[string]rules{
		"Service":        placeRules(),
		"Configurations": configurationRules(),
		"Ledger":         ledgerRules(),
		"Updates":        updateRules(),
		"Launch":         launchRules(),
		"Delivery":       deliveryRules(),
		"Reports":        reportRules(),
		"Terminate":      terminateRules(),
	}
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			parts[part].run(t, newService)
		})
	}
}

func (r rules) run(t *testing.T, newService NewService) {
	t.Helper()
	for _, rule := range slices.Sorted(maps.Keys(r)) {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r[rule](t, newService(t))
		})
	}
}

func placeRules() rules {
	return rules{
		"a location is stable": func(t *testing.T, service hosting.Service) {
			first := service.Location()
			if _, err := launch(t, service, request("web", 0)); err != nil {
				t.Fatal(err)
			}
			if got := service.Location(); got == "" || got != first {
				t.Errorf("got %q after a launch, want the former location %q", got, first)
			}
		},
		"a place in use is not abandoned": func(t *testing.T, service hosting.Service) {
			if _, err := launch(t, service, request("web", 0)); err != nil {
				t.Fatal(err)
			}
			if service.Abandoned(service.Location()) {
				t.Errorf("the place %q counts as abandoned", service.Location())
			}
		},
		"a place that is not understood is not abandoned": func(t *testing.T, service hosting.Service) {
			if service.Abandoned("elsewhere:/no/such/place") {
				t.Error("the place of another hosting service counts as abandoned")
			}
		},
		"the pace is a pause": func(t *testing.T, service hosting.Service) {
			if got := service.Pace(); got.Busy <= 0 || got.Busy > got.Idle || got.Idle > time.Minute {
				t.Errorf("got a pace of %v", got)
			}
		},
	}
}
