package awsfake

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// metadata is what an instance's metadata service says.
type metadata struct {
	world    *World
	instance *instance
}

// View implements [Metadata].
func (m metadata) View() MetadataView {
	m.world.mu.Lock()
	defer m.world.mu.Unlock()
	i := m.instance
	options := metadataView(i.data.MetadataOptions)
	view := MetadataView{
		InstanceID: i.id, ImageID: aws.ToString(i.data.ImageId), InstanceType: string(i.data.InstanceType),
		AMILaunchIndex: i.index, Region: m.world.options.Region, Zone: i.subnet.Zone,
		PrivateIP: i.privateIP, PrivateDNS: i.privateDNS(), PublicIP: i.publicIP, PublicDNS: i.publicDNS(),
		Disabled:   options.HttpEndpoint == ec2types.InstanceMetadataEndpointStateDisabled,
		HTTPTokens: string(options.HttpTokens), HopLimit: int(aws.ToInt32(options.HttpPutResponseHopLimit)),
		TagsEnabled: i.metadataTags(), Role: i.role,
	}
	if view.TagsEnabled {
		view.Tags = i.metadataView()
	}
	return view
}

// metadataView returns the tags as the metadata service shows them. On Xen they stay as
// they were at launch.
func (i *instance) metadataView() map[string]string {
	at := now()
	if !isNitro(string(i.data.InstanceType)) {
		at = i.launchedAt
	}
	tags := i.tags.inMetadata(at)
	// Those that AWS itself puts on an instance aren't there.
	maps.DeleteFunc(tags, func(key, _ string) bool { return isReserved(key) })
	return tags
}

// Metadata returns what the metadata service of an instance says; ok is false where
// there is no such instance.
func (w *World) Metadata(id string) (view MetadataView, ok bool) {
	w.mu.Lock()
	i := w.instances[id]
	w.mu.Unlock()
	if i == nil {
		return MetadataView{}, false
	}
	return metadata{w, i}.View(), true
}
