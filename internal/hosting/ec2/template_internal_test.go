package ec2

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// fill gives every field below the value something that isn't zero and differs from
// its neighbours.
func fill(v reflect.Value, count *int64) {
	*count++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if when, ok := reflect.TypeAssert[*time.Time](v); ok {
			*when = time.Unix(*count, 0).UTC()
			return
		}
		fill(v.Elem(), count)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), count)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), count)
			}
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", *count))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*count))
	case reflect.Int32, reflect.Int64:
		v.SetInt(*count)
	default:
		panic(fmt.Sprintf("a field of kind %s: extend the test", v.Kind()))
	}
}

// leaves returns all texts, numbers and so on below the value by their paths.
func leaves(path string, v reflect.Value, into map[string]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if when, ok := reflect.TypeAssert[*time.Time](v); ok {
			into[path] = when.String()
			return
		}
		leaves(path, v.Elem(), into)
	case reflect.Slice:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				leaves(path+"."+field.Name, v.Field(i), into)
			}
		}
	default:
		into[path] = fmt.Sprint(v.Interface())
	}
}

func allLeaves(v any) map[string]string {
	into := make(map[string]string)
	leaves("", reflect.ValueOf(v), into)
	return into
}

// TestToRequestData_carriesEveryField fails when the SDK's types differ in another field
// than those that are known: then the base launch template would lose it.
func TestToRequestData_carriesEveryField(t *testing.T) {
	t.Parallel()
	var from ec2types.ResponseLaunchTemplateData
	count := int64(0)
	fill(reflect.ValueOf(&from).Elem(), &count)
	to, err := toRequestData(&from)
	if err != nil {
		t.Fatal(err)
	}
	want := allLeaves(from)
	for path := range want {
		// AWS alone sets these.
		if path == ".MetadataOptions.State" || strings.HasPrefix(path, ".Operator.") || strings.HasSuffix(path, ".IsPrimaryIpv6") {
			delete(want, path)
		}
	}
	if diff := cmp.Diff(want, allLeaves(*to)); diff != "" {
		t.Errorf("what there was and what is carried (-want +got):\n%s", diff)
	}
	const atLeast = 100
	if len(want) < atLeast {
		t.Errorf("only %d fields were compared", len(want))
	}
}

func TestToInterfaces_carriesEveryField(t *testing.T) {
	t.Parallel()
	var from ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification
	count := int64(0)
	fill(reflect.ValueOf(&from).Elem(), &count)
	got := toInterfaces([]ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification{from})
	if diff := cmp.Diff(allLeaves(from), allLeaves(got[0])); diff != "" {
		t.Errorf("what there was and what is carried (-want +got):\n%s", diff)
	}
}

// equalData compares launch template data, but for the user data.
func equalData() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore()),
		cmpopts.IgnoreFields(ec2types.RequestLaunchTemplateData{}, "UserData"),
	}
}

func metadataOptions(hops int32) *ec2types.LaunchTemplateInstanceMetadataOptionsRequest {
	return &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
		HttpTokens: "required", HttpEndpoint: "enabled", InstanceMetadataTags: "enabled", HttpPutResponseHopLimit: aws.Int32(hops),
	}
}

func requirements() *ec2types.InstanceRequirementsRequest {
	return &ec2types.InstanceRequirementsRequest{
		VCpuCount: &ec2types.VCpuCountRangeRequest{Min: aws.Int32(2)}, MemoryMiB: &ec2types.MemoryMiBRequest{Min: aws.Int32(2048)},
	}
}

