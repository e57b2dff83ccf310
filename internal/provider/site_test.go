package provider_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// site is a workspace whose servers run on one of the hosting services.
type site struct {
	*acctest.Workspace

	// file returns what a script has written into a file in its working directory, on the
	// member of that key.
	file func(key, name string) string
}

// onEverySite runs the test on each hosting service: what holds on one holds on the other.
func onEverySite(t *testing.T, test func(t *testing.T, at site)) {
	t.Helper()
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		w := acctest.NewWorkspace(t)
		test(t, site{Workspace: w, file: func(key, name string) string {
			return acctest.Member(t, w.Directory(), key).File(t, name)
		}})
	})
	t.Run("aws", func(t *testing.T) {
		t.Parallel()
		cloud := acctest.NewCloud(t, acctest.CloudSpec{})
		w := cloud.NewWorkspace(t)
		test(t, site{Workspace: w, file: func(key, name string) string {
			return cloud.File(t, w.State().Members()[key], name)
		}})
	})
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
