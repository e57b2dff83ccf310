package awsfake_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// template makes a template of one version and returns its ID.
func (a account) template(t *testing.T, name string, data *ec2types.RequestLaunchTemplateData) string {
	t.Helper()
	out, err := a.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: data, VersionDescription: aws.String("first"),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "launch-template", Tags: tagList(map[string]string{"muster.ns": "shop"})}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.LaunchTemplate.LaunchTemplateId
}

func (a account) version(t *testing.T, id string, data *ec2types.RequestLaunchTemplateData) int64 {
	t.Helper()
	out, err := a.ec2.CreateLaunchTemplateVersion(t.Context(), &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: &id, LaunchTemplateData: data})
	if err != nil {
		t.Fatal(err)
	}
	return *out.LaunchTemplateVersion.VersionNumber
}

func fromTemplate(id, version string) *ec2.RunInstancesInput {
	return &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ClientToken: aws.String(id + version),
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateId: &id, Version: &version},
	}
}

func TestLaunchTemplate(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		id := a.template(t, "muster-shop-web", templateData(encoded("one")))
		if got := a.version(t, id, templateData(encoded("two"))); got != 2 {
			t.Errorf("got version %d, want 2", got)
		}
		_, err := a.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
			LaunchTemplateName: aws.String("muster-shop-web"), LaunchTemplateData: templateData(""),
		})
		wantRefusal(t, err, "400 InvalidLaunchTemplateName.AlreadyExistsException")

		found, err := a.ec2.DescribeLaunchTemplates(t.Context(), &ec2.DescribeLaunchTemplatesInput{Filters: filter("tag:muster.ns", "shop")})
		if err != nil || len(found.LaunchTemplates) != 1 {
			t.Fatalf("got %v, %v, want one", found, err)
		}
		if got := found.LaunchTemplates[0]; *got.LatestVersionNumber != 2 || *got.DefaultVersionNumber != 1 || len(got.Tags) != 1 {
			t.Errorf("got %+v", got)
		}
		versions, err := a.ec2.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateName: aws.String("muster-shop-web")})
		if err != nil || len(versions.LaunchTemplateVersions) != 2 {
			t.Fatalf("got %v, %v, want two", versions, err)
		}
		if got := versions.LaunchTemplateVersions[1]; *got.VersionDescription != "first" || *got.LaunchTemplateData.UserData != encoded("one") || !*got.DefaultVersion {
			t.Errorf("got %+v", got)
		}
		if got := a.LaunchTemplates()[0].Versions[1]; string(got.UserData) != "two" {
			t.Errorf("got %+v", got)
		}

		if _, err := a.ec2.DeleteLaunchTemplate(t.Context(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &id}); err != nil {
			t.Fatal(err)
		}
		_, err = a.ec2.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id})
		wantRefusal(t, err, "400 InvalidLaunchTemplateId.NotFound")
		_, err = a.ec2.DeleteLaunchTemplate(t.Context(), &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("muster-shop-web")})
		wantRefusal(t, err, "400 InvalidLaunchTemplateName.NotFoundException")
		a.template(t, "muster-shop-web", templateData("")) // The name is free again.
	})
}

