//go:build linux

package local_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestService_ConfigurationIDs_keeps_the_order_where_the_clock_was_set_back(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	later := time.Now().Add(time.Hour)
	var want []string
	for _, script := range []string{"3", "1", "4", "2"} {
		configuration := boot.Configuration{Name: "web", BootScript: script}
		if err := service.PutConfiguration(t.Context(), configuration); err != nil {
			t.Fatal(err)
		}
		want = append(want, configuration.ID())
		if len(want) == 1 {
			path := filepath.Join(directory, "default", "configurations", want[0]+".json")
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := service.ConfigurationIDs(t.Context(), "web")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("got error %v and (-want +got):\n%s", err, diff)
	}
}
