package ec2_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// TestRestart_pending restarts servers that are still about to start.
func TestRestart_pending(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Boot: 2 * time.Minute}})
		service := prepared(t, world)
		servers, err := service.Launch(within(t, time.Second), launchRequest(2))
		if err == nil || len(servers) != 2 {
			t.Fatalf("got %d servers and error %v, want two that are pending", len(servers), err)
		}
		if err := service.Restart(t.Context(), servers, "mark-1"); err != nil {
			t.Fatal(err)
		}
		for _, server := range mustList(t, newProcess(world)) {
			if server.Restart != "mark-1" {
				t.Errorf("%s has the mark %q", server.Key(), server.Restart)
			}
		}
		if got := world.Calls()["RebootInstances"]; got != 1 {
			t.Errorf("RebootInstances was called %d times, want once", got)
		}
	})
}
