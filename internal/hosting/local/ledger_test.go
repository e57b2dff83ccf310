//go:build linux

package local_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

// updateVariable makes this test program update the group in the state directory
// that it names; see updateFromOutside.
const updateVariable = "LOCAL_TEST_UPDATE"

const outsideUpdates = 40

// updateFromOutside is what another process does to the ledger.
func updateFromOutside() int {
	executable, err := os.Executable()
	if err != nil {
		return 1
	}
	service, err := local.New(local.Options{Directory: os.Getenv(updateVariable), Namespace: "default", Executable: executable})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for range outsideUpdates {
		_, err := service.UpdateGroup(context.Background(), group(), func(group *hosting.Group) error {
			group.Revision++
			return nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

func create(t *testing.T, service *local.Service) {
	t.Helper()
	values := map[string]boot.Value{"late": {Text: "hunter2", Sensitive: true}}
	if err := service.CreateGroup(t.Context(), hosting.Group{GroupRef: group(), Values: values}); err != nil {
		t.Fatal(err)
	}
}

func TestService_UpdateGroup_loses_nothing_between_processes(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	create(t, service)
	var commands []*exec.Cmd
	for range 3 {
		command := testCommand(t, updateVariable, directory)
		command.Stderr = os.Stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, command)
	}
	for _, command := range commands {
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	}
	got, err := service.Group(t.Context(), "web")
	if want := len(commands) * outsideUpdates; err != nil || got.Revision != want {
		t.Errorf("got %d updates and error %v, want %d", got.Revision, err, want)
	}
}

func TestService_UpdateGroup_writes_nothing_where_nothing_changed(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	create(t, service)
	path := filepath.Join(directory, "default", "groups", "web.json")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*hosting.Group) error{
		func(*hosting.Group) error { return nil },
		func(group *hosting.Group) error { group.Size = 9; return errors.New("no") },
	} {
		_, _ = service.UpdateGroup(t.Context(), group(), change)
	}
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("the record was written again: %v", err)
	}
}

func TestService_UpdateGroup_gives_up_a_taken_lock_with_its_context(t *testing.T) {
	t.Parallel()
	service := newService(t, stateDirectory(t))
	create(t, service)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := service.UpdateGroup(t.Context(), group(), func(*hosting.Group) error {
		_, err := service.UpdateGroup(ctx, group(), func(*hosting.Group) error { return nil })
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
}

func TestService_DeleteGroup_leaves_no_file(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	create(t, service)
	launched := launch(t, service, request("true", 0))[0]
	if err := service.Terminate(t.Context(), []hosting.Server{launched}); err != nil {
		t.Fatal(err)
	}
	// What crashes while a server is made or removed leave behind.
	servers := filepath.Join(directory, "default", "servers")
	for _, name := range []string{".new." + launched.ID + ".123", ".removed." + launched.ID} {
		if err := os.Mkdir(filepath.Join(servers, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := service.DeleteGroup(t.Context(), group()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{servers, filepath.Join(directory, "default", "groups")} {
		if entries, err := os.ReadDir(path); err != nil || len(entries) != 0 {
			t.Errorf("%s holds %v (error %v), want nothing", path, entries, err)
		}
	}
}

func TestService_Group_names_a_damaged_file(t *testing.T) {
	t.Parallel()
	const newer = "use the version of the provider that wrote it"
	cases := map[string]struct {
		replace [2]string
		want    string
	}{
		"cut short":                {[2]string{"}\n}\n", ""}, "damaged"},
		"empty":                    {[2]string{"", ""}, "damaged"},
		"not json":                 {[2]string{"{", "hunter2"}, "damaged at byte"},
		"a value of another type":  {[2]string{`"hunter2"`, "12345"}, `damaged: wrong type in field "values`},
		"a later format":           {[2]string{`"version": 1`, `"version": 2`}, newer},
		"a field that isn't known": {[2]string{`"name"`, `"hunter2"`}, "unknown field"},
		"bytes behind the end":     {[2]string{"}\n}\n", "}\n}\n{}"}, "damaged"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := stateDirectory(t)
			service := newService(t, directory)
			create(t, service)
			path := filepath.Join(directory, "default", "groups", "web.json")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			damaged := ""
			if test.replace[0] != "" {
				damaged = strings.Replace(string(content), test.replace[0], test.replace[1], 1)
			}
			if strings.HasSuffix(test.replace[0], "\n") {
				damaged = strings.TrimSuffix(string(content), test.replace[0][1:]) + strings.TrimPrefix(test.replace[1], "}")
			}
			if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
				t.Fatal(err)
			}
			wantDamaged(t, service, path, test.want)
		})
	}
}

func wantDamaged(t *testing.T, service *local.Service, path, want string) {
	t.Helper()
	_, err := service.Group(t.Context(), "web")
	if err == nil || errors.Is(err, hosting.ErrNotFound) {
		t.Fatalf("got %v, want an error about the file", err)
	}
	for _, part := range []string{path, want} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to say %q", err, part)
		}
	}
	for _, secret := range []string{"hunter2", "12345"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error quotes a value: %q", err)
		}
	}
	if groups, err := service.Groups(t.Context()); err == nil {
		t.Errorf("got %v, want the list to fail too", groups)
	}
}
