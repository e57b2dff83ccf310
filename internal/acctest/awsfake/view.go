package awsfake

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// instanceView returns the instance as the API shows it at the time.
func (w *World) instanceView(i *instance, at time.Time) ec2types.Instance {
	data := i.data
	view := ec2types.Instance{
		AmiLaunchIndex: aws.Int32(int32(i.index)), Architecture: ec2types.ArchitectureValuesX8664,
		ClientToken: data.ClientToken, EbsOptimized: data.EbsOptimized,
		// Nitro says so too.
		Hypervisor: ec2types.HypervisorTypeXen,
		ImageId:    data.ImageId, InstanceId: &i.id, InstanceType: data.InstanceType, KeyName: data.KeyName,
		LaunchTime: aws.Time(i.launchedAt.Truncate(time.Second)), MetadataOptions: metadataView(data.MetadataOptions),
		Monitoring:     &ec2types.Monitoring{State: ec2types.MonitoringStateDisabled},
		Placement:      &ec2types.Placement{AvailabilityZone: &i.subnet.Zone, Tenancy: ec2types.TenancyDefault},
		RootDeviceName: &i.volumes[0].device, RootDeviceType: ec2types.DeviceTypeEbs,
		State: instanceState(i.state(at)), SubnetId: &i.subnet.ID, VpcId: &i.subnet.VPC,
		Tags: toTags(w.visibleTags(i, at)),
	}
	if data.Monitoring != nil && aws.ToBool(data.Monitoring.Enabled) {
		view.Monitoring.State = ec2types.MonitoringStateEnabled
	}
	if data.InstanceMarketOptions != nil && data.InstanceMarketOptions.MarketType == ec2types.MarketTypeSpot {
		view.InstanceLifecycle = ec2types.InstanceLifecycleTypeSpot
	}
	if i.role != nil {
		view.IamInstanceProfile = &ec2types.IamInstanceProfile{
			Arn: aws.String("arn:aws:iam::" + w.options.Account + ":instance-profile/" + i.role.Name),
		}
	}
	if i.end.state != "" {
		view.StateReason, view.StateTransitionReason = &i.end.reason, &i.end.text
	}
	if !i.terminated(at) {
		i.addNetwork(&view, at)
		view.BlockDeviceMappings = []ec2types.InstanceBlockDeviceMapping{{
			DeviceName: &i.volumes[0].device,
			Ebs:        &ec2types.EbsInstanceBlockDevice{VolumeId: &i.volumes[0].id, Status: ec2types.AttachmentStatusAttached},
		}}
	}
	return view
}

// addNetwork adds groups and addresses; a terminated instance has none.
func (i *instance) addNetwork(view *ec2types.Instance, at time.Time) {
	groups := i.data.SecurityGroupIds
	if len(i.data.NetworkInterfaces) > 0 {
		groups = i.data.NetworkInterfaces[0].Groups
	}
	for _, group := range groups {
		view.SecurityGroups = append(view.SecurityGroups, ec2types.GroupIdentifier{GroupId: aws.String(group)})
	}
	if at.Before(i.addressedAt) {
		return
	}
	view.PrivateIpAddress, view.PrivateDnsName = &i.privateIP, aws.String(i.privateDNS())
	if i.publicIP != "" && i.end.state == "" {
		view.PublicIpAddress, view.PublicDnsName = &i.publicIP, aws.String(i.publicDNS())
	}
}

func (i *instance) publicDNS() string {
	if i.publicIP == "" {
		return ""
	}
	return fmt.Sprintf("ec2-%s.%s.compute.amazonaws.com", strings.ReplaceAll(i.publicIP, ".", "-"), i.region())
}

func (i *instance) privateDNS() string {
	return fmt.Sprintf("ip-%s.%s.compute.internal", strings.ReplaceAll(i.privateIP, ".", "-"), i.region())
}

// region is the zone without its letter.
func (i *instance) region() string { return i.subnet.Zone[:len(i.subnet.Zone)-1] }

func instanceState(state ec2types.InstanceStateName) *ec2types.InstanceState {
	return &ec2types.InstanceState{Name: state, Code: aws.Int32(stateCode(state))}
}

func metadataView(options *ec2types.InstanceMetadataOptionsRequest) *ec2types.InstanceMetadataOptionsResponse {
	if options == nil {
		options = &ec2types.InstanceMetadataOptionsRequest{}
	}
	view := &ec2types.InstanceMetadataOptionsResponse{
		HttpEndpoint: ec2types.InstanceMetadataEndpointStateEnabled, HttpTokens: ec2types.HttpTokensStateOptional,
		HttpPutResponseHopLimit: aws.Int32(1), InstanceMetadataTags: ec2types.InstanceMetadataTagsStateDisabled,
		State: ec2types.InstanceMetadataOptionsStateApplied,
	}
	if options.HttpEndpoint != "" {
		view.HttpEndpoint = options.HttpEndpoint
	}
	if options.HttpTokens != "" {
		view.HttpTokens = options.HttpTokens
	}
	if options.HttpPutResponseHopLimit != nil {
		view.HttpPutResponseHopLimit = options.HttpPutResponseHopLimit
	}
	if options.InstanceMetadataTags != "" {
		view.InstanceMetadataTags = options.InstanceMetadataTags
	}
	return view
}
