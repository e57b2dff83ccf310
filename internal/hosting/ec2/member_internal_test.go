package ec2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestMember_settled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		facts hosting.Facts
		state ec2types.InstanceStateName
		want  bool
	}{
		"no address":                     {state: ec2types.InstanceStateNameRunning},
		"a private one, while pending":   {facts: hosting.Facts{PrivateIP: "10.0.0.1"}, state: ec2types.InstanceStateNamePending},
		"both, while pending":            {facts: hosting.Facts{PrivateIP: "10.0.0.1", PublicIP: "203.0.113.1"}, state: ec2types.InstanceStateNamePending, want: true},
		"a private one, when it runs":    {facts: hosting.Facts{PrivateIP: "10.0.0.1"}, state: ec2types.InstanceStateNameRunning, want: true},
		"a public one alone, it may not": {facts: hosting.Facts{PublicIP: "203.0.113.1"}, state: ec2types.InstanceStateNameRunning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (member{facts: test.facts, state: test.state}).settled(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestEndReason(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"":                                 "",
		"Client.InstanceInitiatedShutdown": "it has powered itself off",
		"Server.SpotInstanceTermination":   "EC2 has reclaimed the spot instance",
		"Client.InternalError":             "the message; often EC2 may not use the KMS key of a volume",
		"Server.SomethingNew":              "the message",
	} {
		var reason *ec2types.StateReason
		if code != "" {
			reason = &ec2types.StateReason{Code: aws.String(code), Message: aws.String("the message")}
		}
		if got := endReason(reason); got != want {
			t.Errorf("got %q for %q, want %q", got, code, want)
		}
	}
}
