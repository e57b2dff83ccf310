package manager

import (
	"reflect"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// running returns a member of a group that has published outputs.
func running(group string, slot int, address string, outputs map[string]string) Member {
	return Member{
		Server: hosting.Server{
			ID: hosting.MemberKey(group, slot) + "-id", Group: hosting.GroupRef{Name: group}, Slot: slot,
			State: hosting.ServerRunning, Facts: hosting.Facts{PrivateIP: address},
		},
		Report: boot.Report{Status: boot.StatusReady, Outputs: outputs},
	}
}

func TestCarry(t *testing.T) {
	t.Parallel()
	sized := func(size int) hosting.Group { return hosting.Group{Size: size} }
	looks := map[string]Observation{
		"db": {Group: sized(2), Members: []Member{running("db", 0, "127.1.0.1", map[string]string{"token": "t0"}), running("db", 1, "127.1.0.2", map[string]string{"token": ""})}},
		"half": {Group: sized(2), Members: []Member{
			running("half", 0, "127.2.0.1", nil), running("half", 1, "127.2.0.2", map[string]string{"token": "t1"}),
		}},
		"fed":     {Group: hosting.Group{Size: 2, Values: map[string]boot.Value{"given": {BySlot: map[int]string{0: "s0", 1: "s1", 2: "s2"}}}}},
		"empty":   {},
		"holed":   {Group: sized(2), Members: []Member{running("holed", 1, "127.3.0.2", nil)}},
		"surplus": {Group: sized(1), Members: []Member{running("surplus", 0, "127.4.0.1", nil), running("surplus", 1, "127.4.0.2", nil)}},
		"leaving": {Members: []Member{running("leaving", 0, "127.5.0.1", nil)}},
	}
	from := func(output string, groups ...string) []hosting.Output {
		var list []hosting.Output
		for _, group := range groups {
			list = append(list, hosting.Output{Group: group, Output: output})
		}
		return list
	}
	tests := map[string]struct {
		wire hosting.Wire
		want carried
	}{
		"first takes the lowest slot":                 {hosting.Wire{From: from("token", "db"), Select: hosting.SelectFirst}, carried{value: boot.Value{Text: "t0"}, ok: true}},
		"first passes over a source without servers":  {hosting.Wire{From: from("private_ip", "empty", "db"), Select: hosting.SelectFirst}, carried{value: boot.Value{Text: "127.1.0.1"}, ok: true}},
		"first holds while the lowest slot has none":  {hosting.Wire{From: from("token", "half"), Select: hosting.SelectFirst}, carried{why: `half-0 has no output "token" yet`}},
		"all joins in the order of sources and slots": {hosting.Wire{From: from("private_ip", "half", "db"), Select: hosting.SelectAll, Separator: " "}, carried{value: boot.Value{Text: "127.2.0.1 127.2.0.2 127.1.0.1 127.1.0.2"}, ok: true}},
		"all keeps an empty value":                    {hosting.Wire{From: from("token", "db"), Select: hosting.SelectAll, Separator: ","}, carried{value: boot.Value{Text: "t0,"}, ok: true}},
		"all holds until every member has its value":  {hosting.Wire{From: from("token", "half"), Select: hosting.SelectAll}, carried{why: `half-0 has no output "token" yet`}},
		"all holds for a source without servers":      {hosting.Wire{From: from("private_ip", "db", "empty"), Select: hosting.SelectAll}, carried{empty: true, why: `server group "empty" has no servers`}},
		"all holds while a member doesn't run":        {hosting.Wire{From: from("private_ip", "holed"), Select: hosting.SelectAll}, carried{why: "holed-0 isn't running"}},
		"all leaves out what is about to go":          {hosting.Wire{From: from("private_ip", "surplus"), Select: hosting.SelectAll}, carried{value: boot.Value{Text: "127.4.0.1"}, ok: true}},
		"first takes the lowest slot that runs":       {hosting.Wire{From: from("private_ip", "holed"), Select: hosting.SelectFirst}, carried{value: boot.Value{Text: "127.3.0.2"}, ok: true}},
		"first passes over what is about to go":       {hosting.Wire{From: from("private_ip", "leaving", "db"), Select: hosting.SelectFirst}, carried{value: boot.Value{Text: "127.1.0.1"}, ok: true}},
		"each gives one value to each slot": {
			hosting.Wire{From: from("private_ip", "half", "db"), Select: hosting.SelectEach, Into: "db"},
			carried{value: boot.Value{BySlot: map[int]string{0: "127.2.0.1", 1: "127.2.0.2", 2: "127.1.0.1", 3: "127.1.0.2"}}, ok: true},
		},
		"each gives what is there": {
			hosting.Wire{From: from("token", "half"), Select: hosting.SelectEach, Into: "db", Parameter: "new"},
			carried{value: boot.Value{BySlot: map[int]string{1: "t1"}}, ok: true, why: `half-0 has no output "token" yet`},
		},
		"each keeps what its source can't say now": {
			hosting.Wire{From: from("token", "half"), Select: hosting.SelectEach, Into: "fed", Parameter: "given"},
			carried{value: boot.Value{BySlot: map[int]string{0: "s0", 1: "t1"}}, ok: true, why: `half-0 has no output "token" yet`},
		},
		"each holds while nobody has a value": {
			hosting.Wire{From: from("nothing", "half"), Select: hosting.SelectEach, Into: "db"},
			carried{value: boot.Value{BySlot: map[int]string{}}, why: `half-0 has no output "nothing" yet`},
		},
		"each of several sources holds until every member has its value": {
			hosting.Wire{From: from("token", "db", "half"), Select: hosting.SelectEach, Into: "fed", Parameter: "given"},
			carried{why: `half-0 has no output "token" yet`},
		},
		"each holds for a source without servers": {
			hosting.Wire{From: from("private_ip", "empty"), Select: hosting.SelectEach, Into: "db"},
			carried{empty: true, why: `server group "empty" has no servers`},
		},
		"own gives to each slot what is its own": {
			hosting.Wire{From: from("private_ip", "surplus"), Select: hosting.SelectOwn, Into: "surplus"},
			carried{value: boot.Value{BySlot: map[int]string{0: "127.4.0.1"}}, ok: true},
		},
		"too few servers hold the wire": {
			hosting.Wire{From: from("private_ip", "db", "surplus"), Select: hosting.SelectAll, MinSources: 4},
			carried{empty: true, why: "there are 3 of at least 4 servers to take db.private_ip, surplus.private_ip from"},
		},
		"just enough servers don't": {
			hosting.Wire{From: from("private_ip", "surplus", "db"), Select: hosting.SelectFirst, MinSources: 3},
			carried{value: boot.Value{Text: "127.4.0.1"}, ok: true},
		},
		"a wire without sources carries nothing":       {hosting.Wire{}, carried{}},
		"no servers at all are not an empty value":     {hosting.Wire{From: from("private_ip", "empty"), Select: hosting.SelectFirst}, carried{empty: true, why: `server group empty has no servers`}},
		"a group that doesn't exist is no empty value": {hosting.Wire{From: from("private_ip", "nowhere"), Select: hosting.SelectAll}, carried{empty: true, why: `server group "nowhere" has no servers`}},
		"a fact that the server lacks holds the wire":  {hosting.Wire{From: from("public_ip", "db"), Select: hosting.SelectFirst}, carried{why: `db-0 has no output "public_ip" yet`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := carry(test.wire, looks); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestDropOwn(t *testing.T) {
	t.Parallel()
	given := boot.Value{BySlot: map[int]string{0: "a", 1: "b", 2: "c"}, Since: 3}
	group := hosting.Group{
		GroupRef: hosting.GroupRef{Name: "web"},
		Values:   map[string]boot.Value{"own": given, "each": given},
		Wires: map[string]hosting.Wire{
			"1": {Into: "web", Parameter: "own", Select: hosting.SelectOwn},
			"2": {Into: "web", Parameter: "each", Select: hosting.SelectEach},
			"3": {Into: "web", Parameter: "absent", Select: hosting.SelectOwn},
		},
	}
	before := group
	dropOwn(&group, []int{0, 2, 5})
	want := map[string]boot.Value{"own": {BySlot: map[int]string{1: "b"}, Since: 3}, "each": given}
	if !reflect.DeepEqual(group.Values, want) {
		t.Errorf("got %v, want %v", group.Values, want)
	}
	if len(before.Values["own"].BySlot) != 3 {
		t.Error("the record that was read is changed too")
	}
}
