package manager_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// BenchmarkManager_Observe is what a refresh of a group of 1,000 members costs,
// without the hosting service's own time.
func BenchmarkManager_Observe(b *testing.B) {
	world := hostingfake.NewWorld(hostingfake.Options{Now: time.Now, Behaviors: map[string]hostingfake.Behavior{"web": {Publish: publishURL}}})
	m := manager.New(manager.Options{Service: world.Connect(), Now: time.Now})
	want := base().sized("web", 1000).identified()
	if err := m.PutConfiguration(b.Context(), want.configurations["web"]); err != nil {
		b.Fatal(err)
	}
	outcome, err := m.CreateGroup(b.Context(), want.spec("web"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		seen, err := m.Observe(b.Context(), outcome.Group.GroupRef)
		if err != nil || len(seen.Members) != 1000 {
			b.Fatalf("got %d members and error %v", len(seen.Members), err)
		}
	}
}
