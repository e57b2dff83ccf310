package hostingtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func terminateRules() rules {
	return rules{
		"a terminated server is unknown": func(t *testing.T, service Subject) {
			mustTerminate(t, service, mustLaunch(t, service, request("web", 0, 1)))
			if got := mustList(t, service, request("web").Group); len(got) != 0 {
				t.Errorf("got %v, want no server", ids(got))
			}
		},
		"other servers are left alone": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1, 2))
			mustTerminate(t, service, servers[1:2])
			want := []hosting.Server{servers[0], servers[2]}
			if diff := cmp.Diff(want, mustList(t, service, request("web").Group)); diff != "" {
				t.Errorf("the other servers (-want +got):\n%s", diff)
			}
		},
		"terminating again is no error": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0))
			mustTerminate(t, service, servers)
			mustTerminate(t, service, servers)
		},
		"a server that has ended is no error, and then unknown": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0))
			service.EndServer(t, servers[0])
			mustTerminate(t, service, servers)
			if got := mustList(t, service, request("web").Group); len(got) != 0 {
				t.Errorf("got %v, want no server", ids(got))
			}
		},
		"a server that is unknown is no error": func(t *testing.T, service Subject) {
			mustTerminate(t, service, unknown())
		},
	}
}

func endingRules() rules {
	return rules{
		"what a terminated server has reported is unknown": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			for _, server := range servers {
				awaitReport(t, service, server, hasStatus(boot.StatusWaiting))
			}
			mustTerminate(t, service, servers)
			if reports, err := service.Reports(t.Context(), servers); err != nil || len(reports) != 0 {
				t.Errorf("got %v and error %v, want no report", reports, err)
			}
		},
	}
}

func mustTerminate(t *testing.T, service hosting.Service, servers []hosting.Server) {
	t.Helper()
	if err := service.Terminate(t.Context(), servers); err != nil {
		t.Fatal(err)
	}
}
