package hostingtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Reopener is what a [Subject] may be, so that the suite sees what other processes see.
type Reopener interface {
	// Reopen returns the same service as a process has it that has just started.
	Reopen(t *testing.T) hosting.Service
}

// reopened returns the service as another process has it, if the subject can tell.
func reopened(t *testing.T, service Subject) hosting.Service {
	t.Helper()
	if subject, ok := service.(Reopener); ok {
		return subject.Reopen(t)
	}
	return service
}

func recallRules() rules {
	return rules{
		"a recalled launch returns what it has started": func(t *testing.T, service Subject) {
			want := mustLaunch(t, service, request("web", 0, 1, 2))
			if diff := cmp.Diff(want, mustRecall(t, service, request("web", 0, 1, 2))); diff != "" {
				t.Errorf("launched and recalled (-want +got):\n%s", diff)
			}
		},
		"recalled servers are listed and can be terminated": func(t *testing.T, service Subject) {
			mustLaunch(t, service, request("web", 0, 1))
			recalled := mustRecall(t, service, request("web", 0, 1))
			if diff := cmp.Diff(recalled, mustList(t, service, request("web").Group)); diff != "" {
				t.Errorf("recalled and listed (-want +got):\n%s", diff)
			}
			mustTerminate(t, service, recalled)
			if got := mustList(t, service, request("web").Group); len(got) != 0 {
				t.Errorf("got %v, want no server", ids(got))
			}
		},
		"only what was launched with the attempt into the slots is recalled": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1, 2))
			second := request("web", 0)
			second.Attempt = 2
			mustLaunch(t, service, second)
			if diff := cmp.Diff(servers[1:], mustRecall(t, service, request("web", 1, 2))); diff != "" {
				t.Errorf("launched and recalled (-want +got):\n%s", diff)
			}
		},
		"of a launch that never began there is nothing that isn't returned": func(t *testing.T, service Subject) {
			mustLaunch(t, service, request("web")) // No slot: the group, and the cleanup.
			recalled := mustRecall(t, service, request("web", 0, 1))
			if diff := cmp.Diff(recalled, mustList(t, service, request("web").Group), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("recalled and listed (-want +got):\n%s", diff)
			}
		},
	}
}

func mustRecall(t *testing.T, service hosting.Service, wanted hosting.LaunchRequest) []hosting.Server {
	t.Helper()
	servers, err := service.Recall(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func lastAbsenceRules() rules {
	return rules{
		"a server that is unknown is absent from what was said last": func(t *testing.T, service Subject) {
			reports, err := service.LastReports(t.Context(), unknown())
			if err != nil || len(reports) != 0 {
				t.Errorf("got %v and error %v, want no report", reports, err)
			}
		},
	}
}

func lastReportRules() rules {
	return rules{
		"a final report is known to every process": func(t *testing.T, service Subject) {
			for name, script := range map[string]string{"ready": `muster output set said hello`, "failed": "echo alas; exit 7"} {
				wanted := scripted(name, script, 0)
				wanted.Delivery = delivered(2, needed())
				server := mustLaunch(t, service, wanted)[0]
				want := awaitReport(t, service, server, func(report boot.Report) bool {
					return report.Status == boot.StatusFailed || report.Status == boot.StatusReady && report.Applied == 2
				})
				other := reopened(t, service)
				got := lastReport(t, other, mustList(t, other, wanted.Group)[0])
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(boot.Report{}, "Events")); diff != "" {
					t.Errorf("the final report and what another process knows of it (-want +got):\n%s", diff)
				}
			}
		},
		"the final report of a former boot is unknown": func(t *testing.T, service Subject) {
			server := mustLaunch(t, service, scripted("web", "if [ -e was_here ]; then sleep 1000; fi; touch was_here", 0))[0]
			mustDeliver(t, service, []hosting.Server{server}, delivered(3, needed()))
			former := awaitReport(t, service, server, func(report boot.Report) bool { return report.Status == boot.StatusReady && report.Applied == 3 })
			mustRestart(t, service, []hosting.Server{server}, "mark-1")
			other := reopened(t, service)
			if got := lastReport(t, other, mustList(t, other, server.Group)[0]); got.Boot == former.Boot || got.Status == boot.StatusReady {
				t.Errorf("got %+v, want nothing of the former boot", got)
			}
		},
	}
}

// lastReport returns what is known of the server's report; the zero report where nothing is.
func lastReport(t *testing.T, service hosting.Service, server hosting.Server) boot.Report {
	t.Helper()
	reports, err := service.LastReports(t.Context(), []hosting.Server{server})
	if err != nil {
		t.Fatal(err)
	}
	return reports[server.ID]
}