// Everything that a template can say is kept, whatever the fake does with it.
func TestLaunchTemplate_wholeData(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		data := templateData(encoded("text"))
		data.BlockDeviceMappings = []ec2types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String("/dev/xvda"),
			Ebs: &ec2types.LaunchTemplateEbsBlockDeviceRequest{
				VolumeSize: aws.Int32(20), VolumeType: "gp3", Encrypted: aws.Bool(false), KmsKeyId: aws.String("alias/mine"),
			},
		}}
		data.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), Groups: []string{awsfake.SecurityGroupID}, AssociatePublicIpAddress: aws.Bool(false), Ipv6AddressCount: aws.Int32(1),
		}}
		data.CpuOptions = &ec2types.LaunchTemplateCpuOptionsRequest{CoreCount: aws.Int32(2)}
		data.CreditSpecification = &ec2types.CreditSpecificationRequest{CpuCredits: aws.String("unlimited")}
		data.Monitoring = &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)}
		data.TagSpecifications = []ec2types.LaunchTemplateTagSpecificationRequest{{ResourceType: "instance", Tags: tagList(map[string]string{"a": "b"})}}
		id := a.template(t, "muster-shop-web", data)

		out, err := a.ec2.DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, Versions: []string{"$Latest"}})
		if err != nil {
			t.Fatal(err)
		}
		got := out.LaunchTemplateVersions[0].LaunchTemplateData
		ebs, nic := got.BlockDeviceMappings[0].Ebs, got.NetworkInterfaces[0]
		for what, ok := range map[string]bool{
			"volume":     *ebs.VolumeSize == 20 && ebs.VolumeType == "gp3" && !*ebs.Encrypted && *ebs.KmsKeyId == "alias/mine",
			"interface":  *nic.DeviceIndex == 0 && nic.Groups[0] == awsfake.SecurityGroupID && !*nic.AssociatePublicIpAddress && *nic.Ipv6AddressCount == 1,
			"processor":  *got.CpuOptions.CoreCount == 2 && *got.CreditSpecification.CpuCredits == "unlimited",
			"monitoring": *got.Monitoring.Enabled,
			"tags":       got.TagSpecifications[0].ResourceType == "instance" && *got.TagSpecifications[0].Tags[0].Key == "a",
			"rest":       *got.ImageId == awsfake.ImageID && got.InstanceType == "t3.small" && *got.UserData == encoded("text"),
		} {
			if !ok {
				t.Errorf("%s: got %+v", what, got)
			}
		}
	})
}

func TestLaunchTemplate_versions(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		id := a.template(t, "muster-shop-web", templateData(""))
		for range 4 {
			a.version(t, id, templateData(""))
		}
		out, err := a.ec2.DeleteLaunchTemplateVersions(t.Context(), &ec2.DeleteLaunchTemplateVersionsInput{
			LaunchTemplateId: &id, Versions: []string{"1", "3", "5", "9"},
		})
		if err != nil {
			t.Fatal(err)
		}
		var deleted, kept []int64
		for _, v := range out.SuccessfullyDeletedLaunchTemplateVersions {
			deleted = append(deleted, *v.VersionNumber)
		}
		for _, v := range out.UnsuccessfullyDeletedLaunchTemplateVersions {
			kept = append(kept, *v.VersionNumber)
		}
		if !slices.Equal(deleted, []int64{3, 5}) || !slices.Equal(kept, []int64{1, 9}) {
			t.Errorf("got %v deleted and %v not, want 3 and 5, and not the default version or an unknown one", deleted, kept)
		}
		if got := a.version(t, id, templateData("")); got != 6 {
			t.Errorf("got version %d, want 6: no number is used again", got)
		}
		for versions, want := range map[string]string{"$Latest": "6", "$Default": "1", "": "6 4 2 1", "3": "400 InvalidLaunchTemplateId.VersionNotFound"} {
			in := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}
			if versions != "" {
				in.Versions = []string{versions}
			}
			if got := a.versionNumbers(t, in); got != want {
				t.Errorf("%s: got %s, want %s", versions, got, want)
			}
		}
		some := &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id, MinVersion: aws.String("2"), MaxVersion: aws.String("4")}
		if got := a.versionNumbers(t, some); got != "4 2" {
			t.Errorf("got %s, want 4 2", got)
		}
	})
}

// versionNumbers returns the numbers in the order in which they come, or the refusal.
func (a account) versionNumbers(t *testing.T, in *ec2.DescribeLaunchTemplateVersionsInput) string {
	t.Helper()
	var numbers []string
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(a.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			return refusal(err)
		}
		for _, v := range page.LaunchTemplateVersions {
			numbers = append(numbers, fmt.Sprint(*v.VersionNumber))
		}
	}
	return strings.Join(numbers, " ")
}

