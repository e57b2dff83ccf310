package ec2

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

const (
	maxHopLimit = 64
	// maxVolumeGiB is the size of the largest volume there is (EBS user guide).
	maxVolumeGiB = 64 << 10
)

var (
	imageName = regexp.MustCompile(`^(ami-[0-9a-f]{8}([0-9a-f]{9})?|resolve:ssm:[a-zA-Z0-9_.\-/:]+)$`)
	// instanceType is a family and a size.
	instanceType = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)
)

// CheckConfiguration implements [hosting.Configurations].
func (s *Service) CheckConfiguration(configuration boot.Configuration) []boot.FieldFault {
	var f faults
	if !imageName.MatchString(configuration.Image) {
		f.add(fmt.Sprintf(`%q is no image of EC2; use the ID of an AMI, "ami-…", or "resolve:ssm:" with the name of an SSM parameter that holds one`, configuration.Image), "image")
	}
	f.userData(s, configuration)
	settings := configuration.EC2
	if settings == nil {
		f.add("it is required where servers run on EC2; it takes at least instance_types and subnet_ids", "ec2")
		return f
	}
	f.places(*settings)
	f.network(*settings)
	f.rootVolume(configuration.Image, *settings)
	f.tags(settings.Tags, s.options.DefaultTags)
	f.access(*settings)
	return f
}

// faults are those of one configuration. The paths mirror Terraform's attributes.
type faults []boot.FieldFault

func (f *faults) add(message string, path ...string) {
	*f = append(*f, boot.FieldFault{Path: path, Message: message})
}

func (f *faults) ec2(message string, path ...string) {
	f.add(message, append([]string{"ec2"}, path...)...)
}

// places checks where servers can be launched.
func (f *faults) places(settings boot.EC2) {
	if len(settings.InstanceTypes) == 0 && settings.BaseLaunchTemplate == nil {
		f.ec2("it names no instance type, and there is no base_launch_template that does", "instance_types")
	}
	for _, name := range settings.InstanceTypes {
		if reason := unfitType(name); reason != "" {
			f.ec2(fmt.Sprintf("%s: %s", name, reason), "instance_types")
		}
	}
	if len(settings.SubnetIDs) == 0 {
		f.ec2("it names no subnet; servers need one", "subnet_ids")
	}
	f.ids(settings.SubnetIDs, "subnet-", "subnet_ids")
	f.twice(settings.InstanceTypes, "instance_types")
	f.twice(settings.SubnetIDs, "subnet_ids")
}

func (f *faults) ids(ids []string, prefix, attribute string) {
	for _, id := range ids {
		if !strings.HasPrefix(id, prefix) {
			f.ec2(fmt.Sprintf("%q isn't an ID like %q", id, prefix+"…"), attribute)
		}
	}
}

// twice refuses what would be tried twice: the second try would be told apart from the
// first one by nothing.
func (f *faults) twice(values []string, attribute string) {
	for i, value := range values {
		if slices.Contains(values[:i], value) {
			f.ec2(fmt.Sprintf("%q is there twice", value), attribute)
		}
	}
}

func (f *faults) network(settings boot.EC2) {
	f.ids(settings.SecurityGroupIDs, "sg-", "security_group_ids")
	f.twice(settings.SecurityGroupIDs, "security_group_ids")
	if limit := settings.MetadataHopLimit; limit < 0 || limit > maxHopLimit {
		f.ec2(fmt.Sprintf("it is a number from 1 to %d", maxHopLimit), "metadata_hop_limit")
	}
}

func (f *faults) rootVolume(image string, settings boot.EC2) {
	volume := settings.RootVolume
	if volume == nil {
		return
	}
	at := func(message, attribute string) { f.ec2(message, "root_volume", attribute) }
	switch {
	case volume.DeviceName == "" && strings.HasPrefix(image, "resolve:"):
		at("an image that an SSM parameter names can't be looked up; set the name of its root device, for example /dev/xvda", "device_name")
	case volume.DeviceName != "" && !strings.HasPrefix(volume.DeviceName, "/dev/"):
		at(fmt.Sprintf("%q is no name of a root device, like /dev/xvda", volume.DeviceName), "device_name")
	}
	if volume.SizeGiB < 0 || volume.SizeGiB > maxVolumeGiB {
		at(fmt.Sprintf("a volume has 1 to %d GiB", maxVolumeGiB), "size_gib")
	}
	if reason := unfitVolume(volume.Type, settings.BaseLaunchTemplate != nil); reason != "" {
		at(reason, "type")
	}
	if volume.KMSKeyID != "" && (volume.Encrypted == nil || !*volume.Encrypted) {
		at("a key is of use only for an encrypted volume; set encrypted = true", "kms_key_id")
	}
}

// unfitVolume says why servers can't boot from such a volume; empty where they can.
func unfitVolume(volumeType string, hasBase bool) string {
	switch volumeType {
	case "", "gp2", "gp3", "standard":
		return ""
	case "io1", "io2":
		if hasBase {
			return ""
		}
		return volumeType + " needs a number of IOPS, which only a base_launch_template can say; use gp3"
	case "st1", "sc1":
		return "servers can't boot from " + volumeType + "; use gp3"
	}
	return fmt.Sprintf("%q is no type of volume; use gp3", volumeType)
}

func (f *faults) access(settings boot.EC2) {
	base := settings.BaseLaunchTemplate
	if base != nil && !strings.HasPrefix(base.ID, "lt-") {
		f.ec2(fmt.Sprintf("%q isn't an ID like %q", base.ID, "lt-…"), "base_launch_template", "id")
	}
	if base != nil && base.Version < 1 {
		f.ec2("it is the number of a version, from 1 on", "base_launch_template", "version")
	}
	switch settings.Channel {
	case boot.ChannelConsole:
	case boot.ChannelSSM:
		if settings.InstanceProfile == "" && base == nil {
			f.ec2(`"ssm" needs an instance_profile whose role may use the group's SSM parameters; set it, or leave the channel out`, "channel")
		}
	default:
		f.ec2(fmt.Sprintf(`%q is no channel; use "console" or "ssm"`, string(settings.Channel)), "channel")
	}
	if deadline := settings.OrphanDeadline; deadline != 0 && deadline < boot.MinOrphanDeadline {
		f.ec2(fmt.Sprintf("it is at least %s: a boot and a first delivery take their time", boot.MinOrphanDeadline), "orphan_deadline")
	}
}

// unfitType says why servers can't be of the instance type; empty where they can.
func unfitType(name string) string {
	family, size, _ := strings.Cut(name, ".")
	switch {
	case !instanceType.MatchString(name):
		return "it is no instance type, like t3.small"
	case family == "i3" && size == "metal":
		return ""
	case slices.Contains(xenFamilies(), family):
		return "it isn't of the Nitro generation: its metadata don't show values that arrive after the launch, and its console comes minutes late; use a newer type, for example t3 in the place of t2"
	}
	return ""
}

// xenFamilies are the instance families that run on Xen: all of them are of before 2018 ("Instances
// built on the AWS Nitro System" of the EC2 user guide), and every family since
// is Nitro. Of i3, the metal size is too.
func xenFamilies() []string {
	return []string{
		"c1", "c3", "c4", "cc1", "cc2", "cg1", "cr1", "d2", "f1", "g2", "g3", "g3s", "h1", "hi1", "hs1",
		"i2", "i3", "m1", "m2", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
	}
}
