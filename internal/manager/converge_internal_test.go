package manager

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func server(slot, attempt int, state hosting.ServerState, fingerprint string) hosting.Server {
	return hosting.Server{
		ID: hosting.MemberKey("web", slot) + "." + string(rune('a'+attempt)), Group: hosting.GroupRef{Name: "web"},
		Slot: slot, Attempt: attempt, State: state, Fingerprint: fingerprint,
	}
}

func TestPlanConvergence(t *testing.T) {
	t.Parallel()
	now := Fingerprint("web@1", nil)
	type want struct {
		Launch                        []int
		Failed, Finish, Roll, Surplus []string
	}
	tests := map[string]struct {
		size    int
		servers []hosting.Server
		failed  map[string]bool
		keep    map[int]bool
		want    want
	}{
		"an empty group gets its members": {size: 2, want: want{Launch: []int{0, 1}}},
		"a healthy group is left alone":   {size: 1, servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now)}},
		"a vanished member is replaced alone, and its remains go": {
			size:    2,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now), server(1, 1, hosting.ServerEnded, now)},
			want:    want{Launch: []int{1}, Surplus: []string{"web-1.b"}},
		},
		"a failed member is replaced at once, an outdated one is rolled": {
			size:    2,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, "old"), server(1, 1, hosting.ServerRunning, "old")},
			failed:  map[string]bool{"web-1.b": true},
			want:    want{Launch: []int{1}, Roll: []string{"web-0.b"}, Failed: []string{"web-1.b"}},
		},
		"scale-in takes the highest slots first": {
			size:    1,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now), server(1, 1, hosting.ServerRunning, now), server(2, 2, hosting.ServerRunning, now)},
			want:    want{Surplus: []string{"web-2.c", "web-1.b"}},
		},
		"a planned survivor is left alone whatever its state": {
			size:    2,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now), server(1, 1, hosting.ServerRunning, now)},
			failed:  map[string]bool{"web-0.b": true},
			keep:    map[int]bool{0: true, 1: true},
		},
		"a replacement that was cut short is finished": {
			size:    1,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, "old"), server(0, 2, hosting.ServerRunning, now)},
			want:    want{Finish: []string{"web-0.b -> web-0.c"}},
		},
		"a healthy server takes its place again from a successor that has failed, and is rolled anew": {
			size:    1,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, "old"), server(0, 2, hosting.ServerRunning, now)},
			failed:  map[string]bool{"web-0.c": true},
			want:    want{Roll: []string{"web-0.b"}, Surplus: []string{"web-0.c"}},
		},
		"a failed predecessor goes at once": {
			size:    1,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, "old"), server(0, 2, hosting.ServerRunning, now)},
			failed:  map[string]bool{"web-0.b": true},
			want:    want{Surplus: []string{"web-0.b"}},
		},
		"of three servers in a slot the oldest is left over": {
			size:    1,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now), server(0, 2, hosting.ServerRunning, now), server(0, 3, hosting.ServerRunning, now)},
			want:    want{Surplus: []string{"web-0.b"}, Finish: []string{"web-0.c -> web-0.d"}},
		},
		"a slot that is too much goes with its predecessor": {
			size:    0,
			servers: []hosting.Server{server(0, 1, hosting.ServerRunning, now), server(0, 2, hosting.ServerRunning, now)},
			want:    want{Surplus: []string{"web-0.c", "web-0.b"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := hosting.Group{GroupRef: hosting.GroupRef{Name: "web"}, Configuration: "web@1", Size: test.size}
			observation := sortServers(group, test.servers)
			for i, member := range observation.Members {
				if test.failed[member.ID] {
					observation.Members[i].Report.Status = boot.StatusFailed
				}
			}
			for slot, predecessor := range observation.Predecessors {
				if test.failed[predecessor.ID] {
					predecessor.Report.Status = boot.StatusFailed
					observation.Predecessors[slot] = predecessor
				}
			}
			work := planConvergence(observation, test.keep)
			got := want{Launch: work.launch, Failed: ids(work.failed), Surplus: ids(work.surplus)}
			for _, change := range work.finish {
				got.Finish = append(got.Finish, change.old.ID+" -> "+change.successor.ID)
			}
			for _, member := range work.roll {
				got.Roll = append(got.Roll, member.ID)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("work (-want +got):\n%s", diff)
			}
		})
	}
}

func ids(servers []hosting.Server) []string {
	var ids []string
	for _, server := range servers {
		ids = append(ids, server.ID)
	}
	return ids
}
