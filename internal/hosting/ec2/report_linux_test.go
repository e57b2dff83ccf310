package ec2_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/fleet"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// canary is a secret that is looked for where everybody may read.
const canary = "c4n4ry-0f-these-tests"

// newFleet returns a world whose instances run.
func newFleet(t *testing.T) *awsfake.World {
	t.Helper()
	world := awsfake.NewWorld(awsfake.Options{Machines: fleet.Fleet{Directory: t.TempDir()}})
	t.Cleanup(world.Close)
	return world
}

// running launches servers from a configuration that change has made of the usual one.
func running(t *testing.T, world *awsfake.World, service *ec2.Service, n int, change func(*hosting.LaunchRequest)) []hosting.Server {
	t.Helper()
	wanted := launchRequest(n)
	wanted.Delivery = plainDelivery(1)
	change(&wanted)
	preparedFor(t, world, wanted.Payload.Configuration)
	return mustLaunch(t, service, wanted)
}

// awaitReports waits until the reports of all servers are as wanted. Where they never are, it
// shows the consoles.
func awaitReports(t *testing.T, service hosting.Service, servers []hosting.Server, wanted func(boot.Report) bool) map[string]boot.Report {
	t.Helper()
	var reports map[string]boot.Report
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := wait.Until(ctx, service.Pace().Busy, func(ctx context.Context) (bool, error) {
		// Whoever waits looks at the servers too.
		if _, err := service.Servers(ctx, group()); err != nil {
			return false, err
		}
		var err error
		reports, err = service.Reports(ctx, servers)
		for _, server := range servers {
			if !wanted(reports[server.ID]) {
				return false, err
			}
		}
		return true, err
	})
	if err != nil {
		t.Fatalf("waiting for reports: %v; the newest are %+v", err, reports)
	}
	return reports
}

func isReady(revision int) func(boot.Report) bool {
	return func(report boot.Report) bool { return report.Status == boot.StatusReady && report.Applied == revision }
}

// wantUnreadable fails the test if the canary lies where everybody may read it.
func wantUnreadable(t *testing.T, world *awsfake.World) {
	t.Helper()
	for where, text := range world.Readable() {
		if strings.Contains(text, canary) {
			t.Errorf("the secret is in %s", where)
		}
	}
}

// TestReports_cost shows that nobody is asked who has said all that there is to say.
func TestReports_cost(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	service := newHurried(world)
	servers := running(t, world, service, 2, func(wanted *hosting.LaunchRequest) {
		wanted.Payload.Configuration.BootScript = "muster output set said hello"
		wanted.Payload.Configuration.Outputs = map[string]boot.Output{"said": {Type: boot.TypeString}}
	})
	want := awaitReports(t, service, servers, isReady(1))
	world.ResetCalls()
	for range 3 {
		again, err := service.Reports(t.Context(), servers)
		if diff := cmp.Diff(want, again); err != nil || diff != "" {
			t.Errorf("error %v and other reports than before (-want +got):\n%s", err, diff)
		}
		if _, err := service.LastReports(t.Context(), servers); err != nil {
			t.Error(err)
		}
	}
	if got := world.Calls(); len(got) > 0 {
		t.Errorf("reports that are known have cost %v", got)
	}
	other := newHurried(world)
	listed := mustList(t, other)
	world.ResetCalls()
	for what, read := range map[string]func(context.Context, []hosting.Server) (map[string]boot.Report, error){
		"Reports": other.Reports, "LastReports": other.LastReports,
	} {
		reports, err := read(t.Context(), listed)
		for id, report := range reports {
			if report.Outputs["said"] != "hello" || report.Boot != want[id].Boot {
				t.Errorf("%s of another process has %+v", what, report)
			}
		}
		if err != nil || len(reports) != 2 {
			t.Errorf("%s of another process has %d reports and error %v", what, len(reports), err)
		}
	}
	if got := world.Calls(); got["GetConsoleOutput"]+got["DescribeInstances"] > 0 {
		t.Errorf("reports that the list has shown have cost %v", got)
	}
}

var oneMarker = regexp.MustCompile(`@@muster \S+ \d+ 1/1 \S+ \S+@@`)

