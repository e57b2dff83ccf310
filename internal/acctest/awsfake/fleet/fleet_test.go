//go:build linux

package fleet_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// script says on the console who it is and what it is told, and ends with the tag end.
const script = `#!/bin/sh
say() { echo "$*" > /dev/console; }
metadata=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token")
get() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }
say "I am $(get instance-id) number $(get ami-launch-index) at $(get local-ipv4)"
say "my role is $(get iam/security-credentials/)"
until said=$(get tags/instance/word); do sleep 0.1; done
say "told: $said"
until get tags/instance/end; do sleep 0.1; done
poweroff
`

func TestFleet(t *testing.T) {
	t.Parallel()
	world := awsfake.NewWorld(awsfake.Options{Machines: fleet.Fleet{Directory: t.TempDir()}})
	t.Cleanup(world.Close)
	client := ec2.NewFromConfig(world.Config())
	out, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String(awsfake.ImageID), InstanceType: "t3.small", MinCount: aws.Int32(2), MaxCount: aws.Int32(2),
		UserData:           aws.String(base64.StdEncoding.EncodeToString([]byte(script))),
		IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String(awsfake.InstanceProfile)},
		MetadataOptions:    &ec2types.InstanceMetadataOptionsRequest{HttpTokens: "required", InstanceMetadataTags: "enabled"},
	})
	if err != nil {
		t.Fatal(err)
	}
	second := out.Instances[1]
	say := "I am " + *second.InstanceId + " number 1 at " + *second.PrivateIpAddress
	awaitConsole(t, client, *second.InstanceId, say, "my role is "+awsfake.InstanceProfile)

	tag(t, client, "word", "hello", *second.InstanceId)
	awaitConsole(t, client, *second.InstanceId, "told: hello")
	tag(t, client, "end", "", *second.InstanceId)
	await(t, func() bool { return world.Instances()[1].State == ec2types.InstanceStateNameStopped })
	if got := world.Instances()[0].State; got != ec2types.InstanceStateNameRunning {
		t.Errorf("the other one is %s, want running", got)
	}
	if _, err := client.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{*out.Instances[0].InstanceId}}); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return world.Instances()[0].State == ec2types.InstanceStateNameTerminated })
}

func tag(t *testing.T, client *ec2.Client, key, value, id string) {
	t.Helper()
	_, err := client.CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: []string{id}, Tags: []ec2types.Tag{{Key: &key, Value: &value}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func awaitConsole(t *testing.T, client *ec2.Client, id string, lines ...string) {
	t.Helper()
	var text string
	defer func() {
		if t.Failed() {
			t.Logf("the console of %s:\n%s", id, text)
		}
	}()
	await(t, func() bool {
		out, err := client.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
		text = string(raw)
		for _, line := range lines {
			if !strings.Contains(text, line) {
				return false
			}
		}
		return true
	})
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := wait.Until(ctx, 50*time.Millisecond, func(context.Context) (bool, error) { return done(), nil }); err != nil {
		t.Fatal(err)
	}
}