func TestLaunchTemplate_refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*ec2.CreateLaunchTemplateInput)
		want   string
	}{
		"largest user data": {func(in *ec2.CreateLaunchTemplateInput) {
			in.LaunchTemplateData = templateData(encoded(strings.Repeat("x", 16384)))
		}, ""},
		"larger user data": {func(in *ec2.CreateLaunchTemplateInput) {
			in.LaunchTemplateData = templateData(encoded(strings.Repeat("x", 16385)))
		}, "400 InvalidParameterValue"},
		"bad name":         {func(in *ec2.CreateLaunchTemplateInput) { in.LaunchTemplateName = aws.String("a b c") }, "400 InvalidLaunchTemplateName.MalformedException"},
		"long description": {func(in *ec2.CreateLaunchTemplateInput) { in.VersionDescription = aws.String(strings.Repeat("x", 256)) }, "400 InvalidParameterValue"},
		"tags of instances": {func(in *ec2.CreateLaunchTemplateInput) {
			in.TagSpecifications = instanceTags(map[string]string{"a": "b"})
		}, "400 InvalidParameterValue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				in := &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: templateData("")}
				test.change(in)
				_, err := a.ec2.CreateLaunchTemplate(t.Context(), in)
				wantRefusal(t, err, test.want)
				if n := len(a.LaunchTemplates()); (n == 0) != (test.want != "") {
					t.Errorf("%d templates", n)
				}
			})
		})
	}
}

// The SDK makes a client token where there is none, so that a lost answer makes no
// second version.
func TestLaunchTemplate_lostAnswers(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Lost: awsfake.Lost{Calls: []int{1, 3}}}}, func(t *testing.T, a account) {
		a.ec2 = ec2.NewFromConfig(a.Config())
		id := a.template(t, "web", templateData(""))
		if got := a.version(t, id, templateData("")); got != 2 || len(a.LaunchTemplates()[0].Versions) != 2 {
			t.Errorf("got version %d of %d, want 2 of 2", got, len(a.LaunchTemplates()[0].Versions))
		}
		if got := a.Calls(); got["CreateLaunchTemplate"] != 2 || got["CreateLaunchTemplateVersion"] != 2 {
			t.Errorf("got %v, want each called twice", got)
		}
	})
}

func TestLaunchTemplate_lag(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{TemplateLag: 10 * time.Second}}, func(t *testing.T, a account) {
		id := a.template(t, "web", templateData(""))
		_, err := a.ec2.RunInstances(t.Context(), fromTemplate(id, "1"))
		wantRefusal(t, err, "400 InvalidLaunchTemplateId.NotFound")
		_, err = a.ec2.DescribeLaunchTemplates(t.Context(), &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{"web"}})
		wantRefusal(t, err, "400 InvalidLaunchTemplateName.NotFoundException")
		_, err = a.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: templateData("")})
		wantRefusal(t, err, "400 InvalidLaunchTemplateName.AlreadyExistsException") // The name is taken at once.

		took := until(t, func() bool {
			_, err := a.ec2.RunInstances(t.Context(), fromTemplate(id, "1"))
			return err == nil
		})
		if took < 5 || took > 10 {
			t.Errorf("it can be launched after %d s, want 5 to 10", took)
		}
		a.version(t, id, templateData(""))
		_, err = a.ec2.RunInstances(t.Context(), fromTemplate(id, "2"))
		wantRefusal(t, err, "400 InvalidLaunchTemplateId.VersionNotFound")
		if got := a.versionNumbers(t, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &id}); got != "1" {
			t.Errorf("got versions %s, want 1", got)
		}
		time.Sleep(10 * time.Second)
		a.launch(t, fromTemplate(id, "2"))
	})
}

