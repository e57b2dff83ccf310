package ec2_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// cutShort prepares a launch of n servers of which only the first answer has been lost with
// the process that made it.
func cutShort(t *testing.T, world *awsfake.World, wanted hosting.LaunchRequest) {
	t.Helper()
	preparedFor(t, world, wanted.Payload.Configuration)
	launchUntilSent(t, world, wanted)
}

func TestLaunch_lostAnswers(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]awsfake.Lost{
		"the first one":       {Operations: []string{"RunInstances"}, Calls: []int{1}},
		"the first few":       {Operations: []string{"RunInstances"}, Calls: []int{1, 2, 3, 4, 5}},
		"every second of all": {Every: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Lost: lost, DescribeLag: 10 * time.Second}})
				servers := mustLaunch(t, prepared(t, world), launchRequest(5))
				wantLive(t, world, slots(5))
				if got := serverSlots(servers); !slices.Equal(got, slots(5)) {
					t.Errorf("got servers in the slots %v", got)
				}
			})
		})
	}
}

// TestLaunch_mismatch repeats a launch with other arguments, as EC2 may answer it.
func TestLaunch_mismatch(t *testing.T) {
	t.Parallel()
	for name, mismatch := range map[string]awsfake.Mismatch{
		"EC2 refuses":                  awsfake.MismatchFails,
		"EC2 answers what it launched": awsfake.MismatchReplays,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Mismatch: mismatch, DescribeLag: time.Minute}})
				cutShort(t, world, launchRequest(4))
				before := instanceIDs(world)
				wanted := launchRequest(4)
				wanted.Delivery, wanted.Fingerprint = plainDelivery(2), "another"
				servers := mustLaunch(t, newProcess(world), wanted)
				if got := serverIDs(servers); !slices.Equal(got, before) || !slices.Equal(instanceIDs(world), before) {
					t.Errorf("got %v, want those that ran before, %v", got, before)
				}
				for _, server := range servers {
					if server.Fingerprint != "print" || server.Delivered != 0 {
						t.Errorf("%s has the fingerprint %q and revision %d, want those of its own launch", server.Key(), server.Fingerprint, server.Delivered)
					}
				}
			})
		})
	}
}

// TestLaunch_burnt repeats a launch of which one server was terminated meanwhile.
func TestLaunch_burnt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		burnt awsfake.Burnt
		// terminated is how many of three servers were.
		terminated int
		later      time.Duration
	}{
		"one was, and burns the token":        {burnt: awsfake.BurntByAny, terminated: 1},
		"one was, and the token is good":      {burnt: awsfake.BurntByAll, terminated: 1},
		"all were":                            {burnt: awsfake.BurntByAll, terminated: 3},
		"one was, so that EC2 has forgotten":  {burnt: awsfake.BurntByAny, terminated: 1, later: 3 * time.Hour},
		"all were, so that EC2 has forgotten": {burnt: awsfake.BurntByAny, terminated: 3, later: 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Burnt: test.burnt, TagsVanish: true, DescribeLag: 5 * time.Second}})
				cutShort(t, world, launchRequest(3))
				for _, instance := range world.Live()[:test.terminated] {
					terminateForeign(t, world, instance.ID)
				}
				time.Sleep(test.later)
				left := instanceIDs(world)
				servers := mustLaunch(t, newProcess(world), launchRequest(3))
				if !slices.Equal(instanceIDs(world), left) {
					t.Errorf("%v run, want only %v, which ran before", instanceIDs(world), left)
				}
				ended := 0
				for _, server := range servers {
					if server.State == hosting.ServerEnded {
						ended++
					}
				}
				if len(servers) != 3 || ended != test.terminated {
					t.Errorf("got %+v, want %d of 3 to have ended", servers, test.terminated)
				}
			})
		})
	}
}

// terminateForeign terminates an instance as somebody else would.
func terminateForeign(t *testing.T, world *awsfake.World, id string) {
	t.Helper()
	client := awsec2.NewFromConfig(world.Config())
	for {
		// Right after its launch an instance is not found.
		if _, err := client.TerminateInstances(t.Context(), &awsec2.TerminateInstancesInput{InstanceIds: []string{id}}); err == nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// TestLaunch_repeatedLate repeats a launch when EC2 may have forgotten its client tokens: what
// was launched is found by the list alone.
func TestLaunch_repeatedLate(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Capacity: []awsfake.Capacity{{Instances: 6}}}})
		cutShort(t, world, launchRequest(10))
		world.SetFaults(awsfake.Faults{})
		time.Sleep(48 * time.Hour)
		world.ResetCalls()
		mustLaunch(t, newProcess(world), launchRequest(10))
		wantLive(t, world, slots(10))
		if got := world.Calls()["RunInstances"]; got != 1 {
			t.Errorf("RunInstances was called %d times, want once, for the rest", got)
		}
	})
}

