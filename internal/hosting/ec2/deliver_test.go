package ec2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func mustDeliver(t *testing.T, service hosting.Service, servers []hosting.Server, delivery boot.Delivery) {
	t.Helper()
	if err := service.Deliver(t.Context(), servers, delivery); err != nil {
		t.Fatal(err)
	}
}

// manifests returns what the instances' manifests begin with, by the instance's ID.
func manifests(world *awsfake.World) map[string]string {
	found := make(map[string]string)
	for _, instance := range world.Live() {
		if manifest, there := instance.Tags["muster.m"]; there {
			revision, rest, _ := strings.Cut(manifest, ":")
			kind, _, _ := strings.Cut(rest, ":")
			found[instance.ID] = revision + ":" + kind
		}
	}
	return found
}

// TestDeliver_forged proves that only members are reached, whatever tags others have.
func TestDeliver_forged(t *testing.T) {
	t.Parallel()
	for name, forgery := range map[string]awsfake.Forgery{
		"the tags":                  {},
		"the tags and the template": {SameTemplate: true},
		"the tags and the token":    {SameToken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				service := prepared(t, world)
				servers := mustLaunch(t, service, launchRequest(2))
				forged, err := world.Forge(servers[0].ID, forgery)
				if err != nil {
					t.Fatal(err)
				}
				other := newProcess(world)
				if got := serverIDs(mustList(t, other)); slices.Contains(got, forged) || len(got) != 2 {
					t.Errorf("listed %v, want the two members and not %s", got, forged)
				}
				// Whoever hands it over all the same achieves nothing.
				imposter := servers[0]
				imposter.ID = forged
				everyone := append(slices.Clone(servers), imposter)
				mustDeliver(t, other, everyone, plainDelivery(3))
				for what, err := range map[string]error{
					"restarting":      other.Restart(t.Context(), everyone, "mark-1"),
					"decommissioning": other.Decommission(t.Context(), everyone),
					"terminating":     other.Terminate(t.Context(), everyone),
				} {
					if err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
				if got := instanceIDs(world); !slices.Equal(got, []string{forged}) {
					t.Errorf("%v run, want %s alone", got, forged)
				}
				for _, key := range []string{"muster.m", "muster.leave", "muster.former"} {
					if got, there := world.Live()[0].Tags[key]; there {
						t.Errorf("the forged instance has the tag %s=%q", key, got)
					}
				}
			})
		})
	}
}

// TestDeliver_late delivers to instances that EC2 shows and CreateTags doesn't find.
func TestDeliver_late(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{TagLag: 2 * time.Minute}})
		service := prepared(t, world)
		servers := mustLaunch(t, service, launchRequest(5))
		mustDeliver(t, service, servers, plainDelivery(1))
		if got := manifests(world); len(got) != 5 {
			t.Errorf("delivered %v, want it to all five", got)
		}
	})
}

// TestDeliver_unlisted reaches and ends what this process has launched, long before EC2 shows it.
func TestDeliver_unlisted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{DescribeLag: 3 * time.Minute, TagLag: 4 * time.Minute}})
		service := prepared(t, world)
		servers, err := service.Launch(within(t, time.Minute), launchRequest(3))
		if err == nil || len(servers) != 3 {
			t.Fatalf("got %d servers and error %v, want three and the deadline's", len(servers), err)
		}
		mustDeliver(t, service, servers[:1], plainDelivery(1))
		if got := manifests(world); got[servers[0].ID] != "1:plain" || len(got) != 1 {
			t.Errorf("delivered %v, want revision 1 to %s", got, servers[0].ID)
		}
		if err := service.Terminate(t.Context(), servers); err != nil || len(world.Live()) > 0 {
			t.Errorf("%d instances are left (error %v)", len(world.Live()), err)
		}
	})
}

