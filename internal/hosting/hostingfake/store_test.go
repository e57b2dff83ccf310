package hostingfake_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// What one process leaves, the next one finds, in the midst of a boot.
func TestOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "world.json")
	synctest.Test(t, func(t *testing.T) {
		options := hostingfake.Options{Now: time.Now, Behaviors: map[string]hostingfake.Behavior{"web": slow()}}
		first, err := hostingfake.Open(path, options)
		if err != nil {
			t.Fatal(err)
		}
		client := first.Connect()
		record := hosting.Group{GroupRef: web(), Values: map[string]boot.Value{"early": {Text: "a", Since: 1}}, Revision: 1}
		if err := errors.Join(client.PutConfiguration(t.Context(), taking()), client.CreateGroup(t.Context(), record)); err != nil {
			t.Fatal(err)
		}
		wanted := request(taking(), 0, 1)
		wanted.Delivery = record.Delivery()
		servers := mustLaunch(t, client, wanted)
		first.Report(servers[0].ID)

		second, err := hostingfake.Open(path, options)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if diff := cmp.Diff(first.Servers(), second.Servers()); diff != "" {
			t.Errorf("the servers (-saved +loaded):\n%s", diff)
		}
		if diff := cmp.Diff(first.Groups(), second.Groups()); diff != "" {
			t.Errorf("the ledger (-saved +loaded):\n%s", diff)
		}
		if diff := cmp.Diff(first.Configurations(), second.Configurations()); diff != "" {
			t.Errorf("the configurations (-saved +loaded):\n%s", diff)
		}
		before, _ := first.Report(servers[0].ID)
		after, said := second.Report(servers[0].ID)
		if diff := cmp.Diff(before, after); diff != "" || !said || after.Outputs["said"] != "a" {
			t.Errorf("the report (-saved +loaded):\n%s", diff)
		}
		if err := second.Connect().Terminate(t.Context(), servers); err != nil {
			t.Fatal(err)
		}
		third, err := hostingfake.Load(path, options)
		if err != nil || len(third.Servers()) != 0 {
			t.Errorf("got error %v and %v, want no server", err, third.Servers())
		}
	})
}

func TestLoad_missing(t *testing.T) {
	t.Parallel()
	if _, err := hostingfake.Load(filepath.Join(t.TempDir(), "none"), hostingfake.Options{Now: time.Now}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestWorld_Clone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, taking(), slow())
		s.must(s.client.CreateGroup(t.Context(), hosting.Group{GroupRef: web(), Size: 1}))
		clone := s.world.Clone()
		s.deliver(1, map[string]string{"early": "a"})
		s.must(s.client.DeleteGroup(t.Context(), web()))
		time.Sleep(3 * time.Second)
		report, _ := clone.Report(s.servers[0].ID)
		if report.Received != 0 || len(clone.Groups()) != 1 || clone.Servers()[0].Delivered != 0 {
			t.Errorf("the clone has received %d and has the groups %v", report.Received, clone.Groups())
		}
	})
}

// BenchmarkLoad loads a group of 1,000 members that are ready.
func BenchmarkLoad(b *testing.B) {
	options := hostingfake.Options{Now: time.Now, Behaviors: map[string]hostingfake.Behavior{"web": {Publish: slow().Publish}}}
	world := hostingfake.NewWorld(options)
	slots := make([]int, 1000)
	for slot := range slots {
		slots[slot] = slot
	}
	wanted := request(taking(), slots...)
	wanted.Delivery = boot.Delivery{Revision: 1, Values: map[string]boot.Value{"early": {Text: "a", Since: 1}, "late": {Text: "b", Since: 1}}}
	servers, err := world.Connect().Launch(b.Context(), wanted)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := world.Connect().Reports(b.Context(), servers); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "world.json")
	if err := world.Save(path); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		loaded, err := hostingfake.Load(path, options)
		if err != nil || len(loaded.Servers()) != len(slots) {
			b.Fatalf("loading: %v", err)
		}
	}
}
