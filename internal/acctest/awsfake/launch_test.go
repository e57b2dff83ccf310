package awsfake_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestRunInstances(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		in := launchInput("token", 3)
		in.TagSpecifications = append(instanceTags(map[string]string{"Name": "web"}),
			ec2types.TagSpecification{ResourceType: "volume", Tags: tagList(map[string]string{"disk": "root"})})
		in.UserData = aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh")))
		launched, err := a.ec2.RunInstances(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if state := launched.Instances[0].State.Name; state != "pending" {
			t.Errorf("got %s, want pending", state)
		}
		want := launched.Instances
		for i := range want {
			want[i].State = &ec2types.InstanceState{Name: "running", Code: aws.Int32(16)}
			if got := aws.ToInt32(want[i].AmiLaunchIndex); got != int32(i) {
				t.Errorf("got launch index %d, want %d", got, i)
			}
		}
		got := a.describe(t, &ec2.DescribeInstancesInput{})
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(ec2types.Instance{}, ec2types.InstanceState{}, ec2types.Monitoring{},
			ec2types.Placement{}, ec2types.Tag{}, ec2types.InstanceMetadataOptionsResponse{}, ec2types.InstanceBlockDeviceMapping{},
			ec2types.EbsInstanceBlockDevice{})); diff != "" {
			t.Errorf("-launched +described:\n%s", diff)
		}
		inside := a.Instances()[2]
		if string(inside.UserData) != "#!/bin/sh" || inside.Tags["Name"] != "web" || inside.Volumes[0].Tags["disk"] != "root" || !inside.Live() {
			t.Errorf("got %+v", inside)
		}
	})
}

func TestRunInstances_refused(t *testing.T) {
	t.Parallel()
	manyTags := map[string]string{}
	for i := range 51 {
		manyTags[fmt.Sprint("tag", i)] = ""
	}
	userData := func(n int) *string {
		return aws.String(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", n))))
	}
	shown := &ec2types.InstanceMetadataOptionsRequest{InstanceMetadataTags: "enabled"}
	for name, test := range map[string]struct {
		change func(*ec2.RunInstancesInput)
		want   string
	}{
		"largest user data": {func(in *ec2.RunInstancesInput) { in.UserData = userData(16384) }, ""},
		"larger user data":  {func(in *ec2.RunInstancesInput) { in.UserData = userData(16385) }, "400 InvalidParameterValue"},
		"user data that isn't base64": {
			func(in *ec2.RunInstancesInput) { in.UserData = aws.String("#!/bin/sh") }, "400 InvalidParameterValue",
		},
		"no image":       {func(in *ec2.RunInstancesInput) { in.ImageId = nil }, "400 MissingParameter"},
		"unknown image":  {func(in *ec2.RunInstancesInput) { in.ImageId = aws.String("ami-1") }, "400 InvalidAMIID.NotFound"},
		"unknown subnet": {func(in *ec2.RunInstancesInput) { in.SubnetId = aws.String("subnet-1") }, "400 InvalidSubnetID.NotFound"},
		"unknown group":  {func(in *ec2.RunInstancesInput) { in.SecurityGroupIds = []string{"sg-1"} }, "400 InvalidGroup.NotFound"},
		"unknown key":    {func(in *ec2.RunInstancesInput) { in.KeyName = aws.String("mine") }, "400 InvalidKeyPair.NotFound"},
		"unknown profile": {
			func(in *ec2.RunInstancesInput) {
				in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: aws.String("mine")}
			}, "400 InvalidParameterValue",
		},
		"malformed type":    {func(in *ec2.RunInstancesInput) { in.InstanceType = "small" }, "400 InvalidParameterValue"},
		"more than most":    {func(in *ec2.RunInstancesInput) { in.MinCount = aws.Int32(9) }, "400 InvalidParameterValue"},
		"long client token": {func(in *ec2.RunInstancesInput) { in.ClientToken = aws.String(strings.Repeat("x", 65)) }, "400 InvalidParameterValue"},
		"51 tags":           {func(in *ec2.RunInstancesInput) { in.TagSpecifications = instanceTags(manyTags) }, "400 TagLimitExceeded"},
		"a reserved tag": {
			func(in *ec2.RunInstancesInput) {
				in.TagSpecifications = instanceTags(map[string]string{"aws:ec2launchtemplate:id": "lt-1"})
			}, "400 InvalidParameterValue",
		},
		"tag of something else": {
			func(in *ec2.RunInstancesInput) {
				in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "launch-template", Tags: tagList(map[string]string{"a": ""})}}
			}, "400 InvalidParameterValue",
		},
		"a slash in a tag": {
			func(in *ec2.RunInstancesInput) {
				in.TagSpecifications = instanceTags(map[string]string{"a/b": ""})
			}, "",
		},
		"a slash in a tag that the metadata service shows": {
			func(in *ec2.RunInstancesInput) {
				in.TagSpecifications, in.MetadataOptions = instanceTags(map[string]string{"a/b": ""}), shown
			}, "400 InvalidParameterValue",
		},
		"the tag _index where the metadata service shows it": {
			func(in *ec2.RunInstancesInput) {
				in.TagSpecifications, in.MetadataOptions = instanceTags(map[string]string{"_index": ""}), shown
			}, "400 InvalidParameterValue",
		},
		"subnet of instance and interface": {
			func(in *ec2.RunInstancesInput) {
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
			}, "400 InvalidParameterCombination",
		},
		"groups of instance and interface": {
			func(in *ec2.RunInstancesInput) {
				in.SubnetId, in.SecurityGroupIds = nil, []string{awsfake.SecurityGroupID}
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
			}, "400 InvalidParameterCombination",
		},
		"interface with everything": {
			func(in *ec2.RunInstancesInput) {
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{
					DeviceIndex: aws.Int32(0), SubnetId: in.SubnetId, Groups: []string{awsfake.SecurityGroupID},
				}}
				in.SubnetId = nil
			}, "",
		},
		"unknown template": {
			func(in *ec2.RunInstancesInput) {
				in.LaunchTemplate = &ec2types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1")}
			}, "400 InvalidLaunchTemplateId.NotFound",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				in := launchInput("token", 1)
				test.change(in)
				_, err := a.ec2.RunInstances(t.Context(), in)
				wantRefusal(t, err, test.want)
				if n := len(a.Instances()); (n == 0) != (test.want != "") {
					t.Errorf("%d instances", n)
				}
			})
		})
	}
}

