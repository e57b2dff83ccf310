package manager_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// A run that dies within a launch leaves servers that a service may list late. Whatever
// is wished for next, none of them is forgotten.
func TestManager_recallsALaunchThatIsNotWantedAnyMore(t *testing.T) {
	t.Parallel()
	next := map[string]struct {
		wish func(context.Context, *manager.Manager, hosting.GroupRef, manager.GroupSpec) error
		want int
	}{
		"a smaller group": {
			wish: func(ctx context.Context, m *manager.Manager, ref hosting.GroupRef, spec manager.GroupSpec) error {
				spec.Size = 1
				_, err := m.ChangeGroup(ctx, ref, spec, nil)
				return err
			},
			want: 1,
		},
		"other parameters": {
			wish: func(ctx context.Context, m *manager.Manager, ref hosting.GroupRef, spec manager.GroupSpec) error {
				spec.Parameters = map[string]string{"greeting": "good evening"}
				_, err := m.ChangeGroup(ctx, ref, spec, nil)
				return err
			},
			want: 3,
		},
		"no group": {
			wish: func(ctx context.Context, m *manager.Manager, ref hosting.GroupRef, _ manager.GroupSpec) error {
				_, err := m.DestroyGroup(ctx, ref, 0)
				return err
			},
			want: 0,
		},
		"no group, whose configuration is gone": {
			wish: func(ctx context.Context, m *manager.Manager, ref hosting.GroupRef, spec manager.GroupSpec) error {
				if err := m.DeleteConfigurations(ctx, boot.ConfigurationName(spec.Configuration)); err != nil {
					return err
				}
				_, err := m.DestroyGroup(ctx, ref, 0)
				return err
			},
			want: 0,
		},
	}
	for name, test := range next {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := hostingfake.NewWorld(hostingfake.Options{Now: time.Now})
				world.SetLag(hostingfake.Lag{Listing: time.Hour})
				ref, spec := dieInLaunch(t, world)
				if err := test.wish(t.Context(), manager.New(manager.Options{Service: world.Connect(), Now: time.Now}), ref, spec); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				running := 0
				for _, server := range world.Servers() {
					if server.State == hosting.ServerRunning {
						running++
					}
				}
				if running != test.want {
					t.Errorf("%d servers run, want %d", running, test.want)
				}
			})
		})
	}
}

// dieInLaunch creates a group of three, in a run that dies when the second server
// exists.
func dieInLaunch(t *testing.T, world *hostingfake.World) (hosting.GroupRef, manager.GroupSpec) {
	t.Helper()
	preset := "hello"
	web := boot.Configuration{Name: "web", Image: "host", BootScript: "true", Parameters: map[string]boot.Parameter{
		"greeting": {Type: boot.TypeString, Default: &preset, RequiredFor: boot.RequiredForBoot},
	}}
	spec := manager.GroupSpec{Name: "web", Configuration: web.ID(), Size: 3}
	rehearsal := world.Clone().Connect()
	create(t, rehearsal, web, spec)
	client := world.Connect()
	client.KillAt(launchSteps(rehearsal)[1], hostingfake.After)
	create(t, client, web, spec)
	groups := world.Groups()
	if len(groups) != 1 || groups[0].Launch == nil {
		t.Fatalf("got the groups %v, want one with a launch under way", groups)
	}
	return groups[0].GroupRef, spec
}

// create stores the configuration and creates the group, as far as the client lives.
func create(t *testing.T, client *hostingfake.Service, configuration boot.Configuration, spec manager.GroupSpec) {
	t.Helper()
	m := manager.New(manager.Options{Service: client, Now: time.Now})
	if err := m.PutConfiguration(t.Context(), configuration); err != nil {
		t.Fatal(err)
	}
	if _, err := m.CreateGroup(t.Context(), spec); err != nil && !client.Killed() {
		t.Fatal(err)
	}
}

// launchSteps returns the steps in which servers were launched.
func launchSteps(client *hostingfake.Service) []int {
	var steps []int
	for _, step := range client.Steps() {
		if step.Call.Method == "Launch" {
			steps = append(steps, step.Index)
		}
	}
	return steps
}
