//go:build linux

package local_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

const outsideUpdates = 40

// updateFromOutside is what another process does to the ledger.
func updateFromOutside(ctx context.Context, service *local.Service, _ string) error {
	for range outsideUpdates {
		_, err := service.UpdateGroup(ctx, group(), func(group *hosting.Group) error {
			group.Revision++
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
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
		command := childCommand(t, "update", directory)
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

// Another process may be launching just now.
func TestService_DeleteGroup_leaves_what_is_being_filled(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	server := launch(t, service, request("true", 0))[0]
	path := filepath.Join(directory, "default", "servers", ".new."+server.ID+".123")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(path, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for _, locked := range []bool{true, false} {
		create(t, service)
		if err := service.DeleteGroup(t.Context(), group()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); (err == nil) != locked {
			t.Errorf("locked is %t, and looking for the directory says %v", locked, err)
		}
		// Not only closed: a child that is being forked just now has a copy.
		_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN)
	}
	_ = lock.Close()
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
