package ec2_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
)

// crash is something that a process dies of doing, and that another one repeats.
type crash struct {
	faults awsfake.Faults
	// prepare does what was done before; it has the world to itself.
	prepare func(t *testing.T, world *awsfake.World)
	// act does it; again says that it is repeated.
	act func(ctx context.Context, service *ec2.Service, again bool) error
	// check returns what is wrong when all is over.
	check func(ctx context.Context, world *awsfake.World, service *ec2.Service) error
	// spoil makes the services less safe than they are; nil: it doesn't.
	spoil func(*ec2.Service)
}

// atEveryCall lets the process die before and after each of its calls in turn, and returns
// how often it has died, and what was wrong afterwards by when it did.
func (c crash) atEveryCall(t *testing.T) (deaths int, wrong map[string]error) {
	t.Helper()
	wrong = make(map[string]error)
	for _, fate := range []awsfake.Fate{awsfake.DiesBefore, awsfake.DiesAfter} {
		for call, died := 1, true; died; call++ {
			var err error
			synctest.Test(t, func(t *testing.T) { died, err = c.at(t, fate, call) })
			if err != nil {
				wrong[fmt.Sprintf("%v call %d", fate, call)] = err
			}
			if died {
				deaths++
			}
		}
	}
	return deaths, wrong
}

// at does and repeats it, once, in a world of its own.
func (c crash) at(t *testing.T, fate awsfake.Fate, call int) (died bool, wrong error) {
	t.Helper()
	world := awsfake.NewWorld(awsfake.Options{Faults: c.faults, Seed: uint64(call)})
	c.prepare(t, world)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mortal := awsfake.NewMortal(world.Transport(), fate, call, cancel)
	err := c.act(ctx, c.process(world, mortal), false)
	if died = mortal.Dead(); died {
		err = c.act(t.Context(), c.process(world, world.Transport()), true)
	}
	if err != nil {
		return died, err
	}
	// By then all shows that was done.
	time.Sleep(10 * time.Minute)
	return died, c.check(t.Context(), world, newProcess(world))
}

func (c crash) process(world *awsfake.World, transport http.RoundTripper) *ec2.Service {
	service := newService(world, transport)
	if c.spoil != nil {
		c.spoil(service)
	}
	return service
}

// wantSafe fails the test unless the process may die at any call.
func (c crash) wantSafe(t *testing.T, atLeast int) {
	t.Helper()
	deaths, wrong := c.atEveryCall(t)
	for _, when := range slices.Sorted(maps.Keys(wrong)) {
		t.Errorf("the process %s: %v", when, wrong[when])
	}
	if deaths < atLeast {
		t.Errorf("the process has died %d times, want at least %d", deaths, atLeast)
	}
	t.Logf("died %d times", deaths)
}

// scarce has so little room at each place that a launch of 20 needs all of them.
func scarce() []awsfake.Capacity {
	return []awsfake.Capacity{
		{InstanceType: "t3.small", SubnetID: awsfake.SubnetA, Instances: 0},
		{InstanceType: "t3.small", SubnetID: awsfake.SubnetB, Instances: 7},
		{InstanceType: "t3a.small", SubnetID: awsfake.SubnetA, Instances: 6},
	}
}

func scarceRequest() hosting.LaunchRequest {
	wanted := launchRequest(20)
	wanted.Payload.Configuration.EC2 = &boot.EC2{
		InstanceTypes: []string{"t3.small", "t3a.small"}, SubnetIDs: []string{awsfake.SubnetA, awsfake.SubnetB},
	}
	return wanted
}

// lagging are the faults that concern what is shown when, and what client tokens do.
func lagging() awsfake.Faults {
	faults := hostile()
	faults.Throttle, faults.ThrottleHalf, faults.Lost = false, false, awsfake.Lost{}
	return faults
}

// hostile are all faults, and little room.
func hostile() awsfake.Faults {
	faults := awsfake.Hostile()
	faults.Capacity = scarce()
	return faults
}

// wantServers returns what is wrong unless exactly the slots have a live instance, and the
// list shows it.
func wantServers(ctx context.Context, world *awsfake.World, service *ec2.Service, want []int) error {
	servers, err := service.Servers(ctx, group())
	if err != nil {
		return err
	}
	live, listed := instanceIDs(world), serverIDs(servers)
	if !slices.Equal(live, listed) {
		return fmt.Errorf("%d instances run and %d servers are listed", len(live), len(listed))
	}
	if got := serverSlots(servers); !slices.Equal(got, want) {
		return fmt.Errorf("there are servers in the slots %v, want %v", got, want)
	}
	return nil
}

// launching is a launch of 20 servers that is cut short and repeated, with other arguments
// if change has some.
func launching(faults awsfake.Faults, change func(*hosting.LaunchRequest)) crash {
	return crash{
		faults: faults,
		prepare: func(t *testing.T, world *awsfake.World) {
			t.Helper()
			preparedFor(t, world, scarceRequest().Payload.Configuration)
		},
		act: func(ctx context.Context, service *ec2.Service, again bool) error {
			wanted := scarceRequest()
			if again && change != nil {
				change(&wanted)
			}
			_, err := service.Launch(ctx, wanted)
			return err
		},
		check: func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
			return wantServers(ctx, world, service, slots(20))
		},
	}
}

