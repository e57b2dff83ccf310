package manager_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// The crash suite on EC2: a run is killed at every call that it makes to AWS, and the
// next one must bring about exactly what is asked.

// crowded is a stack of one group, with a value that is delivered to its members.
func crowded(size int) stack {
	greeting := "hello"
	return stack{
		configurations: map[string]boot.Configuration{"web": {
			Name: "web", Image: awsfake.ImageID, BootScript: "true",
			Parameters: map[string]boot.Parameter{
				"greeting": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForNothing},
			},
			EC2: &boot.EC2{
				InstanceTypes: []string{"t3.small", "t3a.small"}, SubnetIDs: []string{awsfake.SubnetA, awsfake.SubnetB},
			},
		}},
		groups: map[string]groupArguments{"web": {configuration: "web", size: size}},
		wires:  map[string]manager.WireSpec{"greeting": {Into: "web", Parameter: "greeting", Value: &greeting}},
	}
}

// cloudScenarios are the applies that are interrupted. None waits for a server: in these
// worlds instances run nothing.
func cloudScenarios() map[string]cloudScenario {
	return map[string]cloudScenario{
		"create 20":                    {after: crowded(20)},
		"scale out":                    {before: crowded(20), after: crowded(32)},
		"scale in":                     {before: crowded(20), after: crowded(11)},
		"replace dead members":         {before: crowded(20), ended: 3, after: crowded(20)},
		"replace the group":            {before: crowded(20), after: crowded(20).regenerated("web")},
		"deliver":                      {before: crowded(20), after: crowded(20).saying("goodbye")},
		"destroy":                      {before: crowded(20), after: stack{}},
		"create, or rather less":       {after: crowded(20), instead: new(crowded(7))},
		"scale out, or rather destroy": {before: crowded(20), after: crowded(32), instead: new(stack{})},
		"create where capacity is scarce": {
			after: crowded(20),
			capacity: []awsfake.Capacity{
				{InstanceType: "t3.small", SubnetID: awsfake.SubnetA, Instances: 7}, {InstanceType: "t3.small", SubnetID: awsfake.SubnetB},
			},
		},
	}
}

type cloudScenario struct {
	before stack
	// ended is how many of the first members end by themselves between the two.
	ended int
	after stack
	// instead is what is asked for after the interruption; nil: the same.
	instead  *stack
	capacity []awsfake.Capacity
}

// cloudFaults are the kinds of weather in which the suite runs.
func cloudFaults() map[string]func(*awsfake.Faults) {
	return map[string]func(*awsfake.Faults){
		"everything is late": func(*awsfake.Faults) {},
		"answers are lost":   func(faults *awsfake.Faults) { faults.Lost = awsfake.Lost{Share: 0.2} },
		"half is throttled":  func(faults *awsfake.Faults) { faults.ThrottleHalf = true },
	}
}

func TestCrashOnEC2_kill(t *testing.T) {
	t.Parallel()
	for weather, spoil := range cloudFaults() {
		for name, scenario := range cloudScenarios() {
			t.Run(weather+"/"+name, func(t *testing.T) {
				t.Parallel()
				cases := 0
				for _, at := range []moment{beforeCall, afterCall} {
					for dies := 1; ; dies++ {
						reached := false
						synctest.Test(t, func(t *testing.T) { reached = scenario.try(t, spoil, dies, at) })
						if !reached {
							break
						}
						cases++
					}
				}
				t.Logf("killed at %d calls", cases/2)
			})
		}
	}
}

// try applies with a run that dies, and again with one that doesn't. reached is false
// where the first was over before.
func (s cloudScenario) try(t *testing.T, spoil func(*awsfake.Faults), dies int, at moment) (reached bool) {
	t.Helper()
	rig := newCloudRig(t, s, spoil, uint64(dies))
	victim := connect(t, rig.world, dies, at)
	rig.applyWith(t.Context(), victim, s.after.identified())
	if !victim.Killed() {
		return false
	}
	wanted := s.after.identified()
	if s.instead != nil {
		wanted = s.instead.identified()
	}
	why := fmt.Sprintf("killed at call %d, %s, %s: ", dies, victim.calls[len(victim.calls)-1], at)
	for _, fault := range rig.settle(t, wanted) {
		t.Error(why + fault)
	}
	return true
}

