//go:build linux

package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// TestService_loses_nothing_on_a_full_disk gives a process a small file system of
// its own, for which an unprivileged user needs a user namespace. Where none may
// be made, a limit on the size of files stands for the full disk.
func TestService_loses_nothing_on_a_full_disk(t *testing.T) {
	t.Parallel()
	command := childCommand(t, "fill", stateDirectory(t))
	command.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		command.SysProcAttr.Cloneflags = unix.CLONE_NEWUSER
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	var said bytes.Buffer
	command.Stderr = &said
	err := command.Run()
	if err != nil && (said.Len() == 0 || strings.HasPrefix(said.String(), "fill: mounting")) {
		said.Reset()
		t.Logf("without a file system of its own (%v)", err)
		command = childCommand(t, "limit", stateDirectory(t))
		command.Stderr = &said
		err = command.Run()
	}
	if err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
}

// The other way is tested everywhere.
func TestService_loses_nothing_where_files_are_limited(t *testing.T) {
	t.Parallel()
	if err := childCommand(t, "limit", stateDirectory(t)).Run(); err != nil {
		t.Error(err)
	}
}

// fillFromOutside fills the disk and sees what the service does.
func fillFromOutside(ctx context.Context, service *local.Service, directory string) error {
	place := filepath.Dir(directory)
	if err := unix.Mount("tmpfs", place, "tmpfs", 0, "size=512k"); err != nil {
		return fmt.Errorf("mounting: %w", err)
	}
	servers, err := writeSomething(ctx, service)
	if err != nil {
		return err
	}
	filler := filepath.Join(place, "filler")
	if err := fill(filler); err != nil {
		return err
	}
	want := "no space left on device; nothing was changed: make room there, and apply again"
	if err := writeMore(ctx, service, directory, syscall.ENOSPC, want); err != nil {
		return err
	}
	var capacity *hosting.CapacityError
	launched, err := service.Launch(ctx, request("true", 1))
	if !errors.As(err, &capacity) || len(launched) > 0 || capacity.Launched != 0 || capacity.Wanted != 1 {
		return fmt.Errorf("got %v and %w from a launch, want no capacity", launched, err)
	}
	values := map[string]boot.Value{"late": {Text: strings.Repeat("x", 8<<10), Since: 1}}
	err = service.Deliver(ctx, servers, boot.Delivery{Revision: 1, Values: values})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "delivering to web-0") {
		return fmt.Errorf("got %w from a delivery, want it to name web-0", err)
	}
	if err := os.Remove(filler); err != nil {
		return err
	}
	return writeAll(ctx, service, servers, values)
}

// limitFromOutside limits the size of files and sees what the service does.
func limitFromOutside(ctx context.Context, service *local.Service, directory string) error {
	signal.Ignore(unix.SIGXFSZ)
	servers, err := writeSomething(ctx, service)
	if err != nil {
		return err
	}
	var former unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &former); err != nil {
		return err
	}
	limit := unix.Rlimit{Cur: 1000, Max: former.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	err = writeMore(ctx, service, directory, syscall.EFBIG, "file too large")
	if err := errors.Join(err, unix.Setrlimit(unix.RLIMIT_FSIZE, &former)); err != nil {
		return err
	}
	return writeAll(ctx, service, servers, nil)
}

func writeSomething(ctx context.Context, service *local.Service) ([]hosting.Server, error) {
	if err := service.CreateGroup(ctx, hosting.Group{GroupRef: group(), Size: 3}); err != nil {
		return nil, err
	}
	servers, err := service.Launch(ctx, request("muster param get late >/dev/null", 0))
	if err != nil {
		return nil, err
	}
	return servers, awaitStatus(ctx, service, servers[0], boot.StatusWaiting)
}

// awaitStatus ends with the process at the latest.
func awaitStatus(ctx context.Context, service *local.Service, server hosting.Server, status boot.Status) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return wait.Until(ctx, service.Pace().Busy, func(ctx context.Context) (bool, error) {
		reports, err := service.Reports(ctx, []hosting.Server{server})
		return reports[server.ID].Status == status, err
	})
}

func fill(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	for _, size := range []int{4096, 1} {
		for err == nil {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		err = nil
	}
	return file.Close()
}

// writeMore fails where something is written, or lost, or not said.
func writeMore(ctx context.Context, service *local.Service, directory string, cause error, want string) error {
	_, updated := service.UpdateGroup(ctx, group(), grow)
	other := hosting.Group{GroupRef: hosting.GroupRef{Name: "other", Incarnation: "1"}}
	if err := grow(&other); err != nil {
		return err
	}
	refused := map[string]error{
		`writing group "web"`:                updated,
		`recording group "other"`:            service.CreateGroup(ctx, other),
		`storing server configuration "web"`: service.PutConfiguration(ctx, boot.Configuration{Name: "web", BootScript: strings.Repeat("x", 8<<10)}),
	}
	for doing, err := range refused {
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), doing) || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), directory) {
			return fmt.Errorf("got %w, want %q, a path in %s, and %q", err, doing, directory, want)
		}
	}
	got, err := service.Group(ctx, "web")
	if err != nil || got.Size != 3 || len(got.Values) != 0 {
		return fmt.Errorf("the record has become %+v, error %w", got, err)
	}
	left, err := filepath.Glob(filepath.Join(directory, "default", "*", "*.new"))
	if err != nil || len(left) > 0 {
		return fmt.Errorf("%v are left, error %w", left, err)
	}
	return nil
}

func grow(group *hosting.Group) error {
	group.Size = 4
	group.Values = map[string]boot.Value{"late": {Text: strings.Repeat("x", 8<<10)}}
	return nil
}

// writeAll does what was refused before, and ends.
func writeAll(ctx context.Context, service *local.Service, servers []hosting.Server, values map[string]boot.Value) error {
	_, err := service.UpdateGroup(ctx, group(), grow)
	if values == nil {
		values = map[string]boot.Value{"late": {Text: "x", Since: 1}}
	}
	err = errors.Join(err, service.Deliver(ctx, servers, boot.Delivery{Revision: 1, Values: values}))
	launched, launchErr := service.Launch(ctx, request("true", 1))
	err = errors.Join(err, launchErr, awaitStatus(ctx, service, servers[0], boot.StatusReady))
	return errors.Join(err, service.Terminate(ctx, append(launched, servers...)))
}
