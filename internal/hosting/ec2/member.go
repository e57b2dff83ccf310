package ec2

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// templateTag is the tag by which EC2 itself says from which launch template an instance
// comes. Nobody can write a tag that begins with "aws:".
const templateTag = "aws:ec2launchtemplate:id"

// member is an instance that is proved to be one of a group's servers.
type member struct {
	id      string
	ref     hosting.GroupRef
	token   string
	attempt int
	slot    int
	state   ec2types.InstanceStateName
	// reason says why it has ended or is ending.
	reason     string
	facts      hosting.Facts
	launchedAt time.Time
	tags       map[string]string
}

// prove tells the group's members from all other instances. What counts is what nobody
// can give to an instance after its launch: the template and the client token.
func (s *Service) prove(ref hosting.GroupRef, templates []string, instance ec2types.Instance) (member, bool) {
	tags := tagMap(instance.Tags)
	if !slices.Contains(templates, tags[templateTag]) {
		return member{}, false
	}
	return s.identify(ref, instance)
}

// identify is prove for an instance whose template is known: it was launched by this
// process, or proved before.
func (s *Service) identify(ref hosting.GroupRef, instance ec2types.Instance) (member, bool) {
	token, ok := parseToken(aws.ToString(instance.ClientToken))
	index := int(aws.ToInt32(instance.AmiLaunchIndex))
	if !ok || token.mark != incarnationMark(s.options.Namespace, ref) || index < 0 || index >= token.count {
		return member{}, false
	}
	found := member{
		id:         aws.ToString(instance.InstanceId),
		ref:        ref,
		token:      aws.ToString(instance.ClientToken),
		attempt:    token.attempt,
		slot:       token.base + index,
		reason:     endReason(instance.StateReason),
		launchedAt: aws.ToTime(instance.LaunchTime),
		tags:       tagMap(instance.Tags),
		facts: hosting.Facts{
			PrivateIP:  aws.ToString(instance.PrivateIpAddress),
			PublicIP:   aws.ToString(instance.PublicIpAddress),
			PrivateDNS: aws.ToString(instance.PrivateDnsName),
		},
	}
	if instance.State != nil {
		found.state = instance.State.Name
	}
	if instance.Placement != nil {
		found.facts.Zone = aws.ToString(instance.Placement.AvailabilityZone)
	}
	return found, found.id != ""
}

// runs reports whether the instance exists and has not begun to end.
func (m member) runs() bool {
	return m.state == ec2types.InstanceStateNamePending || m.state == ec2types.InstanceStateNameRunning
}

// terminated reports whether nothing of the instance will ever run again, however long
// EC2 still shows it.
func (m member) terminated() bool {
	return m.state == ec2types.InstanceStateNameShuttingDown || m.state == ec2types.InstanceStateNameTerminated
}

// settled reports whether the facts are those that the server will have: an instance
// has its public address, if it gets one, when it runs at the latest.
func (m member) settled() bool {
	return m.facts.PrivateIP != "" && (m.facts.PublicIP != "" || m.state != ec2types.InstanceStateNamePending)
}

// server returns the member as the port has it.
func (m member) server() hosting.Server {
	server := hosting.Server{
		ID: m.id, Group: m.ref, Slot: m.slot, Attempt: m.attempt,
		State:       hosting.ServerRunning,
		Facts:       m.facts,
		Fingerprint: m.tags[channel.FingerprintTag],
		Restart:     m.tags[channel.RestartTag],
		Delivered:   channel.DeliveredRevision(m.tags),
		LaunchedAt:  m.launchedAt,
	}
	if !m.runs() {
		server.State, server.EndReason = hosting.ServerEnded, m.reason
	}
	return server
}

// clone returns a copy whose tags can be changed.
func (m member) clone() member {
	m.tags = maps.Clone(m.tags)
	return m
}

func tagMap(tags []ec2types.Tag) map[string]string {
	found := make(map[string]string, len(tags))
	for _, tag := range tags {
		found[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return found
}

func tagList(tags map[string]string) []ec2types.Tag {
	list := make([]ec2types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ec2types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// endReason says in a few words why an instance has ended; the codes are those of EC2's
// StateReason.
func endReason(reason *ec2types.StateReason) string {
	if reason == nil {
		return ""
	}
	switch aws.ToString(reason.Code) {
	case "Client.InstanceInitiatedShutdown":
		return "it has powered itself off"
	case "Client.UserInitiatedShutdown":
		return "it was stopped or terminated by a call of the EC2 API"
	case "Server.SpotInstanceTermination", "Server.SpotInstanceShutdown":
		return "EC2 has reclaimed the spot instance"
	case "Server.ScheduledStop":
		return "EC2 has stopped it because of a scheduled retirement"
	case "Client.InternalError":
		return aws.ToString(reason.Message) + "; often EC2 may not use the KMS key of a volume"
	}
	return aws.ToString(reason.Message)
}
