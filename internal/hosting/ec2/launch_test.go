package ec2_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestLaunch_places(t *testing.T) {
	t.Parallel()
	types := []string{"t3.small", "t3a.small"}
	subnets := []string{awsfake.SubnetA, awsfake.SubnetB}
	room := func(instanceType, subnet string, n int) awsfake.Capacity {
		return awsfake.Capacity{InstanceType: instanceType, SubnetID: subnet, Instances: n}
	}
	for name, test := range map[string]struct {
		faults awsfake.Faults
		want   map[string]int
		// warned are what the warnings must hold, in their order.
		warned []string
		// calls is how often RunInstances is called; 0: however often.
		calls int
		err   string
	}{
		"the first place where there is room for all": {
			want: map[string]int{"t3.small in " + awsfake.SubnetA: 10},
		},
		"the next subnet where the first has none": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{room("t3.small", awsfake.SubnetA, 0)}},
			want:   map[string]int{"t3.small in " + awsfake.SubnetB: 10},
			warned: []string{"10 of the servers", "t3.small in " + awsfake.SubnetA, "InsufficientInstanceCapacity", "trying t3.small in " + awsfake.SubnetB},
		},
		"the same where the lack of room is a server error": {
			faults: awsfake.Faults{CapacityStatus: 500, Capacity: []awsfake.Capacity{room("t3.small", awsfake.SubnetA, 0)}},
			want:   map[string]int{"t3.small in " + awsfake.SubnetB: 10},
			warned: []string{"InsufficientInstanceCapacity"},
		},
		"the next type where no subnet has room": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{room("t3.small", "", 0)}},
			want:   map[string]int{"t3a.small in " + awsfake.SubnetA: 10},
			warned: []string{"trying t3.small in " + awsfake.SubnetB, "trying t3a.small in " + awsfake.SubnetA},
		},
		"a part at each of several places": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{
				room("t3.small", awsfake.SubnetA, 3), room("t3.small", awsfake.SubnetB, 4), room("t3a.small", awsfake.SubnetA, 5),
			}},
			want: map[string]int{
				"t3.small in " + awsfake.SubnetA: 3, "t3.small in " + awsfake.SubnetB: 4, "t3a.small in " + awsfake.SubnetA: 3,
			},
			warned: []string{"7 of the servers", "room for 3 of 10", "3 of the servers", "room for 4 of 7"},
		},
		"what there is room for where that isn't enough": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{room("t3.small", awsfake.SubnetA, 3), room("", "", 7)}},
			want: map[string]int{
				"t3.small in " + awsfake.SubnetA: 3, "t3.small in " + awsfake.SubnetB: 4,
			},
			warned: []string{"t3.small in " + awsfake.SubnetA, "there is no other"},
			err:    "7 of 10 servers launched",
		},
		"none where the account's quota is used up": {
			faults: awsfake.Faults{VCPUs: 1},
			want:   map[string]int{},
			warned: []string{"VcpuLimitExceeded", "trying t3a.small", "VcpuLimitExceeded", "there is no other"},
			calls:  2, // A quota is the same in every subnet.
			err:    "0 of 10 servers launched",
		},
		"another subnet where one has no free addresses": {
			faults: awsfake.Faults{Addresses: map[string]int{awsfake.SubnetA: 6}},
			want:   map[string]int{"t3.small in " + awsfake.SubnetA: 6, "t3.small in " + awsfake.SubnetB: 4},
			warned: []string{"room for 6 of 10"},
		},
		"another subnet where a zone has no such type": {
			faults: awsfake.Faults{Capacity: []awsfake.Capacity{{InstanceType: "t3.small", SubnetID: awsfake.SubnetA, Unsupported: true}}},
			want:   map[string]int{"t3.small in " + awsfake.SubnetB: 10},
			warned: []string{"Unsupported"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: test.faults})
				wanted := launchRequest(10)
				wanted.Payload.Configuration.EC2 = &boot.EC2{InstanceTypes: types, SubnetIDs: subnets}
				var warnings []string
				wanted.Warn = func(err error) { warnings = append(warnings, err.Error()) }
				service := preparedFor(t, world, wanted.Payload.Configuration)
				servers, err := service.Launch(t.Context(), wanted)
				if diff := cmp.Diff(test.want, places(world)); diff != "" {
					t.Errorf("launched at (-want +got):\n%s", diff)
				}
				wantCapacityError(t, err, test.err)
				if got, want := serverIDs(servers), instanceIDs(world); !slices.Equal(got, want) {
					t.Errorf("got the servers %v, want %v", got, want)
				}
				wantInOrder(t, warnings, test.warned)
				if got := world.Calls()["RunInstances"]; test.calls > 0 && got != test.calls {
					t.Errorf("RunInstances was called %d times, want %d", got, test.calls)
				}
			})
		})
	}
}

