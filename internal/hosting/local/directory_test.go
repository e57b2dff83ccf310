//go:build linux

package local_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	link := filepath.Join(directory, "link")
	open := filepath.Join(directory, "open")
	file := filepath.Join(directory, "file")
	for _, err := range []error{
		os.Symlink(directory, link), os.Mkdir(open, 0o700), os.Chmod(open, 0o777), os.WriteFile(file, nil, 0o600),
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
		"a state directory that is a symbolic link":      {func(o *local.Options) { o.Directory = link }, "symbolic link"},
		"a state directory that is a file":               {func(o *local.Options) { o.Directory = file }, "not a directory"},
		"a state directory that everybody can write":     {func(o *local.Options) { o.Directory = open }, "written by everybody"},
		"a state directory that belongs to another user": {func(o *local.Options) { o.Directory = foreignDirectory(t, directory) }, "another user"},
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
	directory := stateDirectory(t)
	service := newService(t, directory)
	if err := os.Symlink(t.TempDir(), directory); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Servers(t.Context(), group()); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v, want an error about the symbolic link", err)
	}
	err := service.PutConfiguration(t.Context(), boot.Configuration{Name: "web"})
	if err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v, want an error about the symbolic link", err)
	}
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

func TestService_keeps_its_state_private(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	create(t, service)
	awaitReport(t, service, launch(t, service, request("true", 0))[0], boot.StatusReady)
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // The agent's files come and go.
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	ignored, err := os.ReadFile(filepath.Join(directory, ".gitignore"))
	if err != nil || string(ignored) != "*\n" {
		t.Errorf(".gitignore holds %q (error %v), want *", ignored, err)
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
