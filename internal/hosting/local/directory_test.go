//go:build linux

package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	link := filepath.Join(directory, "link")
	open := filepath.Join(directory, "open")
	shared := filepath.Join(directory, "shared")
	file := filepath.Join(directory, "file")
	for _, err := range []error{
		os.Symlink(directory, link), os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.WriteFile(file, nil, 0o600),
		os.Mkdir(shared, 0o700), os.Chmod(shared, 0o770),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		change func(*local.Options)
		want   string
	}{
		"a relative state directory":                     {func(o *local.Options) { o.Directory = ".muster" }, "not an absolute path"},
		"the root directory":                             {func(o *local.Options) { o.Directory = "/" }, "root directory"},
		"a malformed namespace":                          {func(o *local.Options) { o.Namespace = "../x" }, "namespace"},
		"no executable":                                  {func(o *local.Options) { o.Executable = "" }, "supervisor's program"},
		"a state directory that is a symbolic link":      {func(o *local.Options) { o.Directory = link }, "the state directory " + link + " is a symbolic link; give the directory that it leads to"},
		"a state directory that is a file":               {func(o *local.Options) { o.Directory = file }, "the state directory " + file + " is not a directory; remove it, or give another one"},
		"a state directory that everybody can write":     {func(o *local.Options) { o.Directory = open }, "the state directory " + open + " can be written by everybody; make it private with chmod 700"},
		"a state directory that its group can write":     {func(o *local.Options) { o.Directory = shared }, "the state directory " + shared + " can be written by its group; make it private with chmod 700"},
		"a state directory below a file":                 {func(o *local.Options) { o.Directory = file + "/.muster" }, "the state directory " + file + "/.muster lies below a file; give another one"},
		"a state directory that belongs to another user": {func(o *local.Options) { o.Directory = foreignDirectory(t, directory) }, " belongs to another user; give one of your own"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := options(t, stateDirectory(t))
			test.change(&given)
			if _, err := local.New(given); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

// foreignDirectory returns a directory of another user: root's for everybody
// else, and for root one that it gives away.
func foreignDirectory(t *testing.T, parent string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return "/usr"
	}
	path := filepath.Join(parent, "foreign")
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestService_refuses_a_directory_that_became_a_link(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "default", "default/configurations", "default/groups", "default/servers"} {
		t.Run("the directory /"+name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			create(t, service)
			link := filepath.Join(directory, name)
			if err := errors.Join(os.Rename(link, link+".moved"), os.Symlink(link+".moved", link)); err != nil {
				t.Fatal(err)
			}
			for what, err := range everyCall(t, service) {
				if err == nil || !strings.Contains(err.Error(), "the state directory "+link+" is a symbolic link; give the directory that it leads to") {
					t.Errorf("%s: got %v, want an error about the symbolic link", what, err)
				}
			}
		})
	}
}

// everyCall returns what each method of the service says.
func everyCall(t *testing.T, service *local.Service) map[string]error {
	t.Helper()
	ctx := t.Context()
	servers := []hosting.Server{{ID: "srv-000000000000000000"}}
	calls := map[string]error{
		"PutConfiguration":     service.PutConfiguration(ctx, boot.Configuration{Name: "web"}),
		"DeleteConfigurations": service.DeleteConfigurations(ctx, "web", nil),
		"CreateGroup":          service.CreateGroup(ctx, hosting.Group{GroupRef: group()}),
		"DeleteGroup":          service.DeleteGroup(ctx, group()),
		"Deliver":              service.Deliver(ctx, servers, boot.Delivery{}),
		"Restart":              service.Restart(ctx, servers, "mark"),
		"Decommission":         service.Decommission(ctx, servers),
		"Terminate":            service.Terminate(ctx, servers),
	}
	_, calls["Configuration"] = service.Configuration(ctx, "web@00")
	_, calls["ConfigurationIDs"] = service.ConfigurationIDs(ctx, "web")
	_, calls["Group"] = service.Group(ctx, "web")
	_, calls["Groups"] = service.Groups(ctx)
	_, calls["UpdateGroup"] = service.UpdateGroup(ctx, group(), grow)
	_, calls["Launch"] = service.Launch(ctx, request("true", 0))
	_, calls["Servers"] = service.Servers(ctx, group())
	_, calls["Reports"] = service.Reports(ctx, servers)
	return calls
}

func TestService_creates_nothing_until_something_is_stored(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	_ = list(t, service)
	if err := service.DeleteConfigurations(t.Context(), "web", nil); err != nil {
		t.Error(err)
	}
	if err := service.DeleteGroup(t.Context(), group()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(directory); !os.IsNotExist(err) {
		t.Errorf("the state directory exists (error %v)", err)
	}
	if !service.Abandoned(service.Location()) {
		t.Error("a place that doesn't exist is not abandoned")
	}
}

func TestService_Location_is_equal_for_equal_places(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(parent, link); err != nil {
		t.Fatal(err)
	}
	want := newService(t, filepath.Join(parent, "new", ".muster")).Location()
	got := newService(t, filepath.Join(link, "new", ".muster")+"/").Location()
	if got != want || !strings.HasPrefix(got, "local:/") || !strings.HasSuffix(got, "/.muster/default") {
		t.Errorf("got %q, want %q", got, want)
	}
}