type cloudRig struct {
	world   *awsfake.World
	backend *backend
	// strangers are instances that have our tags and aren't ours.
	strangers map[string]awsfake.Instance
}

func newCloudRig(t *testing.T, s cloudScenario, spoil func(*awsfake.Faults), seed uint64) *cloudRig {
	t.Helper()
	r := &cloudRig{world: awsfake.NewWorld(awsfake.Options{Seed: seed}), backend: newBackend(), strangers: make(map[string]awsfake.Instance)}
	r.backend.eager = true
	if len(s.before.groups) > 0 {
		if err := r.applyWith(t.Context(), connect(t, r.world, 0, beforeCall), s.before.identified()); err != nil {
			t.Fatalf("preparing the scenario: %v", err)
		}
		r.disturb(t, s.ended)
		time.Sleep(time.Hour)
	}
	faults := awsfake.Hostile()
	faults.Lost, faults.ThrottleHalf = awsfake.Lost{}, false
	faults.Capacity = s.capacity
	spoil(&faults)
	r.world.SetFaults(faults)
	return r
}

// disturb ends members, and launches strangers that look like another one.
func (r *cloudRig) disturb(t *testing.T, ended int) {
	t.Helper()
	members := r.world.Live()
	for _, member := range members[:ended] {
		if err := r.world.EndInstance(member.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, forgery := range []awsfake.Forgery{{}, {SameTemplate: true}, {SameToken: true}} {
		id, err := r.world.Forge(members[ended].ID, forgery)
		if err != nil {
			t.Fatal(err)
		}
		r.strangers[id] = r.instance(id)
	}
}

func (r *cloudRig) instance(id string) awsfake.Instance {
	for _, instance := range r.world.Instances() {
		if instance.ID == id {
			return instance
		}
	}
	return awsfake.Instance{}
}

// applyWith applies in a goroutine of its own, which ends where the run dies.
func (r *cloudRig) applyWith(ctx context.Context, client *mortal, want stack) (err error) {
	err = errDead
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err = apply(ctx, client, r.backend, want, nil)
	}()
	<-done
	return err
}

// settle applies again and returns what is wrong then. The apply after that must have
// nothing to change.
func (r *cloudRig) settle(t *testing.T, want stack) (faults []string) {
	t.Helper()
	if err := r.applyWith(t.Context(), connect(t, r.world, 0, beforeCall), want); err != nil {
		return []string{"applying again: " + err.Error()}
	}
	faults = r.violations(want)
	// Until then a read may see what was there before the last write.
	time.Sleep(time.Minute)
	next, err := apply(t.Context(), connect(t, r.world, 0, beforeCall), r.backend, want, nil)
	if err != nil || len(next.changes) > 0 {
		faults = append(faults, fmt.Sprintf("the apply after that makes the changes %q and ends with error %v", next.changes, err))
	}
	return faults
}

// violations says what of the world isn't as asked.
func (r *cloudRig) violations(want stack) (faults []string) {
	running := slices.DeleteFunc(r.world.Live(), func(i awsfake.Instance) bool { return r.strangers[i.ID].ID != "" })
	for id, stranger := range r.strangers {
		if now := r.instance(id); !now.Live() || !maps.Equal(now.Tags, stranger.Tags) {
			faults = append(faults, fmt.Sprintf("the stranger %s is %s, with the tags %v", id, now.State, now.Tags))
		}
	}
	size := want.groups["web"].size
	if len(running) != size {
		faults = append(faults, fmt.Sprintf("%d instances run, want %d", len(running), size))
	}
	for slot, id := range r.backend.saved.groups["web"].members {
		known := slices.ContainsFunc(running, func(i awsfake.Instance) bool { return i.ID == id })
		if !known || slot >= size {
			faults = append(faults, fmt.Sprintf("web-%d is %s in the state, which doesn't run", slot, id))
		}
	}
	for _, name := range r.world.Parameters() {
		if len(want.groups) == 0 {
			faults = append(faults, "the parameter "+name.Name+" is left over")
		}
	}
	if unlisted := r.world.Unlisted(); len(unlisted) > 0 {
		faults = append(faults, "calls that aren't listed: "+strings.Join(unlisted, ", "))
	}
	return faults
}