func TestRunInstances_fromTemplate(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		data := templateData(encoded("of the template"))
		data.KeyName = aws.String(awsfake.KeyName)
		data.SecurityGroupIds = []string{awsfake.SecurityGroupID}
		data.InstanceInitiatedShutdownBehavior = "terminate"
		data.MetadataOptions = &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpTokens: "required", InstanceMetadataTags: "enabled", HttpPutResponseHopLimit: aws.Int32(2),
		}
		data.TagSpecifications = []ec2types.LaunchTemplateTagSpecificationRequest{
			{ResourceType: "instance", Tags: tagList(map[string]string{"from": "template", "both": "template"})},
		}
		id := a.template(t, "web", data)
		in := fromTemplate(id, "1")
		in.InstanceType, in.SubnetId = "m5.large", aws.String(awsfake.SubnetB)
		in.UserData = aws.String(encoded("of the request"))
		in.TagSpecifications = instanceTags(map[string]string{"both": "request"})
		one := a.launch(t, in)[0]

		view := a.seen(t, one)
		if view.InstanceType != "m5.large" || *view.SubnetId != awsfake.SubnetB || *view.KeyName != awsfake.KeyName || *view.SecurityGroups[0].GroupId != awsfake.SecurityGroupID {
			t.Errorf("got %+v", view)
		}
		if got := view.MetadataOptions; got.HttpTokens != "required" || got.InstanceMetadataTags != "enabled" || *got.HttpPutResponseHopLimit != 2 {
			t.Errorf("got %+v", got)
		}
		inside := a.Instances()[0]
		want := map[string]string{
			"from": "template", "both": "request", "aws:ec2launchtemplate:id": id, "aws:ec2launchtemplate:version": "1",
		}
		if diff := cmp.Diff(want, inside.Tags); diff != "" {
			t.Errorf("tags, -want +got:\n%s", diff)
		}
		if string(inside.UserData) != "of the request" || inside.OnShutdown != "terminate" || inside.TemplateID != id {
			t.Errorf("got %+v", inside)
		}
		if got := ids(a.describe(t, &ec2.DescribeInstancesInput{Filters: filter("tag:aws:ec2launchtemplate:id", id)})); !slices.Equal(got, []string{one}) {
			t.Errorf("got %v of the template, want %s", got, one)
		}
		metadata, _ := a.Metadata(one)
		if diff := cmp.Diff(map[string]string{"from": "template", "both": "request"}, metadata.Tags); diff != "" {
			t.Errorf("the metadata service shows AWS's own tags: %s", diff)
		}
	})
}

// What excludes each other in a request does so too where the template says one of it.
func TestRunInstances_templateConflicts(t *testing.T) {
	t.Parallel()
	nic := []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0), Groups: []string{awsfake.SecurityGroupID}}}
	for name, test := range map[string]struct {
		data   func(*ec2types.RequestLaunchTemplateData)
		change func(*ec2.RunInstancesInput)
		want   string
	}{
		"interface and subnet": {
			func(data *ec2types.RequestLaunchTemplateData) { data.NetworkInterfaces = nic },
			func(in *ec2.RunInstancesInput) { in.SubnetId = aws.String(awsfake.SubnetB) }, "400 InvalidParameterCombination",
		},
		"groups and interface": {
			func(data *ec2types.RequestLaunchTemplateData) {
				data.SecurityGroupIds = []string{awsfake.SecurityGroupID}
			},
			func(in *ec2.RunInstancesInput) {
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
			}, "400 InvalidParameterCombination",
		},
		"interface and interface": {
			func(data *ec2types.RequestLaunchTemplateData) { data.NetworkInterfaces = nic },
			func(in *ec2.RunInstancesInput) {
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{
					DeviceIndex: aws.Int32(0), SubnetId: aws.String(awsfake.SubnetB), AssociatePublicIpAddress: aws.Bool(true),
				}}
			}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				data := templateData("")
				test.data(data)
				in := fromTemplate(a.template(t, "web", data), "1")
				test.change(in)
				_, err := a.ec2.RunInstances(t.Context(), in)
				wantRefusal(t, err, test.want)
				if test.want != "" {
					return
				}
				if got := a.Instances()[0]; got.PublicIP == "" || got.SubnetID != awsfake.SubnetB {
					t.Errorf("got %+v, want a public address in %s", got, awsfake.SubnetB)
				}
			})
		})
	}
}