func TestCrashOnEC2_launch(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]awsfake.Faults{"lags": lagging(), "all faults": hostile()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launching(faults, nil).wantSafe(t, 20)
		})
	}
}

func TestCrashOnEC2_launchAndChange(t *testing.T) {
	t.Parallel()
	launching(hostile(), func(wanted *hosting.LaunchRequest) { wanted.Delivery = plainDelivery(4) }).wantSafe(t, 20)
}

// TestCrashOnEC2_randomTokens shows that these tests would see it.
func TestCrashOnEC2_randomTokens(t *testing.T) {
	t.Parallel()
	broken := launching(lagging(), nil)
	broken.spoil = (*ec2.Service).RandomTokens
	_, wrong := broken.atEveryCall(t)
	if len(wrong) == 0 {
		t.Error("nothing is wrong although the client tokens are random")
	}
	for _, when := range slices.Sorted(maps.Keys(wrong)) {
		t.Logf("as it must be, %s: %v", when, wrong[when])
	}
}

// TestCrashOnEC2_recall gives a launch up that was cut short at any of its calls.
func TestCrashOnEC2_recall(t *testing.T) {
	t.Parallel()
	c := launching(hostile(), nil)
	launch := c.act
	c.act = func(ctx context.Context, service *ec2.Service, again bool) error {
		if again {
			return recallAndTerminate(ctx, service)
		}
		return launch(ctx, service, false)
	}
	c.check = func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
		if len(world.Live()) == 20 {
			return nil // It was not cut short.
		}
		return wantServers(ctx, world, service, slots(0))
	}
	c.wantSafe(t, 20)
}

// TestCrashOnEC2_recallItself cuts the recall short, of a launch of which only the first answer
// has been lost.
func TestCrashOnEC2_recallItself(t *testing.T) {
	t.Parallel()
	c := launching(hostile(), nil)
	prepare := c.prepare
	c.prepare = func(t *testing.T, world *awsfake.World) {
		t.Helper()
		prepare(t, world)
		launchUntilSent(t, world, scarceRequest())
	}
	c.act = func(ctx context.Context, service *ec2.Service, _ bool) error { return recallAndTerminate(ctx, service) }
	c.check = func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
		return wantServers(ctx, world, service, slots(0))
	}
	c.wantSafe(t, 5)
}

// launchUntilSent launches and dies of the first call that has launched something.
func launchUntilSent(t *testing.T, world *awsfake.World, wanted hosting.LaunchRequest) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		if ctx.Err() != nil {
			return nil, &awsfake.DeathError{}
		}
		response, err := world.Transport().RoundTrip(r)
		if len(world.Live()) > 0 {
			cancel()
		}
		return response, err
	})
	if servers, err := newService(world, transport).Launch(ctx, wanted); err == nil {
		t.Fatalf("the launch has ended with %d servers before anything was launched", len(servers))
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func recallAndTerminate(ctx context.Context, service *ec2.Service) error {
	if _, err := service.Recall(ctx, scarceRequest()); err != nil {
		return err
	}
	servers, err := service.Servers(ctx, group())
	if err != nil {
		return err
	}
	return service.Terminate(ctx, servers)
}

// withServers prepares 20 servers, and a forged one that only looks like one of them.
func withServers(t *testing.T, world *awsfake.World) {
	t.Helper()
	servers := mustLaunch(t, preparedFor(t, world, scarceRequest().Payload.Configuration), scarceRequest())
	if _, err := world.Forge(servers[0].ID, awsfake.Forgery{SameTemplate: true}); err != nil {
		t.Fatal(err)
	}
}

func TestCrashOnEC2_terminate(t *testing.T) {
	t.Parallel()
	crash{
		faults: hostile(), prepare: withServers,
		act: func(ctx context.Context, service *ec2.Service, _ bool) error {
			servers, err := service.Servers(ctx, group())
			if err != nil {
				return err
			}
			return service.Terminate(ctx, servers)
		},
		check: func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
			if live := world.Live(); len(live) != 1 {
				return fmt.Errorf("%d instances run, want the forged one", len(live))
			}
			servers, err := service.Servers(ctx, group())
			if err == nil && len(servers) > 0 {
				err = fmt.Errorf("listed %v", serverIDs(servers))
			}
			return err
		},
	}.wantSafe(t, 5)
}

func TestCrashOnEC2_deliver(t *testing.T) {
	t.Parallel()
	crash{
		faults: hostile(), prepare: withServers,
		act: func(ctx context.Context, service *ec2.Service, _ bool) error {
			servers, err := service.Servers(ctx, group())
			if err != nil {
				return err
			}
			return service.Deliver(ctx, servers, plainDelivery(7))
		},
		check: func(ctx context.Context, world *awsfake.World, service *ec2.Service) error {
			servers, err := service.Servers(ctx, group())
			for _, server := range servers {
				if server.Delivered != 7 {
					return fmt.Errorf("%s has revision %d", server.Key(), server.Delivered)
				}
			}
			delivered := 0
			for _, instance := range world.Live() {
				if instance.Tags["muster.m"] != "" {
					delivered++
				}
			}
			if delivered != 20 {
				return fmt.Errorf("delivered to %d instances, want the 20 members", delivered)
			}
			return err
		},
	}.wantSafe(t, 4)
}

func TestCrashOnEC2_restart(t *testing.T) {
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
