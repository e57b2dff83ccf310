package ec2_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

func TestRestart_killed(t *testing.T) {
	t.Parallel()
	crash{
		faults: lagging(), prepare: withServers,
		act: func(ctx context.Context, service *ec2.Service, _ bool) error {
			servers, err := service.Servers(ctx, group())
			if err != nil {
				return err
			}
			return service.Restart(ctx, servers, "mark-1")
		},
		check: func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
			servers, err := service.Servers(ctx, group())
			for _, server := range servers {
				if server.Restart != "mark-1" {
					return fmt.Errorf("%s has the mark %q", server.Key(), server.Restart)
				}
			}
			marked := 0
			for _, instance := range world.Live() {
				if instance.Tags["muster.restart"] == "mark-1" {
					marked++
				}
			}
			if marked != 20 {
				return fmt.Errorf("%d instances have the mark, want the 20 members", marked)
			}
			return err
		},
	}.wantSafe(t, 20)
}

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
