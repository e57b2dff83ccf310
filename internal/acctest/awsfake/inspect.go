package awsfake

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// Instance is an instance as it really is, whatever the API shows of it.
type Instance struct {
	ID          string
	State       ec2types.InstanceStateName
	LaunchIndex int
	ClientToken string
	Type        string
	SubnetID    string
	Zone        string
	PrivateIP   string
	PublicIP    string
	// TemplateID and TemplateVersion are of the launch template; empty: none.
	TemplateID      string
	TemplateVersion int64
	Tags            map[string]string
	UserData        []byte
	Volumes         []Volume
	LaunchedAt      time.Time
	// OnShutdown is what its own power-off does: "stop" or "terminate".
	OnShutdown string
}

// Live reports whether the instance is neither terminated nor about to be.
func (i Instance) Live() bool {
	return i.State != ec2types.InstanceStateNameShuttingDown && i.State != ec2types.InstanceStateNameTerminated
}

// Volume is a root volume.
type Volume struct {
	ID   string
	Tags map[string]string
}

// Parameter is an SSM parameter that exists.
type Parameter struct {
	Name, Type, Tier, KeyID string
	// Value is in clear, also of a SecureString.
	Value   string
	Version int64
	Tags    map[string]string
}

// LaunchTemplate is a launch template that exists.
type LaunchTemplate struct {
	ID, Name string
	Tags     map[string]string
	// Versions are sorted by number.
	Versions []LaunchTemplateVersion
}

// LaunchTemplateVersion is one version of a launch template.
type LaunchTemplateVersion struct {
	Number      int64
	Description string
	Data        ec2types.RequestLaunchTemplateData
	UserData    []byte
}

// Instances returns all instances in the order of their launch, those that ended too.
func (w *World) Instances() []Instance {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := now()
	var all []Instance
	for _, i := range w.launched {
		all = append(all, i.inspect(at))
	}
	return all
}

// Live returns the instances that are neither terminated nor about to be.
func (w *World) Live() []Instance {
	return slices.DeleteFunc(w.Instances(), func(i Instance) bool { return !i.Live() })
}

func (i *instance) inspect(at time.Time) Instance {
	out := Instance{
		ID: i.id, State: i.state(at), LaunchIndex: i.index, ClientToken: aws.ToString(i.data.ClientToken),
		Type: string(i.data.InstanceType), SubnetID: i.subnet.ID, Zone: i.subnet.Zone,
		PrivateIP: i.privateIP, PublicIP: i.publicIP, Tags: i.tags.current(), UserData: i.userData,
		LaunchedAt: i.launchedAt, OnShutdown: cmp.Or(string(i.data.InstanceInitiatedShutdownBehavior), "stop"),
	}
	if i.template != nil {
		out.TemplateID, out.TemplateVersion = i.template.id, i.template.version
	}
	for _, v := range i.volumes {
		out.Volumes = append(out.Volumes, Volume{ID: v.id, Tags: v.tags.current()})
	}
	return out
}

// Parameters returns all parameters that exist, sorted by name.
func (w *World) Parameters() []Parameter {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Parameter
	for _, name := range slices.Sorted(maps.Keys(w.parameters)) {
		if p := w.parameters[name]; p.exists() {
			v := p.newest()
			all = append(all, Parameter{
				Name: name, Type: string(p.kind), Tier: string(p.tier), KeyID: v.keyID,
				Value: v.value, Version: v.number, Tags: maps.Clone(p.tags),
			})
		}
	}
	return all
}

// LaunchTemplates returns all launch templates that exist, sorted by name.
func (w *World) LaunchTemplates() []LaunchTemplate {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []LaunchTemplate
	for _, t := range w.templates {
		out := LaunchTemplate{ID: t.id, Name: t.name, Tags: t.tags.current()}
		for _, number := range slices.Sorted(maps.Keys(t.versions)) {
			v := t.versions[number]
			data, _ := decodeUserData(v.data.UserData) // It was checked.
			out.Versions = append(out.Versions, LaunchTemplateVersion{
				Number: number, Description: aws.ToString(v.description), Data: v.data, UserData: data,
			})
		}
		all = append(all, out)
	}
	slices.SortFunc(all, func(a, b LaunchTemplate) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Sessions returns the roles that were assumed, in their order.
func (w *World) Sessions() []Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sessions)
}
