package provider_test

import (
	"maps"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// site is a workspace whose servers run on one of the hosting services.
type site struct {
	*acctest.Workspace

	// file returns what a script has written into a file in its working directory, on the
	// member of that key.
	file func(key, name string) string
	// running returns the IDs of the servers that run, by member key.
	running func() map[string]string
}

// onEverySite runs the test on each hosting service: what holds on one holds on the other.
func onEverySite(t *testing.T, test func(t *testing.T, at site)) {
	t.Helper()
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		w := acctest.NewWorkspace(t)
		test(t, localSite(t, w))
	})
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		cloud := acctest.NewCloud(t, acctest.CloudSpec{})
		test(t, cloudSite(t, cloud))
		for _, operation := range cloud.Unlisted() {
			t.Errorf("%s was called, which the guide doesn't list", operation)
		}
	})
}

func localSite(t *testing.T, w *acctest.Workspace) site {
	t.Helper()
	return site{
		Workspace: w,
		file:      func(key, name string) string { return acctest.Member(t, w.Directory(), key).File(t, name) },
		running:   func() map[string]string { return acctest.IDs(t, w.Directory()) },
	}
}

func cloudSite(t *testing.T, cloud *acctest.Cloud) site {
	t.Helper()
	w := cloud.NewWorkspace(t)
	return site{
		Workspace: w,
		file:      func(key, name string) string { return cloud.File(t, w.State().Members()[key], name) },
		running: func() map[string]string {
			live := make(map[string]bool)
			for _, instance := range cloud.Live() {
				live[instance.ID] = true
			}
			ids := w.State().Members()
			maps.DeleteFunc(ids, func(_, id string) bool { return !live[id] })
			if len(ids) != len(live) {
				t.Errorf("%d instances run, and the state knows %d of them", len(live), len(ids))
			}
			return ids
		},
	}
}

// expectFiles wants the members to have written that into the file.
func (s site) expectFiles(t *testing.T, name string, want map[string]string) {
	t.Helper()
	for key, text := range want {
		if got := s.file(key, name); got != text {
			t.Errorf("%s has %q in %s, want %q", key, got, name, text)
		}
	}
}
