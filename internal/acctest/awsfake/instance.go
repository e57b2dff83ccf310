package awsfake

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// visibleAfterEnd is how long a terminated instance is still shown.
const visibleAfterEnd = time.Hour

const (
	terminated = ec2types.InstanceStateNameTerminated
	stopped    = ec2types.InstanceStateNameStopped
)

// instance is an instance, from its launch on; it is never forgotten, because its
// client token isn't.
type instance struct {
	id, reservation string
	index           int
	subnet          Subnet
	// data is what it was launched with, template and request together.
	data     ec2.RunInstancesInput
	template *templateRef
	userData []byte
	tags     tagSet
	volumes  []*volume

	launchedAt                                     time.Time
	visibleAt, taggableAt, addressedAt, consolesAt time.Time
	// runningAt is when the newest boot is over, endedAt when the end is.
	runningAt, endedAt time.Time
	end                end

	privateIP, publicIP string
	role                *RoleCredentials

	machine Machine
	// started is closed when the machine is there, or will never be.
	started chan struct{}
	// machineRuns says that something of its machine may still run.
	machineRuns bool
	// written is the console where there is no machine, posted what was on it at the
	// last transition of its state.
	written, posted []byte
}

// end is how an instance ends.
type end struct {
	state  ec2types.InstanceStateName // stopped or terminated; empty: it hasn't ended
	reason ec2types.StateReason
	text   string
}

// volume is an instance's root volume.
type volume struct {
	id, device string
	tags       tagSet
}

// state returns the instance's state at the time.
func (i *instance) state(at time.Time) ec2types.InstanceStateName {
	over := !at.Before(i.endedAt) && !i.machineRuns
	switch {
	case i.end.state != "" && over:
		return i.end.state
	case i.end.state == terminated:
		return ec2types.InstanceStateNameShuttingDown
	case i.end.state == stopped:
		return ec2types.InstanceStateNameStopping
	case at.Before(i.runningAt):
		return ec2types.InstanceStateNamePending
	default:
		return ec2types.InstanceStateNameRunning
	}
}

func (i *instance) terminated(at time.Time) bool {
	return i.state(at) == terminated
}

// shown reports whether the API knows the instance at the time.
func (i *instance) shown(at time.Time) bool {
	if at.Before(i.visibleAt) {
		return false
	}
	return !i.terminated(at) || at.Sub(i.endedAt) <= visibleAfterEnd
}

// holdsRoom reports whether the instance takes capacity.
func (i *instance) holdsRoom(at time.Time) bool {
	state := i.state(at)
	return state != terminated && state != stopped
}

func (i *instance) metadataTags() bool {
	options := i.data.MetadataOptions
	return options != nil && options.InstanceMetadataTags == ec2types.InstanceMetadataTagsStateEnabled
}

// visibleTags returns the tags as the API shows them at the time.
func (w *World) visibleTags(i *instance, at time.Time) map[string]string {
	if w.faults.TagsVanish && i.terminated(at) {
		return nil
	}
	return i.tags.visible(at)
}

// stateCode is the number that EC2 gives with a state.
func stateCode(state ec2types.InstanceStateName) int32 {
	switch state {
	case ec2types.InstanceStateNameRunning:
		return 16
	case ec2types.InstanceStateNameShuttingDown:
		return 32
	case terminated:
		return 48
	case ec2types.InstanceStateNameStopping:
		return 64
	case stopped:
		return 80
	default:
		return 0
	}
}
