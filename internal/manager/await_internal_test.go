package manager

import (
	"errors"
	"strings"
	"testing"

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
	if err := spec.unattainable(now); err == nil || !strings.Contains(err.Error(), "web-0: its server has ended: its processes were killed") {
		t.Errorf("a vanished member: got %v", err)
	}
}
