package hostingfake_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
)

// taking returns a configuration with a parameter that is required for boot, one for
// ready and one for nothing.
func taking() boot.Configuration {
	configuration := plain()
	configuration.UpdateScript, configuration.DecommissionScript = "update", "leave"
	configuration.Parameters = make(map[string]boot.Parameter)
	for name, requiredFor := range map[string]boot.Requirement{"early": boot.RequiredForBoot, "late": boot.RequiredForReady, "extra": boot.RequiredForNothing} {
		configuration.Parameters[name] = boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requiredFor}
	}
	configuration.Outputs = map[string]boot.Output{"said": {Type: boot.TypeString}}
	return configuration
}

// slow takes a second for everything, and publishes what it has.
func slow() hostingfake.Behavior {
	return hostingfake.Behavior{
		Start: time.Second, Boot: time.Second, Update: time.Second, Decommission: time.Second,
		Publish: func(now hostingfake.Situation) map[string]string {
			return map[string]string{"said": now.Values["early"] + now.Values["late"] + now.Values["extra"]}
		},
	}
}

// stage is one server of a world and a client that looks at it.
type stage struct {
	t       *testing.T
	world   *hostingfake.World
	client  *hostingfake.Service
	servers []hosting.Server
}

func newStage(t *testing.T, configuration boot.Configuration, behavior hostingfake.Behavior) *stage {
	t.Helper()
	world := newWorld(map[string]hostingfake.Behavior{"web": behavior})
	s := &stage{t: t, world: world, client: world.Connect()}
	s.servers = mustLaunch(t, s.client, request(configuration, 0))
	return s
}

// expect looks a time later and wants the report to be as given, its identity and
// its events aside.
func (s *stage) expect(later time.Duration, want *boot.Report) {
	s.t.Helper()
	time.Sleep(later)
	reports, err := s.client.Reports(s.t.Context(), s.servers)
	if err != nil {
		s.t.Fatal(err)
	}
	report, said := reports[s.servers[0].ID]
	if want == nil {
		if said {
			s.t.Errorf("got %+v, want no report", report)
		}
		return
	}
	report.Boot, report.Events = "", nil
	if diff := cmp.Diff(*want, report); diff != "" {
		s.t.Errorf("the report (-want +got):\n%s", diff)
	}
}

// deliver delivers values that have all arrived with the revision.
func (s *stage) deliver(revision int, values map[string]string) {
	s.t.Helper()
	delivery := boot.Delivery{Revision: revision, Values: make(map[string]boot.Value)}
	for name, text := range values {
		delivery.Values[name] = boot.Value{Text: text, Since: revision}
	}
	if err := s.client.Deliver(s.t.Context(), s.servers, delivery); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestServer_boot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, taking(), slow())
		idle := boot.DecommissionIdle
		s.expect(0, nil)
		s.expect(time.Second, &boot.Report{Status: boot.StatusWaiting, Waiting: []string{"early"}, Decommission: idle})
		s.deliver(1, map[string]string{"early": "a"})
		s.expect(0, &boot.Report{Status: boot.StatusBooting, Received: 1, Decommission: idle})
		said := map[string]string{"said": "a"}
		s.expect(time.Second, &boot.Report{Status: boot.StatusWaiting, Waiting: []string{"late"}, Received: 1, Decommission: idle, Outputs: said})
		s.deliver(2, map[string]string{"early": "a", "late": "b"})
		s.expect(0, &boot.Report{Status: boot.StatusBooting, Received: 2, Decommission: idle, Outputs: said})
		s.expect(time.Second, &boot.Report{Status: boot.StatusReady, Received: 2, Applied: 2, Decommission: idle, Outputs: map[string]string{"said": "ab"}})
		s.deliver(3, map[string]string{"early": "a", "late": "b", "extra": "c", "undeclared": "x"})
		s.expect(0, &boot.Report{Status: boot.StatusReady, Received: 3, Applied: 2, Decommission: idle, Outputs: map[string]string{"said": "ab"}})
		s.expect(time.Second, &boot.Report{Status: boot.StatusReady, Received: 3, Applied: 3, Decommission: idle, Outputs: map[string]string{"said": "abc"}})
	})
}

func TestServer_failure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := hostingfake.Behavior{BootExit: 7, Log: "no disk"}
		s := newStage(t, plain(), broken)
		s.expect(0, &boot.Report{Status: boot.StatusFailed, Failure: "boot script exited with exit code 7", LogTail: "no disk"})
		s.deliver(1, nil)
		s.expect(0, &boot.Report{Status: boot.StatusFailed, Failure: "boot script exited with exit code 7", LogTail: "no disk", Received: 1})
		s.world.SetBehavior("web", hostingfake.Behavior{})
		s.must(s.client.Restart(t.Context(), s.servers, "again"))
		s.expect(0, &boot.Report{Status: boot.StatusReady, Received: 1, Applied: 1})
	})
}

func TestServer_failedUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		configuration := taking()
		configuration.DecommissionScript = ""
		s := newStage(t, configuration, hostingfake.Behavior{UpdateExit: 3})
		s.deliver(1, map[string]string{"early": "a", "late": "b"})
		failed := &boot.Report{Status: boot.StatusFailed, Failure: "update script exited with exit code 3", Received: 1}
		s.expect(0, failed)
		s.deliver(2, map[string]string{"early": "a", "late": "c"})
		failed.Received = 2
		s.expect(0, failed)
	})
}

