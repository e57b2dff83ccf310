package hostingtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func absenceRules() rules {
	return rules{
		"a server that is unknown is absent": func(t *testing.T, service Subject) {
			reports, err := service.Reports(t.Context(), unknown())
			if err != nil || len(reports) != 0 {
				t.Errorf("got %v and error %v, want no report", reports, err)
			}
		},
	}
}

func reportRules() rules {
	return rules{
		"the boot script runs with its parameters and facts": func(t *testing.T, service Subject) {
			const script = `muster output set said "$greeting:$MUSTER_SERVER_ID:$MUSTER_GROUP:$MUSTER_SLOT:$MUSTER_MEMBER:$MUSTER_PRIVATE_IP"`
			wanted := scripted("web", script, 3)
			wanted.Delivery = delivered(1, map[string]string{"needed": "x"})
			server := mustLaunch(t, service, wanted)[0]
			report := awaitReport(t, service, server, hasStatus(boot.StatusReady))
			want := strings.Join([]string{"hello", server.ID, "web", "3", "web-3", server.Facts.PrivateIP}, ":")
			if diff := cmp.Diff(map[string]string{"said": want}, report.Outputs); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		},
		"a failed boot script is reported with the end of its log": func(t *testing.T, service Subject) {
			server := mustLaunch(t, service, scripted("web", "echo one\necho two >&2\necho three\nexit 7", 0))[0]
			report := awaitReport(t, service, server, hasStatus(boot.StatusFailed))
			if !strings.Contains(report.Failure, "exit code 7") {
				t.Errorf("the failure is %q, want it to name exit code 7", report.Failure)
			}
			if !strings.HasSuffix(strings.TrimSpace(report.LogTail), "one\ntwo\nthree") {
				t.Errorf("the log ends %q, want one, two and three", report.LogTail)
			}
			if got := mustList(t, service, server.Group)[0].State; got != hosting.ServerRunning {
				t.Errorf("the server is %q, want it to exist whatever its scripts say", got)
			}
		},
		"a server that waits says for what": func(t *testing.T, service Subject) {
			server := mustLaunch(t, service, request("web", 0))[0]
			report := awaitReport(t, service, server, hasStatus(boot.StatusWaiting))
			if diff := cmp.Diff([]string{"needed"}, report.Waiting); diff != "" {
				t.Errorf("waiting for (-want +got):\n%s", diff)
			}
		},
		"every server has a report of its own": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			for _, server := range servers {
				awaitReport(t, service, server, hasStatus(boot.StatusWaiting))
			}
			reports, err := service.Reports(t.Context(), servers)
			if err != nil || len(reports) != 2 {
				t.Fatalf("got %d reports and error %v, want 2", len(reports), err)
			}
			for _, server := range servers {
				want := "hello from " + server.Key()
				if got := reports[server.ID].Outputs["said"]; got != want {
					t.Errorf("%s published %q, want %q", server.Key(), got, want)
				}
			}
		},
	}
}
