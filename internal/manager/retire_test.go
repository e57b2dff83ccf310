package manager_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// draining is a group of three members with a decommission script, and what they do.
type draining struct {
	world *hostingfake.World
	ref   hosting.GroupRef
	spec  manager.GroupSpec
}

func newDraining(t *testing.T, behavior hostingfake.Behavior) draining {
	t.Helper()
	d := draining{world: hostingfake.NewWorld(hostingfake.Options{
		Now: time.Now, Behaviors: map[string]hostingfake.Behavior{"web": behavior},
	})}
	web := boot.Configuration{
		Name: "web", Image: "host", BootScript: "true", DecommissionScript: "true",
		Outputs: map[string]boot.Output{"port": {Type: boot.TypeString}, "token": {Type: boot.TypeString, Sensitive: true}},
	}
	m := d.nextRun()
	if err := m.PutConfiguration(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	d.spec = manager.GroupSpec{Name: "web", Configuration: web.ID(), Size: 3, DrainTimeout: time.Minute}
	outcome, err := m.CreateGroup(t.Context(), d.spec)
	if err != nil {
		t.Fatal(err)
	}
	d.ref = outcome.Group.GroupRef
	time.Sleep(time.Hour)
	return d
}

func (d *draining) nextRun() *manager.Manager {
	return manager.New(manager.Options{Service: d.world.Connect(), Now: time.Now})
}

// change changes the group and returns the warnings, one a line, and how long it took.
func (d *draining) change(ctx context.Context, alter func(*manager.GroupSpec)) (warnings string, took time.Duration, err error) {
	spec := d.spec
	alter(&spec)
	began := time.Now()
	outcome, err := d.nextRun().ChangeGroup(ctx, d.ref, spec, nil)
	var lines []string
	for _, warning := range outcome.Warnings {
		lines = append(lines, warning.Error())
	}
	return strings.Join(lines, "\n"), time.Since(began), err
}

func (d *draining) running() []string {
	keys := make(map[string]bool)
	for _, server := range d.world.Servers() {
		if server.State == hosting.ServerRunning {
			keys[server.Key()] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func TestChangeGroup_drains(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		behavior hostingfake.Behavior
		alter    func(*manager.GroupSpec)
		// atLeast and atMost bound the time that the change takes.
		atLeast, atMost time.Duration
		warnings        string
	}{
		"members decommission at the same time": {
			behavior: hostingfake.Behavior{Decommission: 40 * time.Second},
			atLeast:  40 * time.Second, atMost: 45 * time.Second,
		},
		"a script that fails is a warning": {
			behavior: hostingfake.Behavior{Decommission: time.Second, DecommissionExit: 7},
			atLeast:  time.Second, atMost: 5 * time.Second,
			warnings: "web-2: decommission script exited with exit code 7\nweb-1: decommission script exited with exit code 7",
		},
		"a script that takes too long is cut short with a warning": {
			behavior: hostingfake.Behavior{Decommission: time.Hour},
			atLeast:  time.Minute, atMost: time.Minute,
			warnings: "web-2: decommission script has not ended within the drain timeout of 1m0s\nweb-1: decommission script has not ended within the drain timeout of 1m0s",
		},
		"nobody waits where nothing is to be run": {
			behavior: hostingfake.Behavior{Boot: 24 * time.Hour, Decommission: time.Hour},
			atMost:   5 * time.Second,
		},
		"without a drain timeout nothing is run": {
			behavior: hostingfake.Behavior{Decommission: time.Hour},
			alter:    func(spec *manager.GroupSpec) { spec.DrainTimeout = 0 },
		},
		"who ends on the way is not waited for": {
			behavior: hostingfake.Behavior{Decommission: 10 * time.Hour, Lifetime: time.Hour + 30*time.Second},
			atLeast:  29 * time.Second, atMost: 31 * time.Second,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDraining(t, test.behavior)
				warnings, took, err := d.change(t.Context(), func(spec *manager.GroupSpec) {
					spec.Size = 1
					if test.alter != nil {
						test.alter(spec)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.warnings, warnings); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
				if took < test.atLeast || took > test.atMost {
					t.Errorf("it took %s, want %s to %s", took, test.atLeast, test.atMost)
				}
				if test.behavior.Lifetime > 0 {
					return
				}
				if diff := cmp.Diff([]string{"web-0"}, d.running()); diff != "" {
					t.Errorf("running (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A scale-in that is cancelled while the members leave terminates nobody. When they are
// wanted again, they are replaced: they serve nobody any more.
func TestChangeGroup_cancelledWhileDraining(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Decommission: 40 * time.Second})
		before := d.world.Servers()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, _, err := d.change(ctx, func(spec *manager.GroupSpec) { spec.Size = 1 }); err == nil {
			t.Error("the cancelled change reports no error")
		}
		if diff := cmp.Diff([]string{"web-0", "web-1", "web-2"}, d.running()); diff != "" {
			t.Errorf("running after the cancellation (-want +got):\n%s", diff)
		}
		observation, err := d.nextRun().Observe(t.Context(), d.ref)
		if err != nil {
			t.Fatal(err)
		}
		failures := make(map[string]string)
		for _, member := range observation.Members {
			failures[member.Key()] = member.Failure()
		}
		want := map[string]string{"web-0": "", "web-1": "it has been decommissioned", "web-2": "it has been decommissioned"}
		if diff := cmp.Diff(want, failures); diff != "" {
			t.Errorf("failures (-want +got):\n%s", diff)
		}
		if _, _, err := d.change(t.Context(), func(*manager.GroupSpec) {}); err != nil {
			t.Fatal(err)
		}
		for _, server := range d.world.Servers() {
			survived := slices.ContainsFunc(before, func(b hosting.Server) bool { return b.ID == server.ID })
			if want := server.Slot == 0; survived != want {
				t.Errorf("%s survived: %t, want %t", server.Key(), survived, want)
			}
		}
	})
}

func TestDestroyGroup_drains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Decommission: 40 * time.Second, DecommissionExit: 1})
		began := time.Now()
		warnings, err := d.nextRun().DestroyGroup(t.Context(), d.ref, time.Minute)
		if err != nil || len(warnings) != 3 {
			t.Errorf("got error %v and warnings %v, want one of each member", err, warnings)
		}
		if took := time.Since(began); took < 40*time.Second || took > 45*time.Second {
			t.Errorf("it took %s", took)
		}
		if got := d.running(); len(got) > 0 {
			t.Errorf("%v still run", got)
		}
	})
}

func TestChangeGroup_restarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Boot: 10 * time.Second})
		before := d.world.Servers()
		mark := func(mark string) func(*manager.GroupSpec) {
			return func(spec *manager.GroupSpec) { spec.Restart = mark }
		}
		_, took, err := d.change(t.Context(), mark("one"))
		if err != nil {
			t.Fatal(err)
		}
		if took < 30*time.Second || took > 35*time.Second {
			t.Errorf("the restart of three members took %s: they are restarted one at a time, for 10 s each", took)
		}
		after := d.world.Servers()
		for i, server := range after {
			if server.ID != before[i].ID || server.Restart != "one" {
				t.Errorf("%s has become %s with mark %q", before[i].ID, server.ID, server.Restart)
			}
		}
		if _, took, err := d.change(t.Context(), mark("one")); err != nil || took > 0 {
			t.Errorf("repeated, the restart took %s and ended with error %v", took, err)
		}

		// The second one doesn't come up again: the third is left alone.
		d.world.SetBehavior("web", hostingfake.Behavior{Boot: 10 * time.Second, BootExit: 3})
		if _, _, err := d.change(t.Context(), mark("two")); err == nil || !strings.Contains(err.Error(), "the restart stops at web-0") {
			t.Errorf("got error %v", err)
		}
		marks := make(map[string]string)
		for _, server := range d.world.Servers() {
			marks[server.Key()] = server.Restart
		}
		if diff := cmp.Diff(map[string]string{"web-0": "two", "web-1": "one", "web-2": "one"}, marks); diff != "" {
			t.Errorf("marks (-want +got):\n%s", diff)
		}
	})
}

