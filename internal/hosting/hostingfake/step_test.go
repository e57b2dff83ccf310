package hostingfake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

var errDown = errors.New("the service is down")

func web() hosting.GroupRef { return hosting.GroupRef{Name: "web", Incarnation: "one"} }

func newWorld(behaviors map[string]hostingfake.Behavior) *hostingfake.World {
	return hostingfake.NewWorld(hostingfake.Options{Now: time.Now, Behaviors: behaviors})
}

func request(configuration boot.Configuration, slots ...int) hosting.LaunchRequest {
	return hosting.LaunchRequest{
		Group: web(), Attempt: 1, Slots: slots, Fingerprint: "print",
		Payload: boot.Payload{Group: "web", Configuration: configuration},
	}
}

func plain() boot.Configuration {
	return boot.Configuration{Name: "web", Image: "host", BootScript: "boot"}
}

func mustLaunch(t *testing.T, service hosting.Service, request hosting.LaunchRequest) []hosting.Server {
	t.Helper()
	servers, err := service.Launch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func TestService_KillAt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		step   int
		moment hostingfake.Moment
		want   int
	}{
		"before the first effect":  {1, hostingfake.Before, 0},
		"after the first effect":   {1, hostingfake.After, 1},
		"before the second effect": {2, hostingfake.Before, 1},
		"after the last effect":    {3, hostingfake.After, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := newWorld(nil)
			client := world.Connect()
			client.KillAt(test.step, test.moment)
			servers, err := client.Launch(t.Context(), request(plain(), 0, 1, 2))
			if !errors.Is(err, hostingfake.ErrKilled) || servers != nil {
				t.Errorf("got %v and error %v, want no answer", servers, err)
			}
			if got := len(world.Servers()); got != test.want || !client.Killed() {
				t.Errorf("got %d servers, want %d", got, test.want)
			}
			ctx := context.WithoutCancel(t.Context())
			if err := client.CreateGroup(ctx, hosting.Group{GroupRef: web()}); !errors.Is(err, hostingfake.ErrKilled) || len(world.Groups()) > 0 {
				t.Errorf("a dead client got error %v and left %v", err, world.Groups())
			}
			if got := mustLaunch(t, world.Connect(), request(plain(), 0, 1, 2)); len(got) != 3 || len(world.Servers()) != 3 {
				t.Errorf("the next client launched %d servers of %d, want 3 of 3", len(got), len(world.Servers()))
			}
		})
	}
}

func TestService_Interfere(t *testing.T) {
	t.Parallel()
	second := func(step hostingfake.Step) bool { return step.Index == 2 }
	tests := map[string]struct {
		fault    func(hostingfake.Step) hostingfake.Fault
		wantErr  error
		wantSize int
	}{
		"a refused step has no effect":         {hostingfake.FailWhere(second, errDown), errDown, 1},
		"a lost response has its effect":       {hostingfake.LoseResponses(second, errDown), errDown, 2},
		"a lost write reports success":         {hostingfake.LoseWrites(second), nil, 1},
		"a step that doesn't match is carried": {hostingfake.FailWhere(func(hostingfake.Step) bool { return false }, errDown), nil, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := newWorld(nil)
			client := world.Connect()
			client.Interfere(test.fault)
			if err := client.CreateGroup(t.Context(), hosting.Group{GroupRef: web(), Size: 1}); err != nil {
				t.Fatal(err)
			}
			updated, err := client.UpdateGroup(t.Context(), web(), func(group *hosting.Group) error {
				group.Size = 2
				return nil
			})
			if !errors.Is(err, test.wantErr) || err == nil && updated.Size != 2 {
				t.Errorf("got %+v and error %v", updated, err)
			}
			if got := world.Groups()[0].Size; got != test.wantSize {
				t.Errorf("the size on record is %d, want %d", got, test.wantSize)
			}
		})
	}
}

// A group that was never there and one that is still there are lost writes too.
func TestLoseWrites_creationAndDeletion(t *testing.T) {
	t.Parallel()
	world := newWorld(nil)
	client := world.Connect()
	lost := true
	client.Interfere(hostingfake.LoseWrites(func(hostingfake.Step) bool { return lost }))
	create := func() error { return client.CreateGroup(t.Context(), hosting.Group{GroupRef: web()}) }
	if err := create(); err != nil || len(world.Groups()) != 0 {
		t.Errorf("the lost creation ended with %v and left %v", err, world.Groups())
	}
	lost = false
	if err := create(); err != nil {
		t.Fatal(err)
	}
	lost = true
	if err := client.DeleteGroup(t.Context(), web()); err != nil || len(world.Groups()) != 1 {
		t.Errorf("the lost deletion ended with %v and left %v", err, world.Groups())
	}
}

func TestService_At(t *testing.T) {
	t.Parallel()
	world := newWorld(nil)
	client := world.Connect()
	ctx, cancel := context.WithCancel(t.Context())
	client.At(2, hostingfake.After, cancel)
	servers, err := client.Launch(ctx, request(plain(), 0, 1, 2))
	if len(servers) != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d servers and error %v, want two and the end of the context", len(servers), err)
	}
	if err := client.Checkpoint(ctx, "save", func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a step after the end of its context got %v", err)
	}
}

func TestService_Calls(t *testing.T) {
	t.Parallel()
	client := newWorld(nil).Connect()
	servers := mustLaunch(t, client, request(plain(), 0, 1))
	mustLaunch(t, client, request(plain(), 1, 2))
	if _, err := client.Reports(t.Context(), servers); err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, call := range client.Calls() {
		calls = append(calls, call.String())
	}
	want := []string{"Launch web attempt 1, slots [0 1]", "Launch web attempt 1, slots [1 2]", "Reports web 2 servers"}
	if diff := cmp.Diff(want, calls); diff != "" || client.Count("Launch") != 2 {
		t.Errorf("%d launches; the calls (-want +got):\n%s", client.Count("Launch"), diff)
	}
	var changed []bool
	for _, step := range client.Steps() {
		changed = append(changed, step.Changed)
	}
	if diff := cmp.Diff([]bool{true, true, false, true, false}, changed); diff != "" {
		t.Errorf("which steps have changed something (-want +got):\n%s", diff)
	}
	last := client.Calls()[2]
	if last.Mutates() || !client.Calls()[0].Mutates() {
		t.Error("Launch changes something and Reports doesn't")
	}
}

func TestWorld_SetCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := newWorld(map[string]hostingfake.Behavior{"web": {Lifetime: time.Minute}})
		world.SetCapacity(2)
		servers, err := world.Connect().Launch(t.Context(), request(plain(), 0, 1, 2))
		full, ok := errors.AsType[*hosting.CapacityError](err)
		if !ok || full.Wanted != 3 || full.Launched != 2 || len(servers) != 2 {
			t.Errorf("got %d servers and error %v, want two of three", len(servers), err)
		}
		time.Sleep(time.Minute)
		if got := mustLaunch(t, world.Connect(), request(plain(), 2)); len(got) != 1 {
			t.Errorf("got %d servers where others have ended, want 1", len(got))
		}
	})
}
