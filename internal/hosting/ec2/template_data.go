package ec2

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// launchData returns what a configuration's version of the launch template holds: the data of the
// base launch template, on top of it the configuration's settings, and the
// configuration itself as user data.
func (s *Service) launchData(ctx context.Context, configuration boot.Configuration) (*ec2types.RequestLaunchTemplateData, error) {
	settings := boot.EC2{}
	if configuration.EC2 != nil {
		settings = *configuration.EC2
	}
	data, err := s.baseData(ctx, settings)
	if err != nil {
		return nil, err
	}
	userData, err := encodeConfiguration(configuration)
	if err != nil {
		return nil, err
	}
	device, err := s.rootDevice(ctx, configuration.Image, settings.RootVolume)
	if err != nil {
		return nil, err
	}
	data.ImageId = aws.String(configuration.Image)
	data.UserData = aws.String(userData)
	putIdentity(data, settings)
	putNetwork(data, settings)
	putRootVolume(data, device, settings.RootVolume)
	putMetadataOptions(data, settings)
	putBehavior(data, settings)
	return data, nil
}

// baseData returns the data of the base launch template; empty where there is none.
func (s *Service) baseData(ctx context.Context, settings boot.EC2) (*ec2types.RequestLaunchTemplateData, error) {
	base := settings.BaseLaunchTemplate
	if base == nil {
		return &ec2types.RequestLaunchTemplateData{}, nil
	}
	output, err := s.options.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: aws.String(base.ID), Versions: []string{strconv.Itoa(base.Version)},
	})
	if err != nil {
		return nil, fmt.Errorf("reading base launch template %s, version %d: %w", base.ID, base.Version, explain(ctx, err))
	}
	for _, version := range output.LaunchTemplateVersions {
		if version.LaunchTemplateData == nil || aws.ToInt64(version.VersionNumber) != int64(base.Version) {
			continue
		}
		data, err := toRequestData(version.LaunchTemplateData)
		if err != nil {
			return nil, err
		}
		if err := s.checkBase(data, settings); err != nil {
			return nil, fmt.Errorf("taking over base launch template %s, version %d: %w", base.ID, base.Version, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("base launch template %s has no version %d; correct ec2.base_launch_template", base.ID, base.Version)
}

// rootDevice returns the name of the image's root device; empty where nothing is to be set
// there.
func (s *Service) rootDevice(ctx context.Context, image string, volume *boot.RootVolume) (string, error) {
	if volume == nil {
		return "", nil
	}
	if volume.DeviceName != "" {
		return volume.DeviceName, nil
	}
	output, err := s.options.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{image}})
	if err != nil {
		return "", fmt.Errorf("looking up the root device of image %s: %w", image, explain(ctx, err))
	}
	for _, found := range output.Images {
		if name := aws.ToString(found.RootDeviceName); name != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("image %s isn't shown to this account, or has no root device; set ec2.root_volume.device_name", image)
}

func putIdentity(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) {
	if settings.KeyName != "" {
		data.KeyName = aws.String(settings.KeyName)
	}
	if profile := settings.InstanceProfile; strings.HasPrefix(profile, "arn:") {
		data.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Arn: aws.String(profile)}
	} else if profile != "" {
		data.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(profile)}
	}
	if len(settings.InstanceTypes) > 0 {
		// Every launch names one of them; requirements would be in its way.
		data.InstanceType, data.InstanceRequirements = "", nil
	}
}

