package ec2_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

// distance is how long a call of AWS takes here.
const distance = 100 * time.Millisecond

// benchWorld has a group of n servers.
func benchWorld(b *testing.B, n int) *awsfake.World {
	b.Helper()
	world := awsfake.NewWorld(awsfake.Options{})
	service := newProcess(world)
	benchPrepare(b, service, configuration())
	if _, err := service.Launch(b.Context(), launchRequest(n)); err != nil {
		b.Fatal(err)
	}
	world.ResetCalls()
	return world
}

func benchPrepare(b *testing.B, service *ec2.Service, configuration boot.Configuration) {
	b.Helper()
	if err := service.PutConfiguration(b.Context(), configuration); err != nil {
		b.Fatal(err)
	}
	record := hosting.Group{GroupRef: group(), State: hosting.GroupConfirmed, Run: "run", Configuration: configuration.ID()}
	if err := service.CreateGroup(b.Context(), record); err != nil {
		b.Fatal(err)
	}
}

// far is the transport of a process to which AWS is far away.
func far(world *awsfake.World) http.RoundTripper {
	next := world.Transport()
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		time.Sleep(distance)
		return next.RoundTrip(r)
	})
}

// reportCalls reports how often the operations were called per iteration.
func reportCalls(b *testing.B, world *awsfake.World, operations ...string) {
	b.Helper()
	all := 0
	calls := world.Calls()
	for _, count := range calls {
		all += count
	}
	b.ReportMetric(float64(all)/float64(b.N), "calls/op")
	for _, operation := range operations {
		b.ReportMetric(float64(calls[operation])/float64(b.N), operation+"/op")
	}
}

// BenchmarkRefresh is what a refresh of a group of 1,000 members asks of AWS, 100 ms away.
func BenchmarkRefresh(b *testing.B) {
	world := benchWorld(b, 1000)
	for b.Loop() {
		service := newService(world, far(world))
		record, err := service.Group(b.Context(), group().Name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := service.Configuration(b.Context(), record.Configuration); err != nil {
			b.Fatal(err)
		}
		servers, err := service.Servers(b.Context(), group())
		if err != nil || len(servers) != 1000 {
			b.Fatalf("got %d servers and error %v", len(servers), err)
		}
		if _, err := service.LastReports(b.Context(), servers); err != nil {
			b.Fatal(err)
		}
	}
	reportCalls(b, world, "DescribeInstances")
}

// BenchmarkLaunch launches 100 servers where the first of two subnets has room for 60.
func BenchmarkLaunch(b *testing.B) {
	wanted := launchRequest(100)
	wanted.Payload.Configuration.EC2.SubnetIDs = []string{awsfake.SubnetA, awsfake.SubnetB}
	for b.Loop() {
		b.StopTimer()
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{
			Capacity: []awsfake.Capacity{{SubnetID: awsfake.SubnetA, Instances: 60}},
		}})
		service := newService(world, far(world))
		benchPrepare(b, newProcess(world), wanted.Payload.Configuration)
		world.ResetCalls()
		b.StartTimer()
		if _, err := service.Launch(b.Context(), wanted); err != nil {
			b.Fatal(err)
		}
		calls := world.Calls()
		b.ReportMetric(float64(calls["RunInstances"])/2, "RunInstances/subnet")
		b.ReportMetric(float64(calls["PutParameter"]), "PutParameter/op")
	}
}

// BenchmarkDeliver delivers a value of the group to its 1,000 members.
func BenchmarkDeliver(b *testing.B) {
	world := benchWorld(b, 1000)
	service := newService(world, far(world))
	servers, err := service.Servers(b.Context(), group())
	if err != nil {
		b.Fatal(err)
	}
	world.ResetCalls()
	for revision := 1; b.Loop(); revision++ {
		if err := service.Deliver(b.Context(), servers, plainDelivery(revision)); err != nil {
			b.Fatal(err)
		}
	}
	reportCalls(b, world, "CreateTags", "DescribeInstances")
}
