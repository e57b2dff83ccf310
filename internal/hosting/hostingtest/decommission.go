package hostingtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func decommissionRules() rules {
	return rules{
		"a server that was asked to leave still runs": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			mustDecommission(t, service, servers[:1])
			mustDecommission(t, service, servers)
			if diff := cmp.Diff(servers, mustList(t, service, request("web").Group)); diff != "" {
				t.Errorf("the servers (-want +got):\n%s", diff)
			}
		},
		"a server that has ended or is unknown is passed over": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			service.EndServer(t, servers[0])
			mustTerminate(t, service, servers[1:])
			mustDecommission(t, service, append(servers, unknown()...))
		},
	}
}

// leaving asks for a server with a decommission script, which publishes how
// often it has run.
func leaving(bootScript, decommissionScript string) hosting.LaunchRequest {
	wanted := scripted("web", bootScript, 0)
	wanted.Payload.Configuration.DecommissionScript = decommissionScript
	wanted.Delivery = delivered(1, needed())
	return wanted
}

const countedFarewell = `echo x >>farewells; muster output set said "$(grep -c . farewells)"`

func leavingRules() rules {
	return rules{
		"a decommission script runs once": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, leaving("true", countedFarewell))
			report := awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
			if report.Decommission != boot.DecommissionIdle {
				t.Errorf("before it is asked the server says %q", report.Decommission)
			}
			for range 3 {
				mustDecommission(t, service, servers)
				report = awaitReport(t, service, servers[0], isDecommissioned(boot.DecommissionDone))
				if got := report.Outputs["said"]; got != "1" {
					t.Errorf("the script has run %s times, want once", got)
				}
			}
		},
		"a decommission script that fails is reported with the end of its log": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, leaving("true", "echo goodbye; exit 9"))
			awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
			mustDecommission(t, service, servers)
			report := awaitReport(t, service, servers[0], isDecommissioned(boot.DecommissionFailed))
			if report.Failure != "decommission script exited with exit code 9" || report.LogTail != "goodbye" {
				t.Errorf("got failure %q with log %q", report.Failure, report.LogTail)
			}
		},
		"a server whose boot script has not exited 0 has nothing to run": func(t *testing.T, service Subject) {
			for _, script := range []string{"sleep 1000", "exit 3"} {
				wanted := leaving(script, countedFarewell)
				wanted.Group.Name = map[bool]string{true: "failed", false: "hanging"}[script == "exit 3"]
				servers := mustLaunch(t, service, wanted)
				mustDecommission(t, service, servers)
				report := awaitReport(t, service, servers[0], isDecommissioned(boot.DecommissionDone))
				if len(report.Outputs) > 0 {
					t.Errorf("after %q the script has run: %v", script, report.Outputs)
				}
			}
		},
		"what is delivered after the request starts no script": func(t *testing.T, service Subject) {
			wanted := leaving("true", "sleep 1000")
			wanted.Payload.Configuration.UpdateScript = `muster output set said "updated $*"`
			servers := mustLaunch(t, service, wanted)
			awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
			mustDecommission(t, service, servers)
			awaitReport(t, service, servers[0], isDecommissioned(boot.DecommissionRunning))
			mustDeliver(t, service, servers, delivered(2, map[string]string{"needed": "value", "extra": "x"}))
			report := awaitReport(t, service, servers[0], func(report boot.Report) bool { return report.Received == 2 })
			if got := report.Outputs["said"]; got != "updated needed" {
				t.Errorf("the server said %q, want the update script to have run for the first delivery only", got)
			}
		},
	}
}

func isDecommissioned(want boot.Decommission) func(boot.Report) bool {
	return func(report boot.Report) bool { return report.Decommission == want }
}

func mustDecommission(t *testing.T, service Subject, servers []hosting.Server) {
	t.Helper()
	if err := service.Decommission(t.Context(), servers); err != nil {
		t.Fatal(err)
	}
}