// TestRecall_neverSent recalls a launch of which it isn't known whether it has begun.
func TestRecall_neverSent(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		service := prepared(t, world)
		recalled, err := service.Recall(t.Context(), launchRequest(3))
		if err != nil || len(recalled) > 0 || len(world.Instances()) > 0 {
			t.Errorf("recalled %v with error %v, and %d instances run; want nothing", recalled, err, len(world.Instances()))
		}
	})
}

// TestRecall_otherConfiguration recalls a launch whose configuration isn't what it was: it
// can't be sent again, and is waited for.
func TestRecall_otherConfiguration(t *testing.T) {
	t.Parallel()
	for name, stored := range map[string]bool{
		"another one is stored":   true,
		"none is stored any more": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: time.Minute}})
				cutShort(t, world, launchRequest(3))
				service := newProcess(world)
				other := launchRequest(3)
				other.Payload.Configuration.BootScript = "another"
				if stored {
					if err := service.PutConfiguration(t.Context(), other.Payload.Configuration); err != nil {
						t.Fatal(err)
					}
				}
				recalled, err := service.Recall(t.Context(), other)
				if got := serverIDs(recalled); err != nil || len(got) != 3 || !slices.Equal(got, instanceIDs(world)) {
					t.Errorf("recalled %v with error %v, want %v", got, err, instanceIDs(world))
				}
				if got := world.Calls()["RunInstances"]; got != 1 {
					t.Errorf("RunInstances was called %d times, want only that of the launch", got)
				}
				if err := service.Terminate(t.Context(), recalled); err != nil || len(world.Live()) > 0 {
					t.Errorf("%d instances are left (error %v)", len(world.Live()), err)
				}
			})
		})
	}
}

// TestLaunch_scattered launches into more gaps than are recorded at a time.
func TestLaunch_scattered(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: 3 * time.Second}})
		wanted := launchRequest(0)
		for gap := range 120 {
			wanted.Slots = append(wanted.Slots, 2*gap)
		}
		servers := mustLaunch(t, prepared(t, world), wanted)
		if got := serverSlots(servers); !slices.Equal(got, wanted.Slots) {
			t.Errorf("got servers in the slots %v", got)
		}
		wantLive(t, world, wanted.Slots)
	})
}

func TestLaunch_canceled(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		service := prepared(t, world)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if servers, err := service.Launch(ctx, launchRequest(2)); err == nil || len(servers) > 0 || len(world.Instances()) > 0 {
			t.Errorf("got %v and error %v, want nothing to be launched", servers, err)
		}
	})
}

// TestLaunch_seenByOthers shows that whoever looks next sees what Launch has returned.
func TestLaunch_seenByOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: 4 * time.Minute, AddressLag: 6 * time.Minute}})
		servers := mustLaunch(t, prepared(t, world), launchRequest(5))
		if diff := cmp.Diff(servers, mustList(t, newProcess(world))); diff != "" {
			t.Errorf("launched, and listed by another process (-want +got):\n%s", diff)
		}
	})
}

// dyingAt returns the transport of a process that dies of its first call of the operation,
// before or after it has taken effect.
func dyingAt(world *awsfake.World, operation string, fate awsfake.Fate, kill func()) http.RoundTripper {
	next := world.Transport()
	var mortal *awsfake.Mortal
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
		if mortal == nil && strings.Contains(string(body), "Action="+operation+"&") {
			mortal = awsfake.NewMortal(next, fate, 1, kill)
		}
		if mortal != nil {
			return mortal.RoundTrip(r)
		}
		return next.RoundTrip(r)
	})
}

// TestRecall_replayed recalls a launch that one process has recorded, and another one has sent
// much later.
func TestRecall_replayed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: time.Minute}})
		prepared(t, world)
		for _, fate := range []awsfake.Fate{awsfake.DiesBefore, awsfake.DiesAfter} {
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := newService(world, dyingAt(world, "RunInstances", fate, cancel)).Launch(ctx, launchRequest(3)); err == nil {
				t.Error("the process has lived on")
			}
			cancel()
			if fate == awsfake.DiesBefore {
				time.Sleep(time.Hour)
			}
		}
		other := launchRequest(3)
		other.Payload.Configuration.BootScript = "another"
		recalled, err := newProcess(world).Recall(t.Context(), other)
		if got := serverIDs(recalled); err != nil || len(got) != 3 || !slices.Equal(got, instanceIDs(world)) {
			t.Errorf("recalled %v with error %v, want %v", got, err, instanceIDs(world))
		}
	})
}