func TestLaunchData(t *testing.T) {
	t.Parallel()
	type data = ec2types.RequestLaunchTemplateData
	type network = ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest
	tests := map[string]struct {
		settings *boot.EC2
		// base is the data of the base launch template; nil: there is none.
		base *data
		want data
	}{
		"nothing is set": {
			nil, nil,
			data{InstanceInitiatedShutdownBehavior: "stop", MetadataOptions: metadataOptions(1)},
		},
		"everything is set": {
			&boot.EC2{
				InstanceTypes: []string{"t3.small"}, SubnetIDs: []string{"subnet-1"}, SecurityGroupIDs: []string{"sg-1", "sg-2"},
				KeyName: "admin", InstanceProfile: "web", Monitoring: true, MetadataHopLimit: 2, OrphanDeadline: time.Hour,
				RootVolume: &boot.RootVolume{DeviceName: "/dev/sda1", SizeGiB: 20, Type: "gp3", Encrypted: aws.Bool(true), KMSKeyID: "key"},
				Tags:       map[string]string{"Stage": "test"},
			}, nil,
			data{
				SecurityGroupIds: []string{"sg-1", "sg-2"}, KeyName: aws.String("admin"),
				IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")},
				Monitoring:         &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)},
				BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
					DeviceName: aws.String("/dev/sda1"),
					Ebs:        &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(20), VolumeType: "gp3", Encrypted: aws.Bool(true), KmsKeyId: aws.String("key")},
				}},
				InstanceInitiatedShutdownBehavior: "terminate", MetadataOptions: metadataOptions(2),
			},
		},
		"an instance profile by its ARN": {
			&boot.EC2{InstanceProfile: "arn:aws:iam::123456789012:instance-profile/web"}, nil,
			data{
				IamInstanceProfile:                &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/web")},
				InstanceInitiatedShutdownBehavior: "stop", MetadataOptions: metadataOptions(1),
			},
		},
		"a public address": {
			&boot.EC2{SecurityGroupIDs: []string{"sg-1"}, PublicAddress: aws.Bool(false)}, nil,
			data{
				NetworkInterfaces:                 []network{{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(false), Groups: []string{"sg-1"}}},
				InstanceInitiatedShutdownBehavior: "stop", MetadataOptions: metadataOptions(1),
			},
		},
		"the root device is looked up": {
			&boot.EC2{RootVolume: &boot.RootVolume{SizeGiB: 9}}, nil,
			data{
				BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
					DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(9)},
				}},
				InstanceInitiatedShutdownBehavior: "stop", MetadataOptions: metadataOptions(1),
			},
		},
		"a base is taken over": {
			&boot.EC2{BaseLaunchTemplate: &boot.LaunchTemplate{}},
			&data{
				ImageId: aws.String("ami-base"), InstanceType: "m7i.large", KeyName: aws.String("base"), SecurityGroupIds: []string{"sg-base"},
				EbsOptimized: aws.Bool(true), UserData: aws.String("ZWNobw=="), InstanceInitiatedShutdownBehavior: "terminate",
				CreditSpecification: &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")},
				MetadataOptions:     &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{HttpTokens: "optional", HttpProtocolIpv6: "enabled", HttpPutResponseHopLimit: aws.Int32(3)},
				TagSpecifications:   []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("Base"), Value: aws.String("yes")}}}},
			},
			data{
				InstanceType: "m7i.large", KeyName: aws.String("base"), SecurityGroupIds: []string{"sg-base"}, EbsOptimized: aws.Bool(true),
				InstanceInitiatedShutdownBehavior: "stop",
				CreditSpecification:               &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")},
				MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
					HttpTokens: "required", HttpEndpoint: "enabled", InstanceMetadataTags: "enabled", HttpProtocolIpv6: "enabled", HttpPutResponseHopLimit: aws.Int32(3),
				},
				TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("Base"), Value: aws.String("yes")}}}},
			},
		},
		"what is set goes before the base": {
			&boot.EC2{
				BaseLaunchTemplate: &boot.LaunchTemplate{}, InstanceTypes: []string{"t3.small"}, SecurityGroupIDs: []string{"sg-1"},
				PublicAddress: aws.Bool(true), RootVolume: &boot.RootVolume{SizeGiB: 50}, MetadataHopLimit: 1,
			},
			&data{
				InstanceRequirements: requirements(),
				NetworkInterfaces: []network{
					{DeviceIndex: aws.Int32(1), Groups: []string{"sg-second"}, SubnetId: aws.String("subnet-base")},
					{DeviceIndex: aws.Int32(0), Groups: []string{"sg-base"}, SubnetId: aws.String("subnet-base"), PrimaryIpv6: aws.Bool(true)},
				},
				BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
					DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(8), Iops: aws.Int32(4000)},
				}},
			},
			data{
				NetworkInterfaces: []network{
					{DeviceIndex: aws.Int32(1), Groups: []string{"sg-second"}},
					{DeviceIndex: aws.Int32(0), Groups: []string{"sg-1"}, PrimaryIpv6: aws.Bool(true), AssociatePublicIpAddress: aws.Bool(true)},
				},
				BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
					DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(50), Iops: aws.Int32(4000)},
				}},
				InstanceInitiatedShutdownBehavior: "stop", MetadataOptions: metadataOptions(1),
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				s := newProcess(world)
				if test.base != nil {
					test.settings.BaseLaunchTemplate = createBase(t, s, test.base)
				}
				configuration := testConfiguration("echo")
				configuration.EC2 = test.settings
				if err := s.PutConfiguration(t.Context(), configuration); err != nil {
					t.Fatal(err)
				}
				test.want.ImageId = aws.String(awsfake.ImageID)
				templates := world.LaunchTemplates()
				at := slices.IndexFunc(templates, func(one awsfake.LaunchTemplate) bool { return one.Name == "muster.shop.conf" })
				if diff := cmp.Diff(test.want, templates[at].Versions[1].Data, equalData()); diff != "" {
					t.Errorf("the data (-want +got):\n%s", diff)
				}
				wantContents(t, newProcess(world), []boot.Configuration{configuration})
			})
		})
	}
}

