package ec2_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

// group is the one that these tests launch servers of.
func group() hosting.GroupRef { return hosting.GroupRef{Name: "web", Incarnation: "1f0e7c1d2b"} }

// configuration is one for EC2 with one instance type in one subnet.
func configuration() boot.Configuration {
	return boot.Configuration{
		Name: "web", Image: awsfake.ImageID, BootScript: "true",
		Parameters: map[string]boot.Parameter{
			"needed": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForReady},
			"secret": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForNothing, Sensitive: true},
		},
		EC2: &boot.EC2{InstanceTypes: []string{"t3.small"}, SubnetIDs: []string{awsfake.SubnetA}},
	}
}

// slots returns the numbers from 0 to n-1.
func slots(n int) []int {
	list := make([]int, n)
	for slot := range list {
		list[slot] = slot
	}
	return list
}

// launchRequest asks for servers in n slots.
func launchRequest(n int) hosting.LaunchRequest {
	return hosting.LaunchRequest{
		Group: group(), Attempt: 1, Slots: slots(n),
		Payload:     boot.Payload{Group: group().Name, Configuration: configuration()},
		Fingerprint: "print", Restart: "mark-0",
	}
}

func plainDelivery(revision int) boot.Delivery {
	return boot.Delivery{Revision: revision, Values: map[string]boot.Value{"needed": {Text: "value", Since: revision}}}
}

// newService returns a service that reaches the world through the transport, as another
// process would have it: it knows nothing.
func newService(world *awsfake.World, transport http.RoundTripper) *ec2.Service {
	return ec2.New(serviceOptions(world, transport))
}

func serviceOptions(world *awsfake.World, transport http.RoundTripper) ec2.Options {
	return hurriedOptions(world, transport, hosting.Pace{}, retry.DefaultMaxBackoff)
}

// hurriedOptions are those of a service that looks and tries again so often.
func hurriedOptions(world *awsfake.World, transport http.RoundTripper, pace hosting.Pace, backoff time.Duration) ec2.Options {
	config := world.ConfigOver(transport)
	config.Retryer = func() aws.Retryer { return patientRetryer(backoff) }
	return ec2.Options{
		EC2: awsec2.NewFromConfig(config), SSM: ssm.NewFromConfig(config),
		Namespace: "shop", Region: awsfake.Region, Account: awsfake.Account, Now: time.Now, Pace: pace,
	}
}

// patientRetryer retries as the provider's clients do: often, and never for want of
// capacity.
func patientRetryer(backoff time.Duration) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = 30, backoff
		o.RateLimiter = ratelimit.None
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			fault, ok := err.(smithy.APIError) //nolint:errorlint // The SDK gives the API's error itself.
			if ok && strings.HasPrefix(fault.ErrorCode(), "Insufficient") {
				return aws.FalseTernary
			}
			return aws.UnknownTernary
		})}, o.Retryables...)
	})
}

// prepared returns a service whose ledger has the group and the configuration.
func prepared(t *testing.T, world *awsfake.World) *ec2.Service {
	t.Helper()
	return preparedFor(t, world, configuration())
}

func preparedFor(t *testing.T, world *awsfake.World, configuration boot.Configuration) *ec2.Service {
	t.Helper()
	service := newService(world, world.Transport())
	if err := service.PutConfiguration(t.Context(), configuration); err != nil {
		t.Fatal(err)
	}
	record := hosting.Group{GroupRef: group(), State: hosting.GroupCreating, Run: "run", Configuration: configuration.ID()}
	if err := service.CreateGroup(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	return service
}

func mustLaunch(t *testing.T, service hosting.Service, request hosting.LaunchRequest) []hosting.Server {
	t.Helper()
	servers, err := service.Launch(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func mustList(t *testing.T, service hosting.Service) []hosting.Server {
	t.Helper()
	servers, err := service.Servers(t.Context(), group())
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// serverSlots returns the slots of the servers in their order.
func serverSlots(servers []hosting.Server) []int {
	list := make([]int, 0, len(servers))
	for _, server := range servers {
		list = append(list, server.Slot)
	}
	return list
}

// instanceIDs returns the IDs of the live instances of the world, sorted.
func instanceIDs(world *awsfake.World) []string {
	var ids []string
	for _, instance := range world.Live() {
		ids = append(ids, instance.ID)
	}
	slices.Sort(ids)
	return ids
}

func serverIDs(servers []hosting.Server) []string {
	var ids []string
	for _, server := range servers {
		ids = append(ids, server.ID)
	}
	slices.Sort(ids)
	return ids
}

// slotOf reads the slot of an instance from its client token and index.
func slotOf(t *testing.T, instance awsfake.Instance) int {
	t.Helper()
	parts := strings.Split(instance.ClientToken, "-")
	base, err := strconv.Atoi(parts[2])
	if err != nil {
		t.Fatalf("the client token %q has no base", instance.ClientToken)
	}
	return base + instance.LaunchIndex
}

// wantLive fails the test unless exactly the slots have a live instance, each one.
func wantLive(t *testing.T, world *awsfake.World, want []int) {
	t.Helper()
	var got []int
	for _, instance := range world.Live() {
		got = append(got, slotOf(t, instance))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the live instances are in the slots %v, want %v", got, want)
	}
}

// inBubble runs a test in a bubble of virtual time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// places counts the live instances by type and subnet.
func places(world *awsfake.World) map[string]int {
	counts := make(map[string]int)
	for _, instance := range world.Live() {
		counts[fmt.Sprintf("%s in %s", instance.Type, instance.SubnetID)]++
	}
	return counts
}

func within(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}
