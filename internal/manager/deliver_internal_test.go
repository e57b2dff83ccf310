package manager

import (
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
		"first takes the lowest slot":                  {hosting.Wire{From: from("token", "db"), Select: hosting.SelectFirst}, carried{text: "t0", ok: true}},
		"first passes over a source without servers":   {hosting.Wire{From: from("private_ip", "empty", "db"), Select: hosting.SelectFirst}, carried{text: "127.1.0.1", ok: true}},
		"first holds while the lowest slot has none":   {hosting.Wire{From: from("token", "half"), Select: hosting.SelectFirst}, carried{why: `half-0 has no output "token" yet`}},
		"all joins in the order of sources and slots":  {hosting.Wire{From: from("private_ip", "half", "db"), Select: hosting.SelectAll, Separator: " "}, carried{text: "127.2.0.1 127.2.0.2 127.1.0.1 127.1.0.2", ok: true}},
		"all keeps an empty value":                     {hosting.Wire{From: from("token", "db"), Select: hosting.SelectAll, Separator: ","}, carried{text: "t0,", ok: true}},
		"all holds until every member has its value":   {hosting.Wire{From: from("token", "half"), Select: hosting.SelectAll}, carried{why: `half-0 has no output "token" yet`}},
		"all holds for a source without servers":       {hosting.Wire{From: from("private_ip", "db", "empty"), Select: hosting.SelectAll}, carried{empty: true, why: `server group "empty" has no servers`}},
		"all holds while a member doesn't run":         {hosting.Wire{From: from("private_ip", "holed"), Select: hosting.SelectAll}, carried{why: "holed-0 isn't running"}},
		"all leaves out what is about to go":           {hosting.Wire{From: from("private_ip", "surplus"), Select: hosting.SelectAll}, carried{text: "127.4.0.1", ok: true}},
		"first takes the lowest slot that runs":        {hosting.Wire{From: from("private_ip", "holed"), Select: hosting.SelectFirst}, carried{text: "127.3.0.2", ok: true}},
		"first passes over what is about to go":        {hosting.Wire{From: from("private_ip", "leaving", "db"), Select: hosting.SelectFirst}, carried{text: "127.1.0.1", ok: true}},
		"a wire without sources carries nothing":       {hosting.Wire{}, carried{}},
		"no servers at all are not an empty value":     {hosting.Wire{From: from("private_ip", "empty"), Select: hosting.SelectFirst}, carried{empty: true, why: `server group empty has no servers`}},
		"a group that doesn't exist is no empty value": {hosting.Wire{From: from("private_ip", "nowhere"), Select: hosting.SelectAll}, carried{empty: true, why: `server group "nowhere" has no servers`}},
		"a fact that the server lacks holds the wire":  {hosting.Wire{From: from("public_ip", "db"), Select: hosting.SelectFirst}, carried{why: `db-0 has no output "public_ip" yet`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := carry(test.wire, looks); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
