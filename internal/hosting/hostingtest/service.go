// Package hostingtest holds the contract suite of the hosting port: every
// implementation of hosting.Service passes it. Each rule of the port's doc
// comments is a subtest that is named by the rule.
//
// Some rules are proved with real boot scripts under the real agent. A service
// whose servers run none passes all others; see [TestWithoutScripts].
package hostingtest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Subject is a service under test.
type Subject interface {
	hosting.Service

	// EndServer makes a running server end by itself, as a crash would, and
	// returns when the service lists it as ended.
	EndServer(t *testing.T, server hosting.Server)
}

// NewSubject returns a service with a namespace of its own that is empty.
type NewSubject func(t *testing.T) Subject

// rules are subtests by the sentence that they prove.
type rules map[string]func(t *testing.T, service Subject)

// part is what one side of the port promises.
type part struct {
	// plain rules hold also where no server runs its scripts.
	plain rules
	// scripted rules are proved by what the servers' scripts do and report.
	scripted rules
}

func parts() map[string]part {
	return map[string]part{
		"Service":        {plain: placeRules()},
		"Configurations": {plain: configurationRules()},
		"Ledger":         {plain: ledgerRules()},
		"Updates":        {plain: updateRules()},
		"Launch":         {plain: launchRules()},
		"Recall":         {plain: recallRules()},
		"Delivery":       {plain: deliveryRules(), scripted: arrivalRules()},
		"Reports":        {plain: absenceRules(), scripted: reportRules()},
		"LastReports":    {plain: lastAbsenceRules(), scripted: lastReportRules()},
		"Restart":        {plain: restartRules(), scripted: rebootRules()},
		"Decommission":   {plain: decommissionRules(), scripted: leavingRules()},
		"Terminate":      {plain: terminateRules(), scripted: endingRules()},
	}
}

// TestService runs the contract suite. The subtests run in parallel, each with a
// service of its own, and terminate every server that they launch.
func TestService(t *testing.T, newSubject NewSubject) {
	t.Helper()
	for name, part := range parts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part.plain.run(t, newSubject)
			part.scripted.run(t, newSubject)
		})
	}
}

// TestWithoutScripts runs the rules of [TestService] that hold also where servers
// only exist: where they run no script and never report.
func TestWithoutScripts(t *testing.T, newSubject NewSubject) {
	t.Helper()
	for name, part := range parts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part.plain.run(t, newSubject)
		})
	}
}

func (r rules) run(t *testing.T, newSubject NewSubject) {
	t.Helper()
	for _, rule := range slices.Sorted(maps.Keys(r)) {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r[rule](t, newSubject(t))
		})
	}
}

func placeRules() rules {
	return rules{
		"a location is stable": func(t *testing.T, service Subject) {
			first := service.Location()
			if _, err := launch(t, service, request("web", 0)); err != nil {
				t.Fatal(err)
			}
			if got := service.Location(); got == "" || got != first {
				t.Errorf("got %q after a launch, want the former location %q", got, first)
			}
		},
		"a place in use is not abandoned": func(t *testing.T, service Subject) {
			if _, err := launch(t, service, request("web", 0)); err != nil {
				t.Fatal(err)
			}
			if service.Abandoned(service.Location()) {
				t.Errorf("the place %q counts as abandoned", service.Location())
			}
		},
		"a place that is not understood is not abandoned": func(t *testing.T, service Subject) {
			if service.Abandoned("elsewhere:/no/such/place") {
				t.Error("the place of another hosting service counts as abandoned")
			}
		},
		"every run has an identity of its own": func(t *testing.T, service Subject) {
			if first, second := service.NewRun(), service.NewRun(); first == "" || first == second {
				t.Errorf("got %q and %q", first, second)
			}
		},
		"neither a run of this process nor one that nobody knows is another one at work": func(t *testing.T, service Subject) {
			for _, run := range []string{service.NewRun(), "", "unknown", "1.1.1.1"} {
				if service.Running(run) {
					t.Errorf("the run %q counts as being at work", run)
				}
			}
		},
		"the pace is a pause": func(t *testing.T, service Subject) {
			if got := service.Pace(); got.Busy <= 0 || got.Busy > got.Idle || got.Idle > time.Minute {
				t.Errorf("got a pace of %v", got)
			}
		},
	}
}
