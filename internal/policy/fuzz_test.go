package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

// FuzzCompile compiles any policy, and decides on any snapshot with those that are
// valid: every fault has a message, and every decision is within the bounds, has a
// reason that is listed, and comes out the same again.
func FuzzCompile(f *testing.F) {
	cases, err := scenario.Load(os.DirFS(filepath.Join("testdata", "scenarios")))
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range cases {
		f.Add(text(f, one.Policy), text(f, one.Snapshot))
	}
	f.Fuzz(func(t *testing.T, arguments, snapshot []byte) {
		var written, seen any
		if json.Unmarshal(arguments, &written) != nil || json.Unmarshal(snapshot, &seen) != nil {
			return
		}
		decision, err := scenario.Decide(written, seen)
		if err != nil {
			explained(t, err)
			return
		}
		outside := decision.Desired < decision.Trace.Min || decision.Desired > decision.Trace.Max
		if outside && decision.Recommended == nil {
			t.Errorf("%q is outside %d to %d", decision.Sentence, decision.Trace.Min, decision.Trace.Max)
		}
		if !slices.Contains(policy.Reasons(), string(decision.Reason)) {
			t.Errorf("a decision has the reason %q, which isn't one of them", decision.Reason)
		}
		again, err := scenario.Decide(written, seen)
		if err != nil || again.JSON() != decision.JSON() {
			t.Errorf("the same again is %v, %s, not %s", err, again.JSON(), decision.JSON())
		}
	})
}

func text(f *testing.F, value any) []byte {
	f.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		f.Fatal(err)
	}
	return content
}

func explained(t *testing.T, err error) {
	t.Helper()
	var faults []policy.Fault
	if wrong, ok := errors.AsType[*policy.SpecError](err); ok {
		faults = wrong.Faults
	}
	if wrong, ok := errors.AsType[*scenario.SnapshotError](err); ok {
		faults = wrong.Faults
	}
	if len(faults) == 0 {
		t.Errorf("%v has no faults", err)
	}
	for _, fault := range faults {
		if fault.Message == "" {
			t.Errorf("a fault of %v has no message", fault.Path)
		}
	}
}
