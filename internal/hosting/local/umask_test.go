//go:build linux

package local_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

const umaskVariable = "LOCAL_TEST_UMASK"

func TestService_keeps_its_state_private(t *testing.T) {
	t.Parallel()
	// The last one would make every file useless.
	for _, umask := range []string{"0", "022", "0777"} {
		t.Run("umask "+umask, func(t *testing.T) {
			t.Parallel()
			command := childCommand(t, "private", stateDirectory(t))
			command.Env = append(command.Env, umaskVariable+"="+umask)
			var said strings.Builder
			command.Stderr = &said
			if err := command.Run(); err != nil {
				t.Errorf("%v: %s", err, said.String())
			}
		})
	}
}

// privateFromOutside makes one of everything under its umask, and looks at all
// of it.
func privateFromOutside(ctx context.Context, service *local.Service, directory string) error {
	umask, err := strconv.ParseInt(os.Getenv(umaskVariable), 8, 32)
	if err != nil {
		return err
	}
	unix.Umask(int(umask))
	servers, err := writeSomething(ctx, service)
	if err != nil {
		return err
	}
	err = errors.Join(
		service.PutConfiguration(ctx, boot.Configuration{Name: "web"}),
		service.Restart(ctx, servers, wantedMark),
		service.Deliver(ctx, servers, boot.Delivery{Revision: 1, Values: map[string]boot.Value{"late": {Text: "x", Since: 1}}}),
		awaitStatus(ctx, service, servers[0], boot.StatusReady),
		service.Decommission(ctx, servers),
		checkPrivate(directory),
	)
	return errors.Join(err, service.Terminate(ctx, servers))
}

func checkPrivate(directory string) error {
	var open error
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Base(path) == "home" {
			return err // What the scripts make is theirs.
		}
		info, err := entry.Info()
		if err != nil || info.Mode().Type() == fs.ModeNamedPipe || strings.Contains(path, "/run/") {
			return nil //nolint:nilerr // The agent's files come and go; their directory is private.
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			open = errors.Join(open, fmt.Errorf("%s has mode %v, want %v", path, info.Mode(), want))
		}
		return nil
	})
	ignored, readErr := os.ReadFile(filepath.Join(directory, ".gitignore"))
	if string(ignored) != "*\n" {
		open = errors.Join(open, fmt.Errorf(".gitignore holds %q", ignored))
	}
	return errors.Join(err, readErr, open)
}
