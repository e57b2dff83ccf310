package ec2

import (
	"context"
	"path"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// The tags that an instance may have, 50 in all, are divided up; those that EC2 gives
// itself, which begin with "aws:", don't count. Whatever the user's tags leave over is for
// the delivery.
const (
	maxTags     = 50
	controlTags = 10
	reportTags  = 8
)

const (
	// nameTag is what the EC2 console shows as the name of an instance.
	nameTag = "Name"
	// tagPrefix is what all tags of this project begin with.
	tagPrefix = "muster."
	// channelTag says how the server reports; there is none where it does on its console.
	channelTag = tagPrefix + "channel"
)

// shape is what a launch gives to its instances, besides what the launch template says.
type shape struct {
	data                     channel.UserData
	instanceTags, volumeTags map[string]string
}

// userData returns the user data of the run that begins with the slot.
func (s shape) userData(base int) ([]byte, error) {
	s.data.Base = base
	return s.data.Encode()
}

func (s *Service) newShape(ctx context.Context, request hosting.LaunchRequest, found template) (shape, error) {
	configuration := request.Payload.Configuration
	ref, settings := request.Group, *configuration.EC2
	made := shape{data: channel.UserData{
		Namespace: s.options.Namespace, Group: ref, Attempt: request.Attempt, Payload: request.Payload,
		Channel: settings.Channel, OrphanDeadline: settings.OrphanDeadline,
	}}
	switch {
	case settings.Channel == boot.ChannelSSM:
		made.data.SSMPath = path.Dir(s.deliveryParameter(ref))
		made.data.SSMEndpoint, made.data.KMSKeyID = s.options.SSMEndpoint, s.options.KMSKeyID
	case hasSensitiveOutput(configuration):
		key, err := s.outputKey(ctx, ref)
		if err != nil {
			return shape{}, err
		}
		s.noteOutputKey(ref, true)
		made.data.OutputKey = &key.PublicKey
	}
	users := merge(s.options.DefaultTags, settings.Tags)
	made.volumeTags = merge(found.VolumeTags, users, map[string]string{channel.NamespaceTag: s.options.Namespace})
	users = merge(found.InstanceTags, users)
	made.instanceTags = merge(map[string]string{nameTag: ref.Name}, users, s.launchTags(request))
	if settings.OrphanDeadline > 0 {
		// Whatever finds a delivery at launch is nobody's orphan; see [launch.adopt].
		return made, nil
	}
	delivery, err := s.deliveryAtLaunch(ctx, request, settings.Channel, roomBeside(users))
	made.instanceTags = merge(made.instanceTags, delivery)
	return made, err
}

func hasSensitiveOutput(configuration boot.Configuration) bool {
	for _, output := range configuration.Outputs {
		if output.Sensitive {
			return true
		}
	}
	return false
}

// launchTags are the tags that every member has from its launch on.
func (s *Service) launchTags(request hosting.LaunchRequest) map[string]string {
	tags := map[string]string{
		channel.NamespaceTag:   s.options.Namespace,
		channel.GroupTag:       request.Group.Name,
		channel.IncarnationTag: request.Group.Incarnation,
		channel.FingerprintTag: request.Fingerprint,
		channel.RestartTag:     request.Restart,
	}
	if sent := request.Payload.Configuration.EC2.Channel; sent != boot.ChannelConsole {
		tags[channelTag] = string(sent)
	}
	return tags
}

// deliveryAtLaunch returns the tags of what the ledger held at launch. Secrets need a key
// that only the running server has, or the role.
func (s *Service) deliveryAtLaunch(ctx context.Context, request hosting.LaunchRequest, by boot.Channel, room int) (map[string]string, error) {
	if request.Delivery.Revision == 0 {
		return nil, nil
	}
	tags, method, err := s.commonDelivery(ctx, request.Group, request.Delivery, by, room)
	if method == deliverSealed {
		return nil, nil
	}
	return tags, err
}