// A member that was asked to leave serves nobody, whatever it still reports.
func TestManager_countsNoMemberThatLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Decommission: time.Second})
		if err := d.world.Connect().Decommission(t.Context(), d.world.Servers()[:2]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		basis, err := d.nextRun().Basis(t.Context(), "web", "")
		if err != nil || basis.InService != 1 {
			t.Errorf("%d members are in service (error %v), want 1", basis.InService, err)
		}
		if diff := cmp.Diff([]string{d.world.Servers()[2].ID}, basis.Serving()); diff != "" {
			t.Errorf("the servers in service (-want +got):\n%s", diff)
		}
		_, err = d.nextRun().Await(t.Context(), manager.AwaitSpec{Groups: []hosting.GroupRef{d.ref}, MinReady: map[string]int{"web": 2}})
		if err == nil || !strings.Contains(err.Error(), "web-0: it has been decommissioned") {
			t.Errorf("waiting for two of three, of which two leave: got error %v", err)
		}
	})
}

// A value that an earlier run has stored and not delivered reaches a member that
// restarts: whoever was to deliver it waits for the restart.
func TestChangeGroup_restartDeliversWhatIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := hostingfake.NewWorld(hostingfake.Options{Now: time.Now})
		web := boot.Configuration{Name: "web", Image: "host", BootScript: "true", Parameters: map[string]boot.Parameter{
			"p": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForBoot},
		}}
		d := draining{world: world}
		if err := d.nextRun().PutConfiguration(t.Context(), web); err != nil {
			t.Fatal(err)
		}
		d.spec = manager.GroupSpec{Name: "web", Configuration: web.ID(), Size: 2, Restart: "one"}
		outcome, err := d.nextRun().CreateGroup(t.Context(), d.spec)
		if err != nil {
			t.Fatal(err)
		}
		d.ref = outcome.Group.GroupRef
		value, killed, dead := "x", world.Connect(), false
		killed.Interfere(func(step hostingfake.Step) hostingfake.Fault {
			if dead = dead || step.Call.Method == "Deliver"; dead {
				return hostingfake.Fault{Loss: hostingfake.LostRequest, Err: hostingfake.ErrKilled}
			}
			return hostingfake.Fault{}
		})
		_, _ = manager.New(manager.Options{Service: killed, Now: time.Now}).
			Connect(t.Context(), "", manager.WireSpec{Into: "web", Parameter: "p", Value: &value})
		if got := world.Groups()[0].Values["p"].Text; got != value {
			t.Fatalf("the ledger holds %q, want %q", got, value)
		}
		if _, took, err := d.change(t.Context(), func(spec *manager.GroupSpec) { spec.Restart = "two" }); err != nil || took > time.Minute {
			t.Errorf("the restart took %s and ended with error %v", took, err)
		}
	})
}

