package ec2

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// newOffline returns a service that can't call anything.
func newOffline(defaultTags map[string]string) *Service {
	return New(Options{Namespace: testNamespace, Region: "eu-central-1", DefaultTags: defaultTags, Now: time.Now})
}

func manyTags(count int) map[string]string {
	tags := make(map[string]string)
	for i := range count {
		tags[fmt.Sprintf("tag-%d", i)] = "x"
	}
	return tags
}

func TestCheckConfiguration(t *testing.T) {
	t.Parallel()
	yes := true
	volume := func(v boot.RootVolume) func(*boot.Configuration) {
		return func(c *boot.Configuration) { c.EC2.RootVolume = &v }
	}
	settings := func(change func(*boot.EC2)) func(*boot.Configuration) {
		return func(c *boot.Configuration) { change(c.EC2) }
	}
	tags := func(tags map[string]string) func(*boot.Configuration) {
		return settings(func(e *boot.EC2) { e.Tags = tags })
	}
	tests := map[string]struct {
		change   func(*boot.Configuration)
		defaults map[string]string
		// want are the paths of the faults, each with a part of its message.
		want map[string]string
	}{
		"what servers need":      {func(*boot.Configuration) {}, nil, nil},
		"an image by its old ID": {func(c *boot.Configuration) { c.Image = "ami-0a1b2c3d" }, nil, nil},
		"an image by a parameter": {func(c *boot.Configuration) {
			c.Image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64:3"
		}, nil, nil},
		"a local image":           {func(c *boot.Configuration) { c.Image = "host" }, nil, map[string]string{"image": `"ami-…"`}},
		"an upper-case image":     {func(c *boot.Configuration) { c.Image = "ami-0A1B2C3D" }, nil, map[string]string{"image": "no image"}},
		"no settings":             {func(c *boot.Configuration) { c.EC2 = nil }, nil, map[string]string{"ec2": "required"}},
		"nothing in the settings": {func(c *boot.Configuration) { c.EC2 = &boot.EC2{} }, nil, map[string]string{"ec2.instance_types": "no instance type", "ec2.subnet_ids": "no subnet"}},
		"a base with a type": {settings(func(e *boot.EC2) {
			e.InstanceTypes, e.BaseLaunchTemplate = nil, &boot.LaunchTemplate{ID: "lt-1", Version: 1}
		}), nil, nil},
		"a base of no version": {settings(func(e *boot.EC2) { e.BaseLaunchTemplate = &boot.LaunchTemplate{ID: "lt-1"} }), nil, map[string]string{"ec2.base_launch_template.version": "from 1 on"}},
		"a base by its name":   {settings(func(e *boot.EC2) { e.BaseLaunchTemplate = &boot.LaunchTemplate{ID: "web", Version: 1} }), nil, map[string]string{"ec2.base_launch_template.id": "lt-"}},
		"a type on Xen":        {settings(func(e *boot.EC2) { e.InstanceTypes = []string{"t3.small", "t2.small"} }), nil, map[string]string{"ec2.instance_types": "t2.small: it isn't of the Nitro"}},
		"i3 on Xen":            {settings(func(e *boot.EC2) { e.InstanceTypes = []string{"i3.large"} }), nil, map[string]string{"ec2.instance_types": "Nitro"}},
		"i3 without": {settings(func(e *boot.EC2) {
			e.InstanceTypes = []string{"i3.metal", "i3en.large", "p3dn.24xlarge", "u-6tb1.112xlarge"}
		}), nil, nil},
		"no type":                     {settings(func(e *boot.EC2) { e.InstanceTypes = []string{"large"} }), nil, map[string]string{"ec2.instance_types": "no instance type"}},
		"a type twice":                {settings(func(e *boot.EC2) { e.InstanceTypes = []string{"t3.small", "t3.small"} }), nil, map[string]string{"ec2.instance_types": "twice"}},
		"a subnet twice":              {settings(func(e *boot.EC2) { e.SubnetIDs = []string{"subnet-1", "subnet-1"} }), nil, map[string]string{"ec2.subnet_ids": "twice"}},
		"no subnet ID":                {settings(func(e *boot.EC2) { e.SubnetIDs = []string{"10.0.0.0/8"} }), nil, map[string]string{"ec2.subnet_ids": "subnet-…"}},
		"no group ID":                 {settings(func(e *boot.EC2) { e.SecurityGroupIDs = []string{"default"} }), nil, map[string]string{"ec2.security_group_ids": "sg-…"}},
		"too many hops":               {settings(func(e *boot.EC2) { e.MetadataHopLimit = 65 }), nil, map[string]string{"ec2.metadata_hop_limit": "64"}},
		"a deadline":                  {settings(func(e *boot.EC2) { e.OrphanDeadline = boot.MinOrphanDeadline }), nil, nil},
		"a short deadline":            {settings(func(e *boot.EC2) { e.OrphanDeadline = time.Minute }), nil, map[string]string{"ec2.orphan_deadline": "at least"}},
		"an unknown channel":          {settings(func(e *boot.EC2) { e.Channel = "smoke" }), nil, map[string]string{"ec2.channel": "smoke"}},
		"SSM with a profile":          {settings(func(e *boot.EC2) { e.Channel, e.InstanceProfile = boot.ChannelSSM, "web" }), nil, nil},
		"SSM without a profile":       {settings(func(e *boot.EC2) { e.Channel = boot.ChannelSSM }), nil, map[string]string{"ec2.channel": "instance_profile"}},
		"a volume":                    {volume(boot.RootVolume{DeviceName: "/dev/sda1", SizeGiB: 8, Type: "gp3", Encrypted: &yes, KMSKeyID: "k"}), nil, nil},
		"a key for nothing":           {volume(boot.RootVolume{KMSKeyID: "k"}), nil, map[string]string{"ec2.root_volume.kms_key_id": "encrypted = true"}},
		"a large volume":              {volume(boot.RootVolume{SizeGiB: 70_000}), nil, map[string]string{"ec2.root_volume.size_gib": "65536"}},
		"a small volume":              {volume(boot.RootVolume{SizeGiB: -1}), nil, map[string]string{"ec2.root_volume.size_gib": "1 to"}},
		"a volume to boot not from":   {volume(boot.RootVolume{Type: "st1"}), nil, map[string]string{"ec2.root_volume.type": "boot"}},
		"a volume with IOPS":          {volume(boot.RootVolume{Type: "io2"}), nil, map[string]string{"ec2.root_volume.type": "IOPS"}},
		"an unknown volume":           {volume(boot.RootVolume{Type: "ssd"}), nil, map[string]string{"ec2.root_volume.type": "ssd"}},
		"a device of another kind":    {volume(boot.RootVolume{DeviceName: "C:"}), nil, map[string]string{"ec2.root_volume.device_name": "C:"}},
		"a device that can't be seen": {func(c *boot.Configuration) { c.Image, c.EC2.RootVolume = "resolve:ssm:/x", &boot.RootVolume{} }, nil, map[string]string{"ec2.root_volume.device_name": "looked up"}},
		"tags":                        {tags(map[string]string{"Name": "web", "cost.center:x@y+z=1,2": "ä/ü"}), map[string]string{"Team": "shop"}, nil},
		"a tag with a space":          {tags(map[string]string{"Patch Group": "x"}), nil, map[string]string{"ec2.tags": `the tag "Patch Group" has a key that instance metadata can't show`}},
		"a tag with a slash":          {tags(map[string]string{"kubernetes.io/x": "x"}), nil, map[string]string{"ec2.tags": "instance metadata"}},
		"an empty key":                {tags(map[string]string{"": "x"}), nil, map[string]string{"ec2.tags": "instance metadata"}},
		"a long key":                  {tags(map[string]string{strings.Repeat("k", 128): "x"}), nil, map[string]string{"ec2.tags": "127"}},
		"a long value":                {tags(map[string]string{"k": strings.Repeat("ä", 257)}), nil, map[string]string{"ec2.tags": "256"}},
		"the longest value":           {tags(map[string]string{"k": strings.Repeat("ä", 256)}), nil, nil},
		"a tag of AWS":                {tags(map[string]string{"AWS:x": "x"}), nil, map[string]string{"ec2.tags": "as only AWS's own do"}},
		"a tag of Muster":             {tags(map[string]string{"muster.ns": "x"}), nil, map[string]string{"ec2.tags": "as the provider's own do"}},
		"reserved keys":               {tags(map[string]string{"_index": "x"}), nil, map[string]string{"ec2.tags": "itself"}},
		"20 tags":                     {tags(manyTags(20)), map[string]string{"tag-1": "y"}, nil},
		"21 tags":                     {tags(manyTags(20)), map[string]string{"Team": "y"}, map[string]string{"ec2.tags": "21 tags"}},
		"a default tag with a space":  {tags(nil), map[string]string{"Cost Center": "x"}, map[string]string{"ec2.tags": "default_tags"}},
		"a default tag not for SSM":   {tags(nil), map[string]string{"Team": "a&b"}, map[string]string{"ec2.tags": "SSM"}},
		"a large boot script":         {func(c *boot.Configuration) { c.BootScript = incompressible(30_000) }, nil, map[string]string{"boot_script": "16384"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configuration := testConfiguration("echo")
			test.change(&configuration)
			got := make(map[string]string)
			for _, fault := range newOffline(test.defaults).CheckConfiguration(configuration) {
				got[strings.Join(fault.Path, ".")] = fault.Message
			}
			for path, part := range test.want {
				if !strings.Contains(got[path], part) {
					t.Errorf("got %q for %s, want %q in it", got[path], path, part)
				}
				if strings.HasSuffix(got[path], ".") {
					t.Errorf("%q ends in a full stop", got[path])
				}
				delete(got, path)
			}
			if diff := cmp.Diff(map[string]string{}, got); diff != "" {
				t.Errorf("further faults (-want +got):\n%s", diff)
			}
		})
	}
}
