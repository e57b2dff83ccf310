package provider_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// Terraform takes a secret from a server on EC2, whichever way it comes, and gives it to
// another one. A plan that reads it asks that one server and writes nothing.
func TestAccAWS_serverOutput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// channel is further text of the launch settings.
		channel string
		// reads are the calls by which a plan gets at what servers say.
		reads map[string]int
	}{
		"sealed on its console":   {reads: map[string]int{"GetConsoleOutput": 1}},
		"in a parameter of SSM's": {channel: "channel = \"ssm\", instance_profile = \"" + awsfake.InstanceProfile + "\", ", reads: map[string]int{"GetParametersByPath": 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := acctest.NewCloud(t, acctest.CloudSpec{})
			w := cloud.NewWorkspace(t)
			value, canaries := newSecret()
			watch := newWatch(t, w, canaries)
			w.Setenv("TF_VAR_password", value)
			w.Write(strings.ReplaceAll(cloud.Adapt(handedOver().String()), "  ec2 = { ", "  ec2 = { "+test.channel))
			watch.apply()
			watch.lookAtCloud(cloud)
			expectFiles(t, cloud, map[string]string{"db": value, "web": "made-by-db-" + value})
			cloud.ResetCalls()
			w.ExpectNothingToDo()
			calls := cloud.Calls()
			t.Logf("a plan that reads the secret costs %v", calls)
			reads := make(map[string]int)
			for _, operation := range []string{"GetConsoleOutput", "GetParametersByPath", "CreateTags", "PutParameter"} {
				if calls[operation] > 0 {
					reads[operation] = calls[operation]
				}
			}
			if diff := cmp.Diff(test.reads, reads); diff != "" {
				t.Errorf("calls of a plan (-want +got):\n%s", diff)
			}
			for _, exposure := range watch.exposures() {
				t.Error(exposure)
			}
			t.Logf("looked at %s", watch)
		})
	}
}
