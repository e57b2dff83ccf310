package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// What another run has recorded and not saved is taken over only when that run has
// ended.
func TestManager_leavesToOthersWhatTheyAreAtWorkOn(t *testing.T) {
	t.Parallel()
	world := hostingfake.NewWorld(hostingfake.Options{Now: time.Now})
	web := boot.Configuration{Name: "web", Image: "host", BootScript: "true", Parameters: map[string]boot.Parameter{
		"p": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForBoot},
	}}
	spec := manager.GroupSpec{Name: "web", Configuration: web.ID(), Size: 1}
	value := "x"
	wire := manager.WireSpec{Into: "web", Parameter: "p", Value: &value}
	run := func() *manager.Manager {
		return manager.New(manager.Options{Service: world.Connect(), Now: time.Now})
	}
	first := run()
	if err := first.PutConfiguration(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	if _, err := first.CreateGroup(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Connect(t.Context(), "", wire); err != nil {
		t.Fatal(err)
	}
	at := world.Groups()[0].Run

	world.SetRunning(at, true)
	second := run()
	_, err := second.CreateGroup(t.Context(), spec)
	if _, busy := errors.AsType[*manager.GroupBusyError](err); !busy {
		t.Errorf("creating the group beside the first run: got error %v", err)
	}
	_, err = second.Connect(t.Context(), "", wire)
	if _, owned := errors.AsType[*manager.WireOwnedError](err); !owned {
		t.Errorf("connecting the wire beside the first run: got error %v", err)
	}

	world.SetRunning(at, false)
	if _, err := second.CreateGroup(t.Context(), spec); err != nil {
		t.Errorf("creating the group after the first run: %v", err)
	}
	if _, err := second.Connect(t.Context(), "", wire); err != nil {
		t.Errorf("connecting the wire after the first run: %v", err)
	}
	if got := len(world.Servers()); got != 1 {
		t.Errorf("%d servers run, want 1", got)
	}
	if record := world.Groups()[0]; record.Run == at || record.State != hosting.GroupCreated {
		t.Errorf("the record is %+v", record)
	}
}
