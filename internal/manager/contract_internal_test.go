package manager

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestCheckContract(t *testing.T) {
	t.Parallel()
	declared := boot.Configuration{Outputs: map[string]boot.Output{
		"version": {Type: boot.TypeString, Pattern: "^v[0-9]+$"}, "port": {Type: boot.TypeNumber}, "free": {Type: boot.TypeString},
	}}
	// In slot 1 of db is the only member that keeps to what is declared; that in slot 2 is
	// about to be replaced, and that in slot 3 to go.
	group := hosting.Group{GroupRef: hosting.GroupRef{Name: "db"}, Configuration: "db@1", Size: 3}
	var members []Member
	for slot, version := range []string{"canary", "v1", "canary", "canary"} {
		member := running("db", slot, "127.1.0.1", map[string]string{"version": version, "port": version, "free": version, "more": version})
		member.Fingerprint = Fingerprint(group.Configuration, nil)
		members = append(members, member)
	}
	members[1].Report.Outputs["port"] = "80"
	members[2].Fingerprint = "another"
	look := func(members ...Member) Observation {
		return Observation{Group: group, Configuration: declared, Members: members}
	}
	looks := map[string]Observation{
		"db": look(members...), "good": look(members[1]), "late": look(members[1], members[0]), "old": look(members[2]),
		"leaving": look(members[3], members[1]), "silent": look(running("silent", 0, "127.1.0.2", nil)), "empty": {},
	}
	const refused = `output "version" of db-0 is not delivered: invalid value: it doesn't match the pattern "^v[0-9]+$"; correct the script that publishes it, or the output's type or pattern`
	tests := map[string]struct {
		output  string
		from    []string
		choice  hosting.Select
		refused string
	}{
		"a value that doesn't match":                   {"version", []string{"db"}, hosting.SelectFirst, refused},
		"one among all":                                {"version", []string{"late"}, hosting.SelectAll, refused},
		"one among those that go to one each":          {"version", []string{"late"}, hosting.SelectEach, refused},
		"one of another source":                        {"version", []string{"good", "db"}, hosting.SelectAll, refused},
		"one that isn't the first":                     {"version", []string{"late"}, hosting.SelectFirst, ""},
		"one of a source that isn't the first":         {"version", []string{"empty", "good", "db"}, hosting.SelectFirst, ""},
		"a value of another type":                      {"port", []string{"db"}, hosting.SelectFirst, `output "port" of db-0 is not delivered: invalid value: it is not a number; correct the script that publishes it, or the output's type or pattern`},
		"a value that matches":                         {"version", []string{"good"}, hosting.SelectAll, ""},
		"an output of which nothing is said":           {"free", []string{"db"}, hosting.SelectAll, ""},
		"an output that isn't declared":                {"more", []string{"db"}, hosting.SelectAll, ""},
		"a fact":                                       {"private_ip", []string{"db"}, hosting.SelectAll, ""},
		"a member that has published nothing":          {"version", []string{"silent"}, hosting.SelectAll, ""},
		"a member that comes from another description": {"version", []string{"old"}, hosting.SelectAll, ""},
		"a member that is about to go":                 {"version", []string{"leaving"}, hosting.SelectFirst, ""},
		"a value of Terraform's":                       {"", nil, hosting.SelectFirst, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := hosting.Wire{Select: test.choice, Into: "web", Parameter: "p"}
			for _, group := range test.from {
				wire.From = append(wire.From, hosting.Output{Group: group, Output: test.output})
			}
			got := ""
			err := checkContract(wire, looks)
			if err != nil {
				got = err.Error()
			}
			if got != test.refused {
				t.Errorf("got %q, want %q", got, test.refused)
			}
			if _, typed := errors.AsType[*OutputError](err); typed != (test.refused != "") || typed && !errors.Is(err, boot.ErrValue) {
				t.Errorf("the error %v is none of those that say what is wrong", err)
			}
		})
	}
}

// brokenPromise returns a service in which db has promised an output of digits, and says
// something else; web doesn't mind.
func brokenPromise(t *testing.T) *ledgerService {
	t.Helper()
	s := newLedgerService("web", "db")
	declared := s.configurations["c"]
	declared.Outputs = map[string]boot.Output{"out": {Type: boot.TypeString, Pattern: "^[0-9]+$", Sensitive: true}}
	s.configurations["c"] = declared
	s.servers["db"][0].Fingerprint = Fingerprint("c", nil)
	return s
}

func expectBrokenPromise(t *testing.T, s *ledgerService, err error, stored string) {
	t.Helper()
	fault, typed := errors.AsType[*OutputError](err)
	if !typed || fault.Key != "db-0" || fault.Output != "out" || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want an error of db-0 that doesn't quote the value", err)
	}
	if got := s.value("web", "q"); got != stored {
		t.Errorf("the record has %q, want %q", got, stored)
	}
}

func TestConnect_brokenPromise(t *testing.T) {
	t.Parallel()
	s := brokenPromise(t)
	s.publish("db", "canary")
	_, err := s.nextRun().Connect(t.Context(), "", output("web", "q", "db"))
	expectBrokenPromise(t, s, err, "")
	if len(s.groups["web"].Wires)+len(s.groups["db"].Wires) > 0 {
		t.Error("the wire is recorded")
	}
}

func TestAwait_brokenPromise(t *testing.T) {
	t.Parallel()
	s := brokenPromise(t)
	s.publish("db", "7")
	s.mustConnect(t, "", output("web", "q", "db"))
	s.publish("db", "canary")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := s.nextRun().Await(ctx, AwaitSpec{Groups: []hosting.GroupRef{s.groups["web"].GroupRef}})
	expectBrokenPromise(t, s, err, "7")
}

// Before servers go, those who use them are told what the others say, and that is checked.
func TestTell_brokenPromise(t *testing.T) {
	t.Parallel()
	s := brokenPromise(t)
	s.publish("db", "7")
	s.mustConnect(t, "", output("web", "q", "db"))
	s.publish("db", "canary")
	leaving := change{Manager: s.nextRun(), ref: s.groups["db"].GroupRef, drainTimeout: time.Second}
	expectBrokenPromise(t, s, leaving.notify(t.Context()), "7")
}