// wantCapacityError fails the test unless the error begins with that text; where
// there is none, no error is wanted.
func wantCapacityError(t *testing.T, err error, text string) {
	t.Helper()
	capacity := (*hosting.CapacityError)(nil)
	switch {
	case text == "" && err != nil:
		t.Errorf("got error %v", err)
	case text != "" && (!errors.As(err, &capacity) || !strings.HasPrefix(err.Error(), text)):
		t.Errorf("got error %v, want a CapacityError that begins %q", err, text)
	}
}

// wantInOrder fails the test unless the texts hold all parts in their order.
func wantInOrder(t *testing.T, texts, parts []string) {
	t.Helper()
	all := strings.Join(texts, "\n")
	rest := all
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("got warnings %q, want %q in them, in this order", all, parts)
		}
		rest = after
	}
	if len(parts) == 0 && all != "" {
		t.Errorf("got warnings %q, want none", all)
	}
}

func TestLaunch_capacityReturns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failedTokens bool
		subnets      []string
	}{
		"where a failed launch leaves its client token free": {subnets: []string{awsfake.SubnetA, awsfake.SubnetB}},
		"where a failed launch uses its client token up":     {subnets: []string{awsfake.SubnetA, awsfake.SubnetB}, failedTokens: true},
		"where there is only one place":                      {subnets: []string{awsfake.SubnetA}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				full := awsfake.Capacity{SubnetID: awsfake.SubnetB, Instances: 0}
				faults := awsfake.Faults{
					FailedTokens: test.failedTokens,
					Capacity:     []awsfake.Capacity{full, {SubnetID: awsfake.SubnetA, Instances: 4}},
				}
				world := awsfake.NewWorld(awsfake.Options{Faults: faults})
				wanted := launchRequest(10)
				wanted.Payload.Configuration.EC2.SubnetIDs = test.subnets
				service := preparedFor(t, world, wanted.Payload.Configuration)
				first, err := service.Launch(t.Context(), wanted)
				wantCapacityError(t, err, "4 of 10 servers launched")
				// The first place has room again, and the last one that was tried has not.
				faults.Capacity = []awsfake.Capacity{full}
				world.SetFaults(faults)
				// What the ledger holds has changed meanwhile, so that the arguments are others.
				wanted.Delivery = plainDelivery(3)
				again := mustLaunch(t, newProcess(world), wanted)
				wantLive(t, world, slots(10))
				if diff := cmp.Diff(first, again[:len(first)]); diff != "" {
					t.Errorf("the servers that ran before (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestLaunch_refused(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		wrong := launchRequest(3)
		wrong.Payload.Configuration.EC2.KeyName = "lost"
		service := preparedFor(t, world, wrong.Payload.Configuration)
		if _, err := service.Launch(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "lost") {
			t.Errorf("got error %v, want one that names the key", err)
		}
		// Nobody waits for what was refused: another configuration follows at once.
		began := time.Now()
		recalled, err := newProcess(world).Recall(t.Context(), wrong)
		if err != nil || len(recalled) > 0 || time.Since(began) > time.Minute {
			t.Errorf("recalled %v in %v with error %v, want nothing at once", recalled, time.Since(began), err)
		}
		if got := world.Calls()["RunInstances"]; got != 1 {
			t.Errorf("RunInstances was called %d times, want once", got)
		}
	})
}

func TestLaunch_deadline(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: time.Hour}})
		service := prepared(t, world)
		began := time.Now()
		servers, err := service.Launch(within(t, time.Minute), launchRequest(3))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("got error %v after %v, want the deadline's after a minute", err, time.Since(began))
		}
		if got, want := serverIDs(servers), instanceIDs(world); !slices.Equal(got, want) || len(got) != 3 {
			t.Errorf("got the servers %v, want %v, which run", got, want)
		}
		if got := serverIDs(mustList(t, service)); !slices.Equal(got, instanceIDs(world)) {
			t.Errorf("listed %v, want what this process has launched", got)
		}
	})
}

