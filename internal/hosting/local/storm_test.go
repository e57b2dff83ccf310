//go:build linux

package local_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/local"
)

const stormRounds = 6

// stormFromOutside does everything that an apply does, over and over, while
// others do the same to the same group.
func stormFromOutside(ctx context.Context, service *local.Service, _ string) error {
	for round := range stormRounds {
		if err := storm(ctx, service, round); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

func storm(ctx context.Context, service *local.Service, round int) error {
	err := service.CreateGroup(ctx, hosting.Group{GroupRef: group(), Configuration: "web@00"})
	if err != nil && !errors.Is(err, hosting.ErrExists) {
		return err
	}
	wanted := request("true", 0, 1)
	wanted.Attempt = 1 + round%3
	// Somebody else may terminate what is being launched.
	servers, err := service.Launch(ctx, wanted)
	if err != nil && !errors.Is(err, hosting.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	delivery := boot.Delivery{Revision: round + 1, Values: map[string]boot.Value{"late": {Text: "x", Since: 1}}}
	_, err = service.UpdateGroup(ctx, group(), func(group *hosting.Group) error {
		group.Revision++
		return nil
	})
	if errors.Is(err, hosting.ErrNotFound) {
		err = nil
	}
	err = errors.Join(err, service.Deliver(ctx, servers, delivery), service.Decommission(ctx, servers[:min(1, len(servers))]))
	if round%4 == 1 {
		err = errors.Join(err, service.Restart(ctx, servers, fmt.Sprint("mark-", round)))
	}
	listed, listErr := service.Servers(ctx, group())
	err = errors.Join(err, listErr)
	if round%2 == 0 {
		listed = listed[:len(listed)/2]
	}
	err = errors.Join(err, service.Terminate(ctx, listed))
	if round%3 == 2 {
		err = errors.Join(err, service.DeleteGroup(ctx, group()))
	}
	return err
}

func TestService_survives_several_processes_at_once(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	t.Cleanup(func() { terminateAll(t, service) })
	var commands []*exec.Cmd
	for range 3 {
		command := childCommand(t, "storm", directory)
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
	terminateAll(t, service)
	if left := marked(directory); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
	if err := service.DeleteGroup(t.Context(), group()); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"servers", "groups"} {
		entries, err := os.ReadDir(directory + "/default/" + path)
		if err != nil || len(entries) > 0 {
			t.Errorf("%s holds %v (error %v), want nothing", path, entries, err)
		}
	}
}
