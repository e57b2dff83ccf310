package ec2_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

// protecting is EC2 where instances have got termination protection, which nothing that is
// launched here has.
type protecting struct {
	ec2.EC2API

	ids []string
}

func (p protecting) TerminateInstances(ctx context.Context, in *awsec2.TerminateInstancesInput, options ...func(*awsec2.Options)) (*awsec2.TerminateInstancesOutput, error) {
	for _, id := range in.InstanceIds {
		if slices.Contains(p.ids, id) {
			return nil, &smithy.GenericAPIError{
				Code:    "OperationNotPermitted",
				Message: "The instance '" + id + "' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
			}
		}
	}
	return p.EC2API.TerminateInstances(ctx, in, options...)
}

func TestTerminate_protected(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Shutdown: 30 * time.Second}})
		servers := mustLaunch(t, prepared(t, world), launchRequest(5))
		kept := []hosting.Server{servers[1], servers[4]}
		options := serviceOptions(world, world.Transport())
		options.EC2 = protecting{EC2API: options.EC2, ids: serverIDs(kept)}
		service := ec2.New(options)
		err := service.Terminate(t.Context(), servers)
		for _, server := range kept {
			if err == nil || !strings.Contains(err.Error(), server.Key()+" ("+server.ID+"): ") {
				t.Errorf("got error %v, want one that names %s", err, server.Key())
			}
		}
		if got := instanceIDs(world); !slices.Equal(got, serverIDs(kept)) {
			t.Errorf("%v run, want only those that are protected, %v", got, serverIDs(kept))
		}
		if got := serverIDs(mustList(t, service)); !slices.Equal(got, serverIDs(kept)) {
			t.Errorf("listed %v, want those that are protected", got)
		}
	})
}

// TestTerminate_awaited shows that Terminate returns when nothing runs any more, also
// where somebody else has begun it.
func TestTerminate_awaited(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Shutdown: time.Minute, TagsVanish: true}})
		service := prepared(t, world)
		servers := mustLaunch(t, service, launchRequest(3))
		if err := service.Terminate(within(t, 10*time.Second), servers); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want the deadline's", err)
		}
		other := newProcess(world)
		if got := mustList(t, other); len(got) > 0 {
			t.Errorf("listed %v, which are about to end", serverIDs(got))
		}
		if err := other.Terminate(t.Context(), servers); err != nil {
			t.Error(err)
		}
		for _, instance := range world.Instances() {
			if instance.State != ec2types.InstanceStateNameTerminated {
				t.Errorf("%s is %s when Terminate has returned", instance.ID, instance.State)
			}
		}
	})
}
