package awsfake

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// roleLifetime is how long the credentials of an instance's role last.
const roleLifetime = 6 * time.Hour

// launch launches as many instances as there is room for.
func (w *World) launch(p *plan) ([]*instance, error) {
	subnet, n, err := w.place(p)
	if err != nil {
		return nil, err
	}
	addresses, err := w.addresses.take(n)
	if err != nil {
		return nil, err
	}
	reservation := w.newID("r")
	var instances []*instance
	for index := range n {
		i := w.bear(p, subnet, reservation, index, addresses[index])
		instances = append(instances, i)
		w.instances[i.id] = i
		w.launched = append(w.launched, i)
		w.start(i)
	}
	return instances, nil
}

// bear makes one instance.
func (w *World) bear(p *plan, subnet Subnet, reservation string, index int, address string) *instance {
	at := now()
	i := &instance{
		id: w.newID("i"), reservation: reservation, index: index, subnet: subnet,
		data: p.data, template: p.template, userData: p.userData, tags: tagSet{},
		launchedAt: at, runningAt: w.late(w.faults.Boot),
		visibleAt: w.late(w.faults.DescribeLag), taggableAt: w.late(w.faults.TagLag),
		addressedAt: w.late(w.faults.AddressLag), consolesAt: w.late(w.faults.ConsoleLag),
		privateIP: address,
	}
	if public := p.public; public != nil && *public || public == nil && subnet.Public {
		w.serial++
		i.publicIP = fmt.Sprintf("203.0.%d.%d", w.serial/250%250+1, w.serial%250+1)
	}
	for key, value := range p.tags["instance"] {
		i.tags.put(key, value, at, at)
	}
	if p.template != nil {
		i.tags.put(templateIDTag, p.template.id, at, at)
		i.tags.put(templateTag, fmt.Sprint(p.template.version), at, at)
	}
	i.volumes = []*volume{w.rootVolume(p, at)}
	i.role = w.instanceRole(p, i.id)
	return i
}

func (w *World) rootVolume(p *plan, at time.Time) *volume {
	v := &volume{id: w.newID("vol"), device: w.rootDevice(aws.ToString(p.data.ImageId)), tags: tagSet{}}
	for key, value := range p.tags["volume"] {
		v.tags.put(key, value, at, at)
	}
	return v
}

// instanceRole makes the credentials of the instance's profile, or nil.
func (w *World) instanceRole(p *plan, id string) *RoleCredentials {
	profile := p.profile()
	if profile == "" {
		return nil
	}
	who := w.addSession(principal{
		account: w.options.Account, userID: "AROAMUSTERFAKE000001:" + id, instance: id,
		arn: fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", w.options.Account, profile, id),
	}, roleLifetime)
	return &RoleCredentials{
		Name: profile, AccessKey: who.accessKey, SecretKey: who.secretKey, Token: who.token,
		UpdatedAt: now(), ExpiresAt: who.until,
	}
}

// launchOutput is the answer to the launch of the instances, or to a repeated one: the
// instances as they are now.
func (w *World) launchOutput(instances []*instance, repeated bool) *ec2.RunInstancesOutput {
	out := &ec2.RunInstancesOutput{
		OwnerId: &w.options.Account, ReservationId: &instances[0].reservation,
		Groups: []ec2types.GroupIdentifier{}, Instances: []ec2types.Instance{},
	}
	at := now()
	for _, i := range instances {
		view := w.instanceView(i, at)
		if !repeated {
			// The answer to a launch says so, however fast the boot is.
			view.State = instanceState(ec2types.InstanceStateNamePending)
		}
		out.Instances = append(out.Instances, view)
	}
	return out
}
