package awsfake

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// maxPerCall is how many instances a call can reboot or terminate.
const maxPerCall = 1000

func (w *World) terminateInstances(in *ec2.TerminateInstancesInput) (*ec2.TerminateInstancesOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	instances, err := w.named(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	if n := len(instances); n == 0 || n > maxPerCall {
		return nil, invalidValue("Between 1 and %d instances can be terminated per call, not %d", maxPerCall, n)
	}
	instances, refusal := unprotected(instances)
	out := &ec2.TerminateInstancesOutput{TerminatingInstances: []ec2types.InstanceStateChange{}}
	for _, i := range instances {
		before := i.state(now())
		w.finish(i, userEnd(timestamp()))
		after := i.state(now())
		if before != after && after == terminated {
			// The answer says so, however fast the end is.
			after = ec2types.InstanceStateNameShuttingDown
		}
		out.TerminatingInstances = append(out.TerminatingInstances, ec2types.InstanceStateChange{
			InstanceId: &i.id, PreviousState: instanceState(before), CurrentState: instanceState(after),
		})
	}
	return out, refusal
}

// unprotected returns the instances that are terminated: where one has termination
// protection, none of its zone is, and the call fails.
func unprotected(instances []*instance) (rest []*instance, refusal error) {
	zones := map[string]bool{}
	for _, i := range instances {
		if aws.ToBool(i.data.DisableApiTermination) && i.end.state != terminated {
			zones[i.subnet.Zone] = true
			refusal = fault(http.StatusBadRequest, "OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", i.id)
		}
	}
	return slices.DeleteFunc(instances, func(i *instance) bool { return zones[i.subnet.Zone] }), refusal
}

func userEnd(when string) end {
	return end{
		state: terminated, text: "User initiated (" + when + ")",
		reason: ec2types.StateReason{
			Code: aws.String("Client.UserInitiatedShutdown"), Message: aws.String("Client.UserInitiatedShutdown: User initiated shutdown"),
		},
	}
}

// powerOff is the end of an instance that has powered itself off.
func (i *instance) powerOff(when string) end {
	e := end{
		state: stopped, text: "User initiated (" + when + ")",
		reason: ec2types.StateReason{
			Code:    aws.String("Client.InstanceInitiatedShutdown"),
			Message: aws.String("Client.InstanceInitiatedShutdown: Instance initiated shutdown"),
		},
	}
	if i.data.InstanceInitiatedShutdownBehavior == ec2types.ShutdownBehaviorTerminate {
		e.state = terminated
	}
	return e
}

// finish begins the instance's end. A stopped one can still be terminated; a
// terminated one stays as it is.
func (w *World) finish(i *instance, e end) {
	if i.end.state == terminated || i.end.state == e.state {
		return
	}
	i.posted = i.console()
	i.end, i.endedAt = e, w.late(w.faults.Shutdown)
	w.halt(i)
	w.release(i)
}

// timestamp is the time as it is in the reasons of transitions.
func timestamp() string { return now().UTC().Format("2006-01-02 15:04:05 GMT") }

func (w *World) rebootInstances(in *ec2.RebootInstancesInput) (*ec2.RebootInstancesOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	instances, err := w.named(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	if n := len(instances); n == 0 || n > maxPerCall {
		return nil, invalidValue("Between 1 and %d instances can be rebooted per call, not %d", maxPerCall, n)
	}
	for _, i := range instances {
		if i.end.state != "" {
			return nil, fault(http.StatusBadRequest, "IncorrectInstanceState", "The instance '%s' is not in the 'running' state.", i.id)
		}
	}
	for _, i := range instances {
		i.posted = i.console()
		w.reboot(i)
	}
	return &ec2.RebootInstancesOutput{}, nil
}

// EndInstance lets an instance power itself off: it stops, or terminates if it was
// launched so. With machines, its machine ends too.
func (w *World) EndInstance(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.instances[id]
	if i == nil {
		return fmt.Errorf("ending %s: no such instance", id)
	}
	w.finish(i, i.powerOff(timestamp()))
	return nil
}
