package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// placeMistakes are places in which the local hosting service can't work.
func placeMistakes(t *testing.T) map[string]mistake {
	t.Helper()
	root := t.TempDir()
	link, file, open := filepath.Join(root, "link"), filepath.Join(root, "file"), filepath.Join(root, "open")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	write(t, file, "")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	foreign := foreignDirectory(t)
	within := filepath.Join(file, "x")
	local := func(directory, what string) mistake {
		return mistake{
			config:   sound(),
			provider: fmt.Sprintf("local = { directory = %q }", directory),
			want:     []diagnosis{{"local", "Unable to Open Local Hosting Service", what}},
		}
	}
	return map[string]mistake{
		"a malformed namespace": {
			config:   sound(),
			provider: `namespace = "Shop"`,
			want:     []diagnosis{{"namespace", "Invalid Namespace", `"Shop" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}},
		},
		"a state directory that is a symbolic link":     local(link, "The state directory "+link+" is a symbolic link; give the directory that it leads to."),
		"a state directory that is a file":              local(file, "The state directory "+file+" is not a directory; remove it, or give another one."),
		"a state directory within a file":               local(within, "The state directory "+within+" lies below a file; give another one."),
		"a state directory of somebody else":            local(foreign, "The state directory "+foreign+" belongs to another user; give one of your own."),
		"a state directory into which everybody writes": local(open, "The state directory "+open+" can be written by everybody; make it private with chmod 700."),
	}
}

// foreignDirectory returns a directory that belongs to another user.
func foreignDirectory(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return "/usr"
	}
	directory := t.TempDir()
	if err := os.Chown(directory, 12345, -1); err != nil {
		t.Fatal(err)
	}
	return directory
}