func TestRunInstances_capacity(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   awsfake.Faults
		min, max int32
		want     int
		refusal  string
	}{
		"no end": {min: 1, max: 200, want: 200},
		"a part": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{InstanceType: "t3.small", SubnetID: awsfake.SubnetA, Instances: 3}}},
			min:    1, max: 5, want: 3,
		},
		"less than the minimum, said with 500": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{Instances: 3}}, CapacityStatus: 500},
			min:    4, max: 5, refusal: "500 InsufficientInstanceCapacity",
		},
		"less than the minimum, said with 400": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{Instances: 0}}, CapacityStatus: 400},
			min:    1, max: 5, refusal: "400 InsufficientInstanceCapacity",
		},
		"none of another type": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{InstanceType: "m5.large"}}},
			min:    1, max: 5, want: 5,
		},
		"type unknown to the zone": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{InstanceType: "t3.small", SubnetID: awsfake.SubnetA, Unsupported: true}}},
			min:    1, max: 1, refusal: "400 Unsupported",
		},
		"quota for a part":        {faults: awsfake.Faults{VCPUs: 8}, min: 1, max: 5, want: 4},
		"quota":                   {faults: awsfake.Faults{VCPUs: 1}, min: 1, max: 1, refusal: "400 VcpuLimitExceeded"},
		"addresses for a part":    {faults: awsfake.Faults{Addresses: map[string]int{awsfake.SubnetA: 2}}, min: 1, max: 5, want: 2},
		"subnet has no addresses": {faults: awsfake.Faults{Addresses: map[string]int{awsfake.SubnetA: 0}}, min: 1, max: 5, refusal: "400 InsufficientFreeAddressesInSubnet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: test.faults}, func(t *testing.T, a account) {
				in := launchInput("token", test.max)
				in.MinCount = aws.Int32(test.min)
				_, err := a.ec2.RunInstances(t.Context(), in)
				wantRefusal(t, err, test.refusal)
				if got := len(a.Instances()); got != test.want {
					t.Errorf("got %d instances, want %d", got, test.want)
				}
			})
		})
	}
}

func TestRunInstances_capacityReturns(t *testing.T) {
	t.Parallel()
	faults := awsfake.Faults{Capacity: []awsfake.Capacity{{SubnetID: awsfake.SubnetA, Instances: 1}}, CapacityStatus: 400}
	inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
		first := a.launch(t, launchInput("first", 1))
		_, err := a.ec2.RunInstances(t.Context(), launchInput("second", 1))
		wantRefusal(t, err, "400 InsufficientInstanceCapacity")

		a.terminate(t, first...)
		a.launch(t, launchInput("second", 1))

		elsewhere := launchInput("third", 1)
		elsewhere.SubnetId = nil // EC2 chooses.
		a.launch(t, elsewhere)
		if got := a.Live()[1].SubnetID; got != awsfake.SubnetB {
			t.Errorf("got %s, want the next subnet, %s", got, awsfake.SubnetB)
		}
	})
}
