package hostingtest

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// needed are values with which the suite's servers become ready.
func needed() map[string]string { return map[string]string{"needed": "value"} }

func deliveryRules() rules {
	return rules{
		"a server is known to have what was delivered": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			mustDeliver(t, service, servers[1:], delivered(4, needed()))
			wantDelivered(t, service, 0, 4)
		},
		"an older delivery changes nothing": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0))
			mustDeliver(t, service, servers, delivered(5, needed()))
			mustDeliver(t, service, servers, delivered(4, map[string]string{"extra": "late"}))
			wantDelivered(t, service, 5)
		},
		"a server that is unknown is passed over": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			mustTerminate(t, service, servers[:1])
			mustDeliver(t, service, append(servers, unknown()...), delivered(2, needed()))
			wantDelivered(t, service, 2)
		},
		"a server that has ended is passed over": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0, 1))
			service.EndServer(t, servers[0])
			mustDeliver(t, service, servers, delivered(2, needed()))
			wantDelivered(t, service, 0, 2)
		},
	}
}

func arrivalRules() rules {
	return rules{
		"a delivery wakes the servers that wait for it": func(t *testing.T, service Subject) {
			const script = `value=$(muster param get needed) && muster output set said "got $value"`
			servers := mustLaunch(t, service, scripted("web", script, 0, 1))
			for _, server := range servers {
				awaitReport(t, service, server, hasStatus(boot.StatusWaiting))
			}
			mustDeliver(t, service, servers, delivered(1, needed()))
			for _, server := range servers {
				report := awaitReport(t, service, server, hasStatus(boot.StatusReady))
				if got, want := report.Outputs["said"], "got value"; got != want {
					t.Errorf("%s published %q, want %q", server.Key(), got, want)
				}
				if report.Received != 1 || report.Applied != 1 {
					t.Errorf("%s received %d and applied %d, want 1 and 1", server.Key(), report.Received, report.Applied)
				}
			}
		},
		"of a vector each server has its own element, and none where there is none": func(t *testing.T, service Subject) {
			const script = `value=$(muster param get needed) && muster output set said "got $value"`
			servers := mustLaunch(t, service, scripted("web", script, 0, 1, 4))
			vector := func(revision int, elements map[int]string) boot.Delivery {
				return boot.Delivery{Revision: revision, Values: map[string]boot.Value{"needed": {BySlot: elements, Since: revision}}}
			}
			mustDeliver(t, service, servers, vector(1, map[int]string{0: "zero", 4: "four", 7: "nobody's"}))
			for _, slot := range []int{0, 2} {
				report := awaitReport(t, service, servers[slot], hasStatus(boot.StatusReady))
				if got, want := report.Outputs["said"], "got "+[]string{"zero", "", "four"}[slot]; got != want {
					t.Errorf("%s published %q, want %q", servers[slot].Key(), got, want)
				}
			}
			awaitReport(t, service, servers[1], func(report boot.Report) bool { return report.Status == boot.StatusWaiting && report.Received == 1 })
			mustDeliver(t, service, servers, vector(2, map[int]string{0: "zero", 1: "one", 4: "four"}))
			awaitReport(t, service, servers[1], func(report boot.Report) bool { return report.Outputs["said"] == "got one" })
		},
		"a server finds what was delivered before its launch": func(t *testing.T, service Subject) {
			wanted := request("web", 0)
			wanted.Delivery = delivered(3, needed())
			servers := mustLaunch(t, service, wanted)
			report := awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
			if report.Applied != 3 {
				t.Errorf("applied %d, want 3", report.Applied)
			}
		},
		"an older delivery never replaces a newer one": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0))
			mustDeliver(t, service, servers, delivered(5, needed()))
			mustDeliver(t, service, servers, delivered(4, map[string]string{"extra": "late"}))
			report := awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
			if report.Received != 5 {
				t.Errorf("received %d, want 5", report.Received)
			}
		},
		"a revision that is there already is not replaced": func(t *testing.T, service Subject) {
			servers := mustLaunch(t, service, request("web", 0))
			mustDeliver(t, service, servers, delivered(5, needed()))
			mustDeliver(t, service, servers, delivered(5, nil))
			awaitReport(t, service, servers[0], hasStatus(boot.StatusReady))
		},
	}
}

func mustDeliver(t *testing.T, service hosting.Service, servers []hosting.Server, delivery boot.Delivery) {
	t.Helper()
	if err := service.Deliver(t.Context(), servers, delivery); err != nil {
		t.Fatal(err)
	}
}

// wantDelivered fails the test unless the servers of the group web have exactly
// these revisions.
func wantDelivered(t *testing.T, service hosting.Service, want ...int) {
	t.Helper()
	servers := mustList(t, service, request("web").Group)
	if len(servers) != len(want) {
		t.Fatalf("got %d servers, want %d", len(servers), len(want))
	}
	for index, server := range servers {
		if server.Delivered != want[index] {
			t.Errorf("%s has revision %d, want %d", server.Key(), server.Delivered, want[index])
		}
	}
}
