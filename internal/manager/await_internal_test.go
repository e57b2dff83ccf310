package manager

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// lookAt returns a pass over groups whose intended size is the number of reports.
func lookAt(revision int, groups map[string][]boot.Report) pass {
	p := pass{network: network{groups: map[string]hosting.Group{}}, looks: map[string]Observation{}}
	for name, reports := range groups {
		group := hosting.Group{GroupRef: hosting.GroupRef{Name: name}, Size: len(reports), Revision: revision}
		observation := Observation{Group: group}
		for slot, report := range reports {
			member := running(name, slot, "127.0.1.1", nil)
			member.Report = report
			observation.Members = append(observation.Members, member)
		}
		p.network.groups[name] = group
		p.looks[name] = observation
	}
	return p
}

func TestAwaitSpec_settled(t *testing.T) {
	t.Parallel()
	ready := boot.Report{Status: boot.StatusReady, Received: 1, Applied: 1}
	behind := boot.Report{Status: boot.StatusReady, Received: 0, Applied: 0}
	working := boot.Report{Status: boot.StatusReady, Received: 1, Applied: 0}
	booting := boot.Report{Status: boot.StatusBooting}
	failed := boot.Report{Status: boot.StatusFailed, Received: 1}
	tests := map[string]struct {
		groups   map[string][]boot.Report
		minReady map[string]int
		want     bool
	}{
		"all members ready with the newest revision":          {groups: map[string][]boot.Report{"web": {ready, ready}}, want: true},
		"a member that boots":                                 {groups: map[string][]boot.Report{"web": {ready, booting}}},
		"a member that hasn't received the newest revision":   {groups: map[string][]boot.Report{"web": {ready, behind}}},
		"a member that is at work on a revision":              {groups: map[string][]boot.Report{"web": {ready, working}}},
		"a member of another group that is at work":           {groups: map[string][]boot.Report{"web": {ready}, "db": {working}}},
		"a member of another group that has received nothing": {groups: map[string][]boot.Report{"web": {ready}, "db": {booting}}, want: true},
		"a failed member of another group does nothing more":  {groups: map[string][]boot.Report{"web": {ready}, "db": {failed}}, want: true},
		"a minimum lets the slowest be":                       {groups: map[string][]boot.Report{"web": {ready, working}}, minReady: map[string]int{"web": 1}, want: true},
		"a minimum that isn't reached":                        {groups: map[string][]boot.Report{"web": {ready, booting}}, minReady: map[string]int{"web": 2}},
		"a minimum of none":                                   {groups: map[string][]boot.Report{"web": {booting}}, minReady: map[string]int{"web": 0}, want: true},
		"an empty group":                                      {groups: map[string][]boot.Report{"web": {}}, want: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := AwaitSpec{Groups: []hosting.GroupRef{{Name: "web"}}, MinReady: test.minReady}
			if got := spec.settled(lookAt(1, test.groups)); got != test.want {
				t.Errorf("settled: got %t, want %t", got, test.want)
			}
		})
	}
}

func TestAwaitSpec_unattainable(t *testing.T) {
	t.Parallel()
	now := lookAt(0, map[string][]boot.Report{"web": {
		{Status: boot.StatusReady},
		{Status: boot.StatusFailed, Failure: "boot script exited with exit code 7", LogTail: "line 1\nline 2\n"},
	}})
	spec := AwaitSpec{Groups: []hosting.GroupRef{{Name: "web"}}}
	err := spec.unattainable(now)
	failed, ok := errors.AsType[*MemberError](err)
	if !ok {
		t.Fatalf("got %v, want a MemberError", err)
	}
	if got, want := failed.Error(), "web-1: boot script exited with exit code 7; the end of its log:\n  line 1\n  line 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	spec.MinReady = map[string]int{"web": 1}
	if err := spec.unattainable(now); err != nil {
		t.Errorf("with a minimum that the others make up: %v", err)
	}
	now.looks["web"] = Observation{Group: hosting.Group{GroupRef: hosting.GroupRef{Name: "web"}, Size: 1}, Lost: map[int]string{0: "its processes were killed"}}
	err = spec.unattainable(now)
	if err == nil || !strings.Contains(err.Error(), "web-0: its server has ended: its processes were killed") {
		t.Errorf("a vanished member: got %v", err)
	}
	if ended, ok := errors.AsType[*MemberError](err); !ok || !ended.Ended || failed.Ended {
		t.Errorf("the vanished member is told from the failed one by Ended: got %+v and %+v", ended, failed)
	}
}