// A replacement that was cut short may have come up under the former mark.
func TestChangeGroup_restartsWhatItFinishes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Boot: time.Minute})
		changed := boot.Configuration{Name: "web", Image: "host", BootScript: "false", DecommissionScript: "true"}
		if err := d.nextRun().PutConfiguration(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
		d.spec.Configuration = changed.ID()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, _, err := d.change(ctx, func(*manager.GroupSpec) {}); err == nil {
			t.Fatal("the interrupted change reports no error")
		}
		if _, _, err := d.change(t.Context(), func(spec *manager.GroupSpec) { spec.Restart = "two" }); err != nil {
			t.Fatal(err)
		}
		for _, server := range d.world.Servers() {
			if server.Restart != "two" {
				t.Errorf("%s has the mark %q", server.Key(), server.Restart)
			}
		}
	})
}

// Only what is declared sensitive, or not at all, is hidden in a warning.
func TestDestroyGroup_warnsInPlainWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{
			Decommission: time.Second, DecommissionExit: 1, Log: "port 1 is busy, canary",
			Publish: func(hostingfake.Situation) map[string]string {
				return map[string]string{"port": "1", "token": "canary"}
			},
		})
		warnings, err := d.nextRun().DestroyGroup(t.Context(), d.ref, time.Minute)
		if err != nil || len(warnings) != 3 {
			t.Fatalf("got error %v and warnings %v", err, warnings)
		}
		want := "web-0: decommission script exited with exit code 1; the end of its log:\n  port 1 is busy, (sensitive)"
		if diff := cmp.Diff(want, warnings[0].Error()); diff != "" {
			t.Errorf("the warning of web-0 (-want +got):\n%s", diff)
		}
	})
}

// A server that can't even be asked doesn't live for ever, and neither do the others.
func TestDestroyGroup_terminatesWhomItCannotAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDraining(t, hostingfake.Behavior{Decommission: time.Second})
		client := d.world.Connect()
		client.Interfere(hostingfake.FailWhere(func(step hostingfake.Step) bool { return step.Call.Method == "Decommission" }, errors.New("no room")))
		warnings, err := manager.New(manager.Options{Service: client, Now: time.Now}).DestroyGroup(t.Context(), d.ref, time.Minute)
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "could not be decommissioned") {
			t.Errorf("got error %v and warnings %v", err, warnings)
		}
		if got := d.running(); len(got) > 0 {
			t.Errorf("%v still run", got)
		}
	})
}
