package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document string
		want     plan
	}{
		"a policy that scales out": {
			document: `{"resource_changes": [
				{"type": "muster_scaling_policy", "change": {"actions": ["update"],
					"before": {"decision": "0: no group exists yet"}, "after": {"decision": "0 -> 2: queue 20 for 10 per server"}}},
				{"type": "muster_server_group", "change": {"actions": ["update"],
					"before": {"members": {}}, "after": {"members": {"web-1": {}, "web-0": {}}}}}]}`,
			want: plan{decision: "0 -> 2: queue 20 for 10 per server", launches: []string{"web-0", "web-1"}},
		},
		"members that stay are not launched": {
			document: `{"resource_changes": [{"type": "muster_server_group", "change": {"actions": ["update"],
				"before": {"members": {"web-0": {"id": "a"}}}, "after": {"members": {"web-0": {"id": "a"}, "web-1": {}}}}}]}`,
			want: plan{launches: []string{"web-1"}},
		},
		"a replacement is a deletion": {
			document: `{"resource_changes": [{"type": "muster_server_group", "change": {"actions": ["delete", "create"], "before": {}, "after": null}}]}`,
			want:     plan{deletes: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parsePlan([]byte(test.document))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(plan{})); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParsePlan_refusesWhatIsNoPlan(t *testing.T) {
	t.Parallel()
	if _, err := parsePlan([]byte("Error: no plan")); err == nil {
		t.Error("got no error")
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	got := environment([]string{"PATH=/bin", "TF_CLI_ARGS=-no-color", "TF_VAR_queue_depth=7", "HOME=/root", "TF_CLI_CONFIG_FILE=/x"})
	want := []string{"PATH=/bin", "HOME=/root", "TF_CLI_CONFIG_FILE=/dev/null", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}