func TestLaunch_instanceDies(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Hostile()})
		service := prepared(t, world)
		lost := make(chan []hosting.Server)
		wanted := launchRequest(2)
		wanted.Payload.Configuration.EC2.OrphanDeadline = time.Hour // Its power-off terminates.
		if err := service.PutConfiguration(t.Context(), wanted.Payload.Configuration); err != nil {
			t.Fatal(err)
		}
		go func() {
			servers, err := service.Launch(t.Context(), wanted)
			if err != nil {
				t.Errorf("launching: %v", err)
			}
			lost <- servers
		}()
		for len(world.Live()) == 0 {
			time.Sleep(time.Second)
		}
		dead := world.Live()[0]
		if err := world.EndInstance(dead.ID); err != nil {
			t.Fatal(err)
		}
		servers := <-lost
		index := slices.IndexFunc(servers, func(server hosting.Server) bool { return server.ID == dead.ID })
		if len(servers) != 2 || index < 0 || servers[index].State != hosting.ServerEnded || servers[index].EndReason != "it has powered itself off" {
			t.Errorf("got %+v, want %s to have powered itself off", servers, dead.ID)
		}
	})
}

func TestLaunch_public(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{AddressLag: 20 * time.Second, Boot: 5 * time.Second}})
		wanted := launchRequest(2)
		public := true
		wanted.Payload.Configuration.EC2.PublicAddress = &public
		wanted.Payload.Configuration.EC2.SecurityGroupIDs = []string{awsfake.SecurityGroupID}
		service := preparedFor(t, world, wanted.Payload.Configuration)
		for _, server := range mustLaunch(t, service, wanted) {
			if facts := server.Facts; facts.PublicIP == "" || facts.PrivateIP == "" || facts.PrivateDNS == "" || facts.Zone == "" {
				t.Errorf("%s has the facts %+v, want all of them", server.Key(), facts)
			}
		}
	})
}

func TestLaunch_tags(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		wanted := launchRequest(1)
		wanted.Payload.Configuration.EC2.Tags = map[string]string{"team": "shop", "Name": "shop-web"}
		wanted.Delivery = plainDelivery(2)
		service := preparedFor(t, world, wanted.Payload.Configuration)
		mustLaunch(t, service, wanted)
		instance := world.Live()[0]
		for key, want := range map[string]string{
			"muster.ns": "shop", "muster.group": "web", "muster.incarnation": group().Incarnation,
			"muster.fingerprint": "print", "muster.restart": "mark-0", "team": "shop", "Name": "shop-web",
		} {
			if got := instance.Tags[key]; got != want {
				t.Errorf("the tag %s is %q, want %q", key, got, want)
			}
		}
		if got := instance.Volumes[0].Tags; got["muster.ns"] != "shop" || got["team"] != "shop" {
			t.Errorf("the volume has the tags %v", got)
		}
	})
}