// putNetwork puts groups and public address where EC2 takes them: where there is a
// network interface, nothing of the network may be said beside it.
func putNetwork(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) {
	if len(settings.SecurityGroupIDs) > 0 {
		data.SecurityGroupIds, data.SecurityGroups = slices.Clone(settings.SecurityGroupIDs), nil
	}
	if settings.PublicAddress != nil && len(data.NetworkInterfaces) == 0 {
		data.NetworkInterfaces = []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{DeviceIndex: aws.Int32(0)}}
	}
	for i := range data.NetworkInterfaces {
		// The subnet is for every launch to say.
		data.NetworkInterfaces[i].SubnetId = nil
	}
	first := firstInterface(data.NetworkInterfaces)
	if first == nil {
		return
	}
	if settings.PublicAddress != nil {
		first.AssociatePublicIpAddress = aws.Bool(*settings.PublicAddress)
	}
	if len(data.SecurityGroupIds) > 0 {
		first.Groups, data.SecurityGroupIds = data.SecurityGroupIds, nil
	}
}

// firstInterface returns the interface with the lowest device index, which has the server's
// address; nil where there is none.
func firstInterface(interfaces []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest) *ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
	first := (*ec2types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest)(nil)
	for i := range interfaces {
		if first == nil || aws.ToInt32(interfaces[i].DeviceIndex) < aws.ToInt32(first.DeviceIndex) {
			first = &interfaces[i]
		}
	}
	return first
}

func putRootVolume(data *ec2types.RequestLaunchTemplateData, device string, volume *boot.RootVolume) {
	if volume == nil {
		return
	}
	at := slices.IndexFunc(data.BlockDeviceMappings, func(mapping ec2types.LaunchTemplateBlockDeviceMappingRequest) bool {
		return aws.ToString(mapping.DeviceName) == device
	})
	if at < 0 {
		at = len(data.BlockDeviceMappings)
		data.BlockDeviceMappings = append(data.BlockDeviceMappings, ec2types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: aws.String(device)})
	}
	mapping := &data.BlockDeviceMappings[at]
	if mapping.Ebs == nil {
		mapping.Ebs = &ec2types.LaunchTemplateEbsBlockDeviceRequest{}
	}
	if volume.SizeGiB > 0 {
		mapping.Ebs.VolumeSize = aws.Int32(int32(min(volume.SizeGiB, maxVolumeGiB))) //nolint:gosec // It is bounded.
	}
	if volume.Type != "" {
		mapping.Ebs.VolumeType = ec2types.VolumeType(volume.Type)
	}
	if volume.Encrypted != nil {
		mapping.Ebs.Encrypted = aws.Bool(*volume.Encrypted)
	}
	if volume.KMSKeyID != "" {
		mapping.Ebs.KmsKeyId = aws.String(volume.KMSKeyID)
	}
}

// putMetadataOptions lets the instances read their tags, and keeps everybody else from it.
// An account's defaults may be anything.
func putMetadataOptions(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) {
	options := data.MetadataOptions
	if options == nil {
		options = &ec2types.LaunchTemplateInstanceMetadataOptionsRequest{}
		data.MetadataOptions = options
	}
	options.HttpTokens = ec2types.LaunchTemplateHttpTokensStateRequired
	options.HttpEndpoint = ec2types.LaunchTemplateInstanceMetadataEndpointStateEnabled
	options.InstanceMetadataTags = ec2types.LaunchTemplateInstanceMetadataTagsStateEnabled
	if limit := settings.MetadataHopLimit; limit > 0 {
		options.HttpPutResponseHopLimit = aws.Int32(int32(min(limit, maxHopLimit))) //nolint:gosec // It is bounded.
	}
	if options.HttpPutResponseHopLimit == nil {
		options.HttpPutResponseHopLimit = aws.Int32(1)
	}
}

// putBehavior says what a power-off from within is: with a deadline it is the end,
// otherwise the disk is kept for whoever wants to know why.
func putBehavior(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) {
	data.InstanceInitiatedShutdownBehavior = ec2types.ShutdownBehaviorStop
	if settings.OrphanDeadline > 0 {
		data.InstanceInitiatedShutdownBehavior = ec2types.ShutdownBehaviorTerminate
	}
	if settings.Monitoring {
		data.Monitoring = &ec2types.LaunchTemplatesMonitoringRequest{Enabled: aws.Bool(true)}
	}
}