func TestServer_decommission(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script   string
		behavior hostingfake.Behavior
		want     []boot.Decommission
	}{
		"the script runs once":                         {"leave", hostingfake.Behavior{Decommission: time.Second}, []boot.Decommission{boot.DecommissionIdle, boot.DecommissionRunning, boot.DecommissionDone}},
		"a script that fails":                          {"leave", hostingfake.Behavior{Decommission: time.Second, DecommissionExit: 1}, []boot.Decommission{boot.DecommissionIdle, boot.DecommissionRunning, boot.DecommissionFailed}},
		"without a script there is none to run":        {"", hostingfake.Behavior{}, []boot.Decommission{boot.DecommissionNone, boot.DecommissionNone, boot.DecommissionNone}},
		"where the boot script runs, nothing is to do": {"leave", hostingfake.Behavior{Boot: time.Hour}, []boot.Decommission{boot.DecommissionIdle, boot.DecommissionDone, boot.DecommissionDone}},
		"where the boot script has failed, neither is": {"leave", hostingfake.Behavior{BootExit: 1}, []boot.Decommission{boot.DecommissionIdle, boot.DecommissionDone, boot.DecommissionDone}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				configuration := plain()
				configuration.DecommissionScript = test.script
				s := newStage(t, configuration, test.behavior)
				var got []boot.Decommission
				look := func() {
					report, _ := s.world.Report(s.servers[0].ID)
					got = append(got, report.Decommission)
				}
				look()
				for range 2 {
					s.must(s.client.Decommission(t.Context(), s.servers))
					look()
					time.Sleep(time.Second)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("before, when asked, and after (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A server that is to leave starts no other script, and lets the one that runs end.
func TestServer_decommissionWaitsForUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, taking(), slow())
		s.deliver(1, map[string]string{"early": "a", "late": "b"})
		time.Sleep(2500 * time.Millisecond)
		s.must(s.client.Decommission(t.Context(), s.servers))
		s.deliver(2, map[string]string{"early": "a", "late": "c"})
		s.expect(0, &boot.Report{Status: boot.StatusBooting, Received: 2, Decommission: boot.DecommissionIdle, Outputs: map[string]string{"said": "ab"}})
		want := &boot.Report{Status: boot.StatusReady, Received: 2, Applied: 1, Decommission: boot.DecommissionRunning, Outputs: map[string]string{"said": "ac"}}
		s.expect(500*time.Millisecond, want)
		want.Decommission = boot.DecommissionDone
		s.expect(time.Second, want)
	})
}

func TestServer_restart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		configuration := taking()
		configuration.UpdateScript, configuration.DecommissionScript = "", ""
		s := newStage(t, configuration, slow())
		s.deliver(4, map[string]string{"early": "a", "late": "b"})
		ready := &boot.Report{Status: boot.StatusReady, Received: 4, Applied: 4, Outputs: map[string]string{"said": "ab"}}
		s.expect(2*time.Second, ready)
		s.must(s.client.Restart(t.Context(), s.servers, "mark"))
		s.expect(0, nil)
		s.must(s.client.Restart(t.Context(), s.servers, "mark"))
		s.expect(2*time.Second, ready)
	})
}

func TestWorld_SetLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		configuration := taking()
		configuration.UpdateScript, configuration.DecommissionScript = "", ""
		s := newStage(t, configuration, hostingfake.Behavior{})
		s.world.SetLag(hostingfake.Lag{Reports: 2 * time.Second, Deliveries: time.Second})
		s.expect(time.Second, nil)
		waiting := &boot.Report{Status: boot.StatusWaiting, Waiting: []string{"early"}}
		s.expect(time.Second, waiting)
		s.deliver(1, map[string]string{"early": "a", "late": "b"})
		list, err := s.client.Servers(t.Context(), web())
		if err != nil || list[0].Delivered != 1 {
			t.Errorf("got %+v and error %v, want the delivery to be known at once", list, err)
		}
		s.expect(2500*time.Millisecond, waiting)
		s.expect(500*time.Millisecond, &boot.Report{Status: boot.StatusReady, Received: 1, Applied: 1})
	})
}

func TestBehavior_Lifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, plain(), hostingfake.Behavior{Boot: 2 * time.Second, Lifetime: time.Second})
		time.Sleep(time.Hour)
		list, err := s.client.Servers(t.Context(), web())
		if err != nil || list[0].State != hosting.ServerEnded || list[0].EndReason == "" {
			t.Errorf("got %+v and error %v, want the server to have ended", list, err)
		}
		s.expect(0, &boot.Report{Status: boot.StatusBooting})
	})
}

func TestDefaultBehavior(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		configuration := plain()
		configuration.Outputs = map[string]boot.Output{"token": {Type: boot.TypeString}, "number": {Type: boot.TypeNumber}, "up": {Type: boot.TypeBool}}
		s := newStage(t, configuration, hostingfake.DefaultBehavior())
		s.expect(1100*time.Millisecond, &boot.Report{Status: boot.StatusReady, Outputs: map[string]string{"token": "web-0 token", "number": "0", "up": "true"}})
	})
}