// TestReports_pinned shows that nobody speaks for a server whose token is known, also where
// its own beginnings have been lost from the console.
func TestReports_pinned(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	service := newHurried(world)
	servers := running(t, world, service, 2, func(wanted *hosting.LaunchRequest) {
		delete(wanted.Payload.Configuration.Parameters, "secret")
		wanted.Payload.Configuration.UpdateScript = `{ yes noise | head -c 70000; muster param get needed; } >/dev/console`
	})
	want := awaitReports(t, service, servers, isReady(1))
	tokens := make(map[string]bool)
	for _, instance := range world.Live() {
		tokens[instance.Tags["muster.token"]] = true
	}
	if len(tokens) != 2 || tokens[""] {
		t.Errorf("the pinned tokens are %v, want one of each server", slices.Collect(maps.Keys(tokens)))
	}
	// Both write what the first one has said.
	said := oneMarker.FindAllString(world.Readable()[servers[0].ID+" console"], -1)
	if len(said) == 0 {
		t.Fatal("the first server has said nothing")
	}
	forged := plainDelivery(2)
	forged.Values["needed"] = boot.Value{Text: said[len(said)-1], Since: 2}
	mustDeliver(t, service, servers, forged)
	other := newHurried(world)
	for id, report := range awaitReports(t, other, servers, isReady(2)) {
		if report.Boot != want[id].Boot {
			t.Errorf("the report of %s is of boot %s, want its own, %s", id, report.Boot, want[id].Boot)
		}
	}
	if console := world.Readable()[servers[1].ID+" console"]; !strings.Contains(console, said[len(said)-1]) {
		t.Error("the second server has not written what the first one has said")
	}
}

// TestReports_sensitive shows that sensitive outputs come to every process that waits, and lie
// nowhere in clear.
func TestReports_sensitive(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	service := newHurried(world)
	servers := running(t, world, service, 2, func(wanted *hosting.LaunchRequest) {
		wanted.Payload.Configuration.BootScript = `printf %s "c4n4ry""-0f-these-tests" | muster output set join; muster output set said hello`
		wanted.Payload.Configuration.Outputs = map[string]boot.Output{
			"said": {Type: boot.TypeString}, "join": {Type: boot.TypeString, Sensitive: true},
		}
	})
	awaitReports(t, service, servers, isReady(1))
	for range 2 {
		other := newHurried(world)
		listed := mustList(t, other)
		last, err := other.LastReports(t.Context(), listed)
		for _, report := range last {
			if _, there := report.Outputs["join"]; there || report.Outputs["said"] != "hello" {
				t.Errorf("what is known without asking has the outputs %v", slices.Sorted(maps.Keys(report.Outputs)))
			}
		}
		if err != nil || len(last) != 2 {
			t.Errorf("%d last reports and error %v", len(last), err)
		}
		world.ResetCalls()
		for range 3 {
			reports, err := other.Reports(t.Context(), listed)
			for _, report := range reports {
				if report.Outputs["join"] != canary || !slices.Contains(report.Sensitive, "join") {
					t.Errorf("a server's outputs are %v, want the sensitive one too", slices.Sorted(maps.Keys(report.Outputs)))
				}
			}
			if err != nil || len(reports) != 2 {
				t.Errorf("%d reports and error %v", len(reports), err)
			}
		}
		if got := world.Calls()["GetConsoleOutput"]; got != 2 {
			t.Errorf("%d consoles were read, want that of each server once", got)
		}
	}
	wantUnreadable(t, world)
}

// secretDelivery has a sensitive value.
func secretDelivery(revision int) boot.Delivery {
	delivery := plainDelivery(revision)
	delivery.Values["secret"] = boot.Value{Text: canary, Sensitive: true, Since: revision}
	return delivery
}

// digesting makes the boot script publish what proves that the server has the secret.
func digesting(wanted *hosting.LaunchRequest) {
	wanted.Payload.Configuration.BootScript = `muster param get secret | sha256sum | cut -c1-16 | muster output set said`
	wanted.Payload.Configuration.Outputs = map[string]boot.Output{"said": {Type: boot.TypeString}}
}

// canaryDigest are the first 16 digits of the canary's SHA-256.
const canaryDigest = "ef3a0aca24c049a6"

