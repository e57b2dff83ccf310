//go:build linux

package local_test

import (
	"syscall"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestService_Decommission_wakes_an_agent_that_sleeps(t *testing.T) {
	t.Parallel()
	directory := stateDirectory(t)
	service := newService(t, directory)
	wanted := request("true", 0)
	wanted.Payload.Configuration.DecommissionScript = "true"
	servers := launch(t, service, wanted)
	awaitReport(t, service, servers[0], boot.StatusReady)
	// Nobody else wakes the agent any more.
	supervisor := supervisorOf(t, directory, servers[0])
	kill(t, supervisor, syscall.SIGSTOP)
	await(t, "the supervisor has stopped", func() bool { return state(supervisor) == "T" })
	for range 2 {
		if err := service.Decommission(t.Context(), servers); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the server is decommissioned", func() bool {
		reports, err := service.Reports(t.Context(), servers)
		return err == nil && reports[servers[0].ID].Decommission == boot.DecommissionDone
	})
	kill(t, supervisor, syscall.SIGCONT)
	if got := list(t, service)[0].State; got != hosting.ServerRunning {
		t.Errorf("the server is %q, want it to run until it is terminated", got)
	}
}
