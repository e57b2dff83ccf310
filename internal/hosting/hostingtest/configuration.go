package hostingtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func configurationRules() rules {
	return rules{
		"a stored configuration is returned as it was": func(t *testing.T, service Subject) {
			want := configuration("web", "echo 'ä' \"$HOME\"\n")
			putConfigurations(t, service, "web", want.BootScript)
			got, err := service.Configuration(t.Context(), want.ID())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("stored and returned (-want +got):\n%s", diff)
			}
		},
		"a configuration that it can run has no faults, and one of an unknown image has": checkImage,
		"storing a configuration again is no error": func(t *testing.T, service Subject) {
			putConfigurations(t, service, "web", "echo", "echo")
		},
		"an unknown configuration is not found": func(t *testing.T, service Subject) {
			for _, id := range []string{"web@0123456789abcdef", "web", "", "../web@00"} {
				if _, err := service.Configuration(t.Context(), id); !errors.Is(err, hosting.ErrNotFound) {
					t.Errorf("got %v for %q, want ErrNotFound", err, id)
				}
			}
		},
		"the contents of a name are listed, the oldest first": listContents,
		"deleting by name removes every content of that name and no other": func(t *testing.T, service Subject) {
			putConfigurations(t, service, "web", "echo 1", "echo 2")
			putConfigurations(t, service, "web-2", "echo 1")
			if err := service.DeleteConfigurations(t.Context(), "web", nil); err != nil {
				t.Fatal(err)
			}
			for _, script := range []string{"echo 1", "echo 2"} {
				id := configuration("web", script).ID()
				if _, err := service.Configuration(t.Context(), id); !errors.Is(err, hosting.ErrNotFound) {
					t.Errorf("got %v for the deleted %s, want ErrNotFound", err, id)
				}
			}
			if _, err := service.Configuration(t.Context(), configuration("web-2", "echo 1").ID()); err != nil {
				t.Errorf("another name's content is gone: %v", err)
			}
		},
		"deleting spares what is used": func(t *testing.T, service Subject) {
			putConfigurations(t, service, "web", "echo 1", "echo 2")
			used := configuration("web", "echo 1").ID()
			if err := service.DeleteConfigurations(t.Context(), "web", []string{used}); err != nil {
				t.Fatal(err)
			}
			if _, err := service.Configuration(t.Context(), used); err != nil {
				t.Errorf("the content that is used is gone: %v", err)
			}
			if _, err := service.Configuration(t.Context(), configuration("web", "echo 2").ID()); !errors.Is(err, hosting.ErrNotFound) {
				t.Errorf("got %v for the content that isn't used, want ErrNotFound", err)
			}
		},
		"deleting where there is none does nothing": func(t *testing.T, service Subject) {
			if err := service.DeleteConfigurations(t.Context(), "web", nil); err != nil {
				t.Error(err)
			}
		},
	}
}

func putConfigurations(t *testing.T, service hosting.Service, name string, scripts ...string) {
	t.Helper()
	for _, script := range scripts {
		if err := service.PutConfiguration(t.Context(), configuration(name, script)); err != nil {
			t.Fatal(err)
		}
	}
}

func checkImage(t *testing.T, service Subject) {
	known := configuration("web", "echo")
	if faults := service.CheckConfiguration(known); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	known.Image = "no such image"
	if faults := service.CheckConfiguration(known); len(faults) != 1 || faults[0].Path[0] != "image" {
		t.Errorf("faults of an unknown image: %v", faults)
	}
}

func listContents(t *testing.T, service Subject) {
	var want []string
	for _, script := range []string{"echo 2", "echo 3", "echo 1"} {
		putConfigurations(t, service, "web", script)
		want = append(want, configuration("web", script).ID())
	}
	putConfigurations(t, service, "web-2", "echo 1")
	putConfigurations(t, service, "web", "echo 3") // Storing it again changes nothing.
	wantContents(t, service, "web", want)
	wantContents(t, service, "we", nil)
	wantContents(t, service, "", nil)
	if err := service.DeleteConfigurations(t.Context(), "web", want[2:]); err != nil {
		t.Fatal(err)
	}
	wantContents(t, service, "web", want[2:])
}

func wantContents(t *testing.T, service Subject, name string, want []string) {
	t.Helper()
	got, err := service.ConfigurationIDs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the contents of %q (-want +got):\n%s", name, diff)
	}
}
