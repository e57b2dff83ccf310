package boot

import "time"

// MinOrphanDeadline is the shortest orphan deadline: a boot and a first delivery take
// minutes.
const MinOrphanDeadline = 10 * time.Minute

// Channel is how servers on EC2 report and are given secrets. The zero Channel is
// [ChannelConsole].
type Channel string

// The channels. Neither needs an open port or SSH.
const (
	// ChannelConsole needs no role on the instance: reports are written to its
	// console, and secrets are sealed to a key that the instance has made.
	ChannelConsole Channel = ""
	// ChannelSSM needs an instance profile whose role may read and write the
	// group's SSM parameters: reports and secrets are such parameters.
	ChannelSSM Channel = "ssm"
)

// EC2 are the launch settings of servers on Amazon EC2. Other hosting services
// ignore them.
type EC2 struct {
	// InstanceTypes and SubnetIDs are tried in their order: every subnet with the
	// first type, then every subnet with the second, until there is capacity.
	InstanceTypes []string `json:"instance_types,omitempty"`
	SubnetIDs     []string `json:"subnet_ids,omitempty"`

	SecurityGroupIDs []string `json:"security_group_ids,omitempty"`
	KeyName          string   `json:"key_name,omitempty"`
	// InstanceProfile is the name or the ARN of an instance profile; empty: none.
	InstanceProfile string `json:"instance_profile,omitempty"`
	// PublicAddress says whether the servers get a public IPv4 address; nil: as the
	// subnet says.
	PublicAddress *bool `json:"public_address,omitempty"`
	// RootVolume is nil where the image's is taken as it is.
	RootVolume *RootVolume `json:"root_volume,omitempty"`
	// Tags are put on instances and volumes.
	Tags map[string]string `json:"tags,omitempty"`
	// Monitoring is CloudWatch's detailed monitoring, a point per minute.
	Monitoring bool `json:"monitoring,omitempty"`
	// MetadataHopLimit is how many network hops an answer of the metadata service
	// may take, 1 to 64; 0: 1. Containers need 2.
	MetadataHopLimit int `json:"metadata_hop_limit,omitempty"`
	// BaseLaunchTemplate is a launch template whose data is taken over; what is set
	// here goes before it.
	BaseLaunchTemplate *LaunchTemplate `json:"base_launch_template,omitempty"`
	// Channel is how the servers report.
	Channel Channel `json:"channel,omitempty"`
	// OrphanDeadline is after how long without any delivery a server powers itself
	// off, so that one that a lost run has launched doesn't run for ever; 0: never.
	OrphanDeadline time.Duration `json:"orphan_deadline,omitempty"`
}

// RootVolume is the volume from which a server on EC2 boots. Zero fields are as the
// image has them.
type RootVolume struct {
	// DeviceName is the name of the image's root device, like "/dev/xvda"; empty: it
	// is looked up.
	DeviceName string `json:"device_name,omitempty"`
	SizeGiB    int    `json:"size_gib,omitempty"`
	Type       string `json:"type,omitempty"`
	Encrypted  *bool  `json:"encrypted,omitempty"`
	KMSKeyID   string `json:"kms_key_id,omitempty"`
}

// LaunchTemplate names one version of an EC2 launch template.
type LaunchTemplate struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}
