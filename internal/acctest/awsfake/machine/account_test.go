//go:build linux

package machine_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
)

// account is a world whose instances run, and the real SDK's client of it.
type account struct {
	*ec2.Client

	t         *testing.T
	directory string
}

func newAccount(t *testing.T) account {
	t.Helper()
	directory := t.TempDir()
	world := awsfake.NewWorld(awsfake.Options{Machines: fleet.Fleet{Directory: directory}})
	t.Cleanup(world.Close)
	return account{ec2.NewFromConfig(world.Config()), t, directory}
}

// launch launches n instances with the script as their user data.
func (a account) launch(n int32, behavior ec2types.ShutdownBehavior, script string) []ec2types.Instance {
	a.t.Helper()
	out, err := a.RunInstances(a.t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String(awsfake.ImageID), InstanceType: ec2types.InstanceTypeT3Micro, SubnetId: aws.String(awsfake.SubnetB),
		MinCount: aws.Int32(n), MaxCount: aws.Int32(n),
		UserData:                          aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n" + script))),
		InstanceInitiatedShutdownBehavior: behavior,
		MetadataOptions: &ec2types.InstanceMetadataOptionsRequest{
			HttpTokens: ec2types.HttpTokensStateRequired, InstanceMetadataTags: ec2types.InstanceMetadataTagsStateEnabled,
		},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Instances
}

// console returns what the API shows of the instance's console.
func (a account) console(id string) string {
	a.t.Helper()
	out, err := a.GetConsoleOutput(a.t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
	if err != nil {
		a.t.Fatal(err)
	}
	console, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		a.t.Fatal(err)
	}
	return string(console)
}

func (a account) awaitConsole(id, text string) {
	a.t.Helper()
	await(a.t, "the console says "+text, func() bool { return strings.Contains(a.console(id), text) })
}

func (a account) awaitState(id string, state ec2types.InstanceStateName) {
	a.t.Helper()
	await(a.t, id+" is "+string(state), func() bool {
		out, err := a.DescribeInstances(a.t.Context(), &ec2.DescribeInstancesInput{
			Filters: []ec2types.Filter{{Name: aws.String("instance-id"), Values: []string{id}}},
		})
		if err != nil {
			a.t.Fatal(err)
		}
		return len(out.Reservations) == 1 && out.Reservations[0].Instances[0].State.Name == state
	})
}

// life is user data that says what its metadata service says, and waits for a tag.
const life = `
imds() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/$1"; }
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
printf '#!/bin/sh\necho up again >/dev/console\n' >/var/lib/cloud/scripts/per-boot/again
chmod +x /var/lib/cloud/scripts/per-boot/again
echo "I am $(imds meta-data/instance-id), number $(imds meta-data/ami-launch-index), at $(imds meta-data/local-ipv4) in $(imds meta-data/placement/availability-zone)."
imds user-data | tail -n 1
until late=$(imds meta-data/tags/instance/late 2>/dev/null); do sleep 0.05; done
echo "The tag is $late."
# the end of user data
`

func TestAccount_with_machines(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	nap := nap()
	instances := a.launch(2, ec2types.ShutdownBehaviorStop, "setsid sleep "+nap+" >/dev/null 2>&1 &\n"+life)
	for index, i := range instances {
		a.awaitState(*i.InstanceId, ec2types.InstanceStateNameRunning)
		out, err := a.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{*i.InstanceId}})
		if err != nil {
			t.Fatal(err)
		}
		i = out.Reservations[0].Instances[0]
		a.awaitConsole(*i.InstanceId, "I am "+*i.InstanceId+", number "+string(rune('0'+index))+", at "+*i.PrivateIpAddress+" in eu-central-1b.\r\n")
		a.awaitConsole(*i.InstanceId, "# the end of user data\r\n")
	}
	ids := []string{*instances[0].InstanceId, *instances[1].InstanceId}
	if _, err := a.CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: ids, Tags: []ec2types.Tag{{Key: aws.String("late"), Value: aws.String("come after all")}},
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		a.awaitConsole(id, "The tag is come after all.\r\n")
	}
	if _, err := a.RebootInstances(t.Context(), &ec2.RebootInstancesInput{InstanceIds: ids[:1]}); err != nil {
		t.Fatal(err)
	}
	a.awaitConsole(ids[0], "\nup again\r\n")
	if strings.Contains(a.console(ids[1]), "reboot: ") {
		t.Error("the other instance was rebooted too")
	}
	if _, err := a.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		a.awaitState(id, ec2types.InstanceStateNameTerminated)
	}
	await(t, "nothing of them runs", func() bool { return !running(nap) })
}

func TestAccount_power_off_from_within(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	for behavior, state := range map[ec2types.ShutdownBehavior]ec2types.InstanceStateName{
		ec2types.ShutdownBehaviorStop:      ec2types.InstanceStateNameStopped,
		ec2types.ShutdownBehaviorTerminate: ec2types.InstanceStateNameTerminated,
	} {
		id := *a.launch(1, behavior, "echo bye >/opt/said; poweroff\n")[0].InstanceId
		a.awaitState(id, state)
		said, err := os.ReadFile(filepath.Join(a.directory, id, "root/opt/said"))
		if err != nil || string(said) != "bye\n" {
			t.Errorf("got %q, %v", said, err)
		}
	}
}

// An instance with a profile has the credentials of its role.
func TestAccount_role(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	out, err := a.RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String(awsfake.ImageID), InstanceType: ec2types.InstanceTypeT3Micro, SubnetId: aws.String(awsfake.SubnetA),
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: aws.String(awsfake.InstanceProfile)},
		UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(`#!/bin/sh
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
path=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/iam/security-credentials/
role=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" "$path")
curl -fsS -H "X-aws-ec2-metadata-token: $token" "$path$role" | grep -c -e '"Code": "Success"' -e '"Token": "..*"'
`))),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.awaitConsole(*out.Instances[0].InstanceId, "\n2\r\n")
}