func TestDeliver_sealed(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	service := newHurried(world)
	servers := running(t, world, service, 2, func(wanted *hosting.LaunchRequest) {
		digesting(wanted)
		wanted.Delivery = secretDelivery(1)
	})
	for _, server := range servers {
		if server.Delivered != 0 {
			t.Errorf("%s is launched with revision %d, before it can open anything", server.Key(), server.Delivered)
		}
	}
	deliverUntil(t, service, servers, secretDelivery(1))
	for id, report := range awaitReports(t, service, servers, isReady(1)) {
		if report.Outputs["said"] != canaryDigest {
			t.Errorf("%s has published the digest %q, want %q", id, report.Outputs["said"], canaryDigest)
		}
	}
	for id, got := range manifests(world) {
		if got != "1:sealed" {
			t.Errorf("%s has %q", id, got)
		}
	}
	// A process that has not seen the servers' keys reads them.
	mustDeliver(t, newHurried(world), servers, secretDelivery(2))
	awaitReports(t, service, servers, isReady(2))
	wantUnreadable(t, world)
}

// deliverUntil delivers until every server has it.
func deliverUntil(t *testing.T, service *ec2.Service, servers []hosting.Server, delivery boot.Delivery) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	err := wait.Until(ctx, service.Pace().Busy, func(ctx context.Context) (bool, error) {
		if err := service.Deliver(ctx, servers, delivery); err != nil {
			return false, err
		}
		listed, err := service.Servers(ctx, group())
		return !slices.ContainsFunc(listed, func(server hosting.Server) bool { return server.Delivered != delivery.Revision }), err
	})
	if err != nil {
		t.Fatalf("delivering: %v", err)
	}
}

func TestDeliver_ssm(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	options := hurriedOptions(world, world.Transport(), hosting.Pace{Busy: 200 * time.Millisecond, Idle: time.Second}, time.Second)
	options.SSMEndpoint = world.Serve(t).URL
	service := ec2.New(options)
	servers := running(t, world, service, 2, func(wanted *hosting.LaunchRequest) {
		digesting(wanted)
		wanted.Delivery = secretDelivery(1)
		wanted.Payload.Configuration.EC2.Channel = boot.ChannelSSM
		wanted.Payload.Configuration.EC2.InstanceProfile = awsfake.InstanceProfile
	})
	for id, report := range awaitReports(t, service, servers, isReady(1)) {
		if report.Outputs["said"] != canaryDigest {
			t.Errorf("%s has published the digest %q, want %q", id, report.Outputs["said"], canaryDigest)
		}
	}
	world.ResetCalls()
	mustDeliver(t, service, servers, secretDelivery(2))
	if got := world.Calls(); got["CreateTags"] != 1 || got["GetConsoleOutput"] > 0 {
		t.Errorf("a secret for two servers with a role has cost %v, want one CreateTags and no console", got)
	}
	awaitReports(t, service, servers, isReady(2))
	if got := world.Calls()["GetConsoleOutput"]; got > 0 {
		t.Errorf("%d consoles were read, want none", got)
	}
	other := newHurried(world)
	last, err := other.LastReports(t.Context(), mustList(t, other))
	if err != nil || len(last) != 2 {
		t.Errorf("another process knows %d final reports (error %v), want both", len(last), err)
	}
	wantUnreadable(t, world)
}

// TestReports_silent shows what keeps a server from reporting by SSM.
func TestReports_silent(t *testing.T) {
	t.Parallel()
	world := newFleet(t)
	options := hurriedOptions(world, world.Transport(), hosting.Pace{Busy: 200 * time.Millisecond, Idle: time.Second}, time.Second)
	options.SSMEndpoint = world.Serve(t).URL
	// By this clock every server is old enough to have reported.
	options.Now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	service := ec2.New(options)
	servers := running(t, world, service, 1, func(wanted *hosting.LaunchRequest) {
		wanted.Payload.Configuration.EC2.Channel = boot.ChannelSSM // Without an instance profile.
	})
	reports := awaitReports(t, service, servers, func(report boot.Report) bool { return report.Status == boot.StatusFailed })
	if got := reports[servers[0].ID].Failure; !strings.Contains(got, "has no role") {
		t.Errorf("the failure is %q, want it to say that the server has no role", got)
	}
}
