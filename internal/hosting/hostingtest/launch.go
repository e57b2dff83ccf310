package hostingtest

import (
	"regexp"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func launchRules() rules {
	return rules{
		"one server is started per slot": func(t *testing.T, service Subject) {
			wanted := request("web", 2, 0, 1)
			wanted.Delivery = delivered(7, map[string]string{"needed": "x"})
			servers := mustLaunch(t, service, wanted)
			if len(servers) != 3 {
				t.Fatalf("got %d servers, want 3", len(servers))
			}
			for slot, server := range servers {
				wantServer(t, server, wanted, slot)
			}
			if !distinct(ids(servers)) {
				t.Errorf("the IDs %v are not distinct", ids(servers))
			}
		},
		"every server has an address of its own": func(t *testing.T, service Subject) {
			var addresses []string
			for _, server := range mustLaunch(t, service, request("web", 0, 1, 2)) {
				addresses = append(addresses, server.Facts.PrivateIP)
			}
			if !distinct(addresses) {
				t.Errorf("the addresses %v are not distinct", addresses)
			}
		},
		"a server that Launch returned is listed": func(t *testing.T, service Subject) {
			want := mustLaunch(t, service, request("web", 0, 1))
			got := mustList(t, service, request("web").Group)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("launched and listed (-want +got):\n%s", diff)
			}
		},
		"a repeated launch returns the servers that run": func(t *testing.T, service Subject) {
			first := mustLaunch(t, service, request("web", 0, 1))
			again := mustLaunch(t, service, request("web", 1, 2, 0))
			if diff := cmp.Diff(first, again[:2]); diff != "" {
				t.Errorf("first and repeated launch (-want +got):\n%s", diff)
			}
			if got := mustList(t, service, request("web").Group); len(got) != 3 {
				t.Errorf("got %d servers, want 3", len(got))
			}
		},
		"launches of one identity at the same time start one server": concurrentLaunch,
		"a repeated launch returns an ended server as ended":         relaunchEnded,
		"another attempt is another server": func(t *testing.T, service Subject) {
			second := request("web", 0)
			second.Attempt = 2
			servers := append(mustLaunch(t, service, request("web", 0)), mustLaunch(t, service, second)...)
			if !distinct(ids(servers)) {
				t.Errorf("the IDs %v are not distinct", ids(servers))
			}
			got := mustList(t, service, second.Group)
			if diff := cmp.Diff(servers, got); diff != "" {
				t.Errorf("launched and listed, by attempt (-want +got):\n%s", diff)
			}
		},
		"servers of another incarnation or group are not listed": func(t *testing.T, service Subject) {
			other := request("web", 0)
			other.Group.Incarnation = "another"
			mustLaunch(t, service, other)
			mustLaunch(t, service, request("web-2", 0))
			if got := mustList(t, service, request("web").Group); len(got) != 0 {
				t.Errorf("got %v, want no server", ids(got))
			}
		},
		"a group without servers has an empty list": func(t *testing.T, service Subject) {
			if got := mustList(t, service, request("web").Group); len(got) != 0 {
				t.Errorf("got %v, want no server", ids(got))
			}
		},
	}
}

func wantServer(t *testing.T, got hosting.Server, wanted hosting.LaunchRequest, slot int) {
	t.Helper()
	want := hosting.Server{
		ID:          got.ID,
		Group:       wanted.Group,
		Slot:        slot,
		Attempt:     wanted.Attempt,
		State:       hosting.ServerRunning,
		Facts:       got.Facts,
		Fingerprint: wanted.Fingerprint,
		Restart:     wanted.Restart,
		Delivered:   wanted.Delivery.Revision,
		LaunchedAt:  got.LaunchedAt,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the server in slot %d (-want +got):\n%s", slot, diff)
	}
	if got.LaunchedAt.IsZero() || got.Facts.PrivateIP == "" {
		t.Errorf("the server in slot %d lacks its address or the time of its launch: %+v", slot, got)
	}
	for _, name := range hosting.FactNames() {
		value, has := got.Fact(name)
		if pattern := hosting.FactPattern(name); has && !regexp.MustCompile(pattern).MatchString(value) {
			t.Errorf("%s of the server in slot %d is %q, which the pattern %q refuses", name, slot, value, pattern)
		}
	}
}

func relaunchEnded(t *testing.T, service Subject) {
	first := mustLaunch(t, service, request("web", 0))
	service.EndServer(t, first[0])
	again := mustLaunch(t, service, request("web", 0))
	if len(again) != 1 || again[0].ID != first[0].ID || again[0].State != hosting.ServerEnded {
		t.Errorf("got %+v, want the ended server", again)
	}
}

func concurrentLaunch(t *testing.T, service Subject) {
	var launches [4][]hosting.Server
	mustLaunch(t, service, request("web")) // No slot: only the cleanup.
	var group sync.WaitGroup
	for index := range launches {
		group.Go(func() {
			servers, err := service.Launch(t.Context(), request("web", 0, 1))
			if err != nil {
				t.Errorf("launching: %v", err)
			}
			launches[index] = servers
		})
	}
	group.Wait()
	want := mustList(t, service, request("web").Group)
	if len(want) != 2 {
		t.Errorf("got %d servers, want 2", len(want))
	}
	for _, got := range launches {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("listed and launched (-want +got):\n%s", diff)
		}
	}
}