// createBase creates a launch template as a user has one.
func createBase(t *testing.T, s *Service, data *ec2types.RequestLaunchTemplateData) *boot.LaunchTemplate {
	t.Helper()
	output, err := s.options.EC2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("base"), LaunchTemplateData: data,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &boot.LaunchTemplate{ID: aws.ToString(output.LaunchTemplate.LaunchTemplateId), Version: 1}
}

func TestFindTemplate_base(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		tag := func(key string) []ec2types.Tag { return []ec2types.Tag{{Key: aws.String(key), Value: aws.String("x")}} }
		configuration := testConfiguration("echo")
		configuration.EC2 = &boot.EC2{SubnetIDs: []string{awsfake.SubnetA}, PublicAddress: aws.Bool(true), BaseLaunchTemplate: createBase(t, s, &ec2types.RequestLaunchTemplateData{
			InstanceType: "m7i.large",
			TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{
				{ResourceType: "instance", Tags: tag("A")}, {ResourceType: "volume", Tags: tag("B")}, {ResourceType: "instance", Tags: tag("C")},
			},
		})}
		if err := s.PutConfiguration(t.Context(), configuration); err != nil {
			t.Fatal(err)
		}
		own, err := s.findTemplate(t.Context(), configuration.ID())
		if err != nil {
			t.Fatal(err)
		}
		want := template{
			ID: own.ID, Version: 2, InstanceType: "m7i.large",
			InstanceTags: map[string]string{"A": "x", "C": "x"}, VolumeTags: map[string]string{"B": "x"},
			Interfaces: []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), AssociatePublicIpAddress: aws.Bool(true)}},
		}
		for _, s := range []*Service{s, newProcess(world)} {
			got, err := s.findTemplate(t.Context(), configuration.ID())
			if diff := cmp.Diff(want, got, equalData()); err != nil || diff != "" {
				t.Errorf("got error %v and (-want +got):\n%s", err, diff)
			}
		}
	})
}

func TestPutConfiguration_refusesBase(t *testing.T) {
	t.Parallel()
	type data = ec2types.RequestLaunchTemplateData
	manyTags := make([]ec2types.Tag, 0, maxUserTags)
	for i := range maxUserTags {
		manyTags = append(manyTags, ec2types.Tag{Key: aws.String(fmt.Sprintf("t%d", i)), Value: aws.String("x")})
	}
	typed := []string{"t3.small"}
	tests := map[string]struct {
		base     data
		settings boot.EC2
		want     string
	}{
		"without an instance type":   {data{EbsOptimized: aws.Bool(true)}, boot.EC2{}, "set ec2.instance_types"},
		"with requirements only":     {data{InstanceRequirements: requirements()}, boot.EC2{}, "only fleets can"},
		"with an old type":           {data{InstanceType: "t2.micro"}, boot.EC2{}, "Nitro"},
		"that protects":              {data{DisableApiTermination: aws.Bool(true)}, boot.EC2{InstanceTypes: typed}, "protects instances from termination"},
		"with one interface":         {data{NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{NetworkInterfaceId: aws.String("eni-1")}}}, boot.EC2{InstanceTypes: typed}, "eni-1"},
		"with groups by their names": {data{SecurityGroups: []string{"web"}}, boot.EC2{InstanceTypes: typed, PublicAddress: aws.Bool(true)}, "set ec2.security_group_ids"},
		"with a tag for no metadata": {data{TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("a/b"), Value: aws.String("")}}}}}, boot.EC2{InstanceTypes: typed}, `"a/b"`},
		"with too many tags in all":  {data{TagSpecifications: []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: manyTags}}}, boot.EC2{InstanceTypes: typed}, "at most 20"},
		"of another version":         {data{EbsOptimized: aws.Bool(true)}, boot.EC2{InstanceTypes: typed, BaseLaunchTemplate: &boot.LaunchTemplate{Version: 9}}, "version 9"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				s := newProcess(world)
				base := createBase(t, s, &test.base)
				if test.settings.BaseLaunchTemplate != nil {
					base.Version = test.settings.BaseLaunchTemplate.Version
				}
				configuration := testConfiguration("echo")
				configuration.EC2 = &test.settings
				configuration.EC2.BaseLaunchTemplate = base
				err := s.PutConfiguration(t.Context(), configuration)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q in it", err, test.want)
				}
				if len(world.LaunchTemplates()) != 1 {
					t.Error("a launch template was created all the same")
				}
			})
		})
	}
}