// TestDeliver_ownMemory shows that a process knows what it has delivered while EC2 doesn't.
func TestDeliver_ownMemory(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{TagReadLag: time.Hour}})
		service := prepared(t, world)
		servers := mustLaunch(t, service, launchRequest(2))
		mustDeliver(t, service, servers, plainDelivery(5))
		if err := service.Restart(t.Context(), servers[:1], "mark-1"); err != nil {
			t.Fatal(err)
		}
		listed := mustList(t, service)
		if listed[0].Delivered != 5 || listed[0].Restart != "mark-1" || listed[1].Delivered != 5 || listed[1].Restart != "mark-0" {
			t.Errorf("got %+v", listed)
		}
		world.ResetCalls()
		mustDeliver(t, service, servers, plainDelivery(4))
		if err := service.Restart(t.Context(), servers[:1], "mark-1"); err != nil {
			t.Fatal(err)
		}
		if got := world.Calls(); got["CreateTags"] > 0 || got["RebootInstances"] > 0 {
			t.Errorf("an older revision and a mark that is there have cost %v", got)
		}
	})
}

// TestDeliver_seenByOthers shows that a process which starts right after a delivery knows of it.
func TestDeliver_seenByOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{TagReadLag: 5 * time.Second}})
		service := prepared(t, world)
		servers := mustLaunch(t, service, launchRequest(2))
		mustDeliver(t, service, servers, plainDelivery(3))
		for _, server := range mustList(t, newProcess(world)) {
			if server.Delivered != 3 {
				t.Errorf("another process sees that %s has been given revision %d, want 3", server.Key(), server.Delivered)
			}
		}
	})
}

func TestDeliver_tooManyTags(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		service := prepared(t, world)
		servers := mustLaunch(t, service, launchRequest(3))
		var tags []ec2types.Tag
		for n := range 31 {
			tags = append(tags, ec2types.Tag{Key: aws.String(fmt.Sprintf("own-%d", n)), Value: aws.String("x")})
		}
		client := awsec2.NewFromConfig(world.Config())
		if _, err := client.CreateTags(t.Context(), &awsec2.CreateTagsInput{Resources: []string{servers[1].ID}, Tags: tags}); err != nil {
			t.Fatal(err)
		}
		err := service.Deliver(t.Context(), servers, plainDelivery(1))
		if err == nil || !strings.Contains(err.Error(), "web-1 ("+servers[1].ID+")") || !strings.Contains(err.Error(), "remove some") {
			t.Errorf("got error %v, want one that names web-1 and what to do", err)
		}
		if got := manifests(world); len(got) != 2 || got[servers[1].ID] != "" {
			t.Errorf("delivered %v, want it to the other two", got)
		}
	})
}

// TestLaunch_orphanDeadline shows that whoever has launched a server with an orphan deadline
// makes it known to it, and nobody else does.
func TestLaunch_orphanDeadline(t *testing.T) {
	t.Parallel()
	wanted := launchRequest(3)
	wanted.Payload.Configuration.EC2.OrphanDeadline = time.Hour
	secret := plainDelivery(4)
	secret.Values["secret"] = boot.Value{Text: "s3cret", Sensitive: true, Since: 4}
	for name, test := range map[string]struct {
		delivery boot.Delivery
		want     string
	}{
		"nothing is to be delivered":         {boot.Delivery{}, "0:plain"},
		"something is":                       {plainDelivery(4), "4:plain"},
		"a secret is, which comes with time": {secret, "0:plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Hostile()})
				wanted := wanted
				wanted.Delivery = test.delivery
				cutShort(t, world, wanted)
				if got := manifests(world); len(got) > 0 {
					t.Errorf("the servers of the lost run have %v, want nothing", got)
				}
				servers := mustLaunch(t, newProcess(world), wanted)
				for _, server := range servers {
					if got := manifests(world)[server.ID]; got != test.want {
						t.Errorf("%s has %q, want %q", server.Key(), got, test.want)
					}
				}
			})
		})
	}
}