func TestAwaitSpec_pending(t *testing.T) {
	t.Parallel()
	done := boot.Report{Status: boot.StatusReady, Received: 1, Applied: 1}
	tests := map[string]struct {
		web, db boot.Report
		// given is the revision that the member of db has been given.
		given int
		wired bool
		want  []string
	}{
		"a member of another group is at work": {
			web: done, db: boot.Report{Status: boot.StatusReady, Received: 1}, given: 1,
			want: []string{"db-0: has received revision 1 and applied revision 0"},
		},
		"a member of another group has not been given a revision": {
			web: done, db: boot.Report{Status: boot.StatusBooting},
			want: []string{"db-0: has been given revision 0 of 1"},
		},
		"a failed member of another group whose output is waited for": {
			web: boot.Report{Status: boot.StatusWaiting, Waiting: []string{"token"}}, wired: true, given: 1,
			db: boot.Report{Status: boot.StatusFailed, Failure: "boot script exited with exit code 7"},
			want: []string{
				`web-0: waits for "token" (db-0 has no output "token" yet)`,
				"db-0: boot script exited with exit code 7",
				`wire db.token -> web.token: nothing to deliver: db-0 has no output "token" yet`,
			},
		},
		"a failed member of another group that nobody needs": {
			web: done, db: boot.Report{Status: boot.StatusFailed, Failure: "boot script exited with exit code 7"}, given: 1,
		},
		"a value that has just changed": {
			web: done, wired: true, given: 1,
			db:   boot.Report{Status: boot.StatusReady, Received: 1, Applied: 1, Outputs: map[string]string{"token": "new"}},
			want: []string{"wire db.token -> web.token: its value has just changed"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := lookAt(1, map[string][]boot.Report{"web": {test.web}, "db": {test.db}})
			now.looks["web"].Members[0].Delivered, now.looks["db"].Members[0].Delivered = 1, test.given
			if test.wired {
				web := now.network.groups["web"]
				setWire(&web, hosting.Wire{
					ID: "w", From: []hosting.Output{{Group: "db", Output: "token"}}, Select: hosting.SelectFirst, Into: "web", Parameter: "token",
				})
				now.network.groups["web"] = web
				look := now.looks["web"]
				look.Group = web
				now.looks["web"] = look
			}
			got := AwaitSpec{Groups: []hosting.GroupRef{{Name: "web"}}}.pending(now, nil)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pending (-want +got):\n%s", diff)
			}
		})
	}
	if got := (AwaitSpec{}).pending(pass{}, nil); len(got) != 1 {
		t.Errorf("before the first look: got %q, want one line", got)
	}
}

func TestAwait_nothingNamed(t *testing.T) {
	t.Parallel()
	if _, err := newLedgerService().nextRun().Await(t.Context(), AwaitSpec{}); err == nil {
		t.Error("a wait for no group succeeds")
	}
}

func TestObservation_failure(t *testing.T) {
	t.Parallel()
	observation := Observation{
		Group:         hosting.Group{Values: map[string]boot.Value{"password": {Text: "delivered-secret", Sensitive: true}}},
		Configuration: boot.Configuration{Outputs: map[string]boot.Output{"token": {Sensitive: true}, "plain": {}}},
	}
	member := running("web", 0, "127.0.1.1", map[string]string{"token": "published-secret", "plain": "shown", "former": "undeclared-secret"})
	member.Report.Failure = "published-secret is wrong"
	member.Report.LogTail = "delivered-secret shown undeclared-secret\n"
	got := observation.failure(member)
	want := &MemberError{Key: "web-0", Failure: "(sensitive) is wrong", LogTail: "(sensitive) shown (sensitive)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the failure (-want +got):\n%s", diff)
	}
}
