package manager

import (
	"reflect"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// given returns a member of the group "web" that has been given one revision and has
// applied another.
func given(slot, delivered, applied int) Member {
	member := running("web", slot, "127.0.0.1", nil)
	member.Delivered, member.Report.Applied = delivered, applied
	return member
}

func failed(member Member) Member {
	member.Report.Status = boot.StatusFailed
	return member
}

func failedToUpdate(member Member) Member {
	member.Report.Failure = "update script exited with exit code 1"
	return failed(member)
}

func TestDue(t *testing.T) {
	t.Parallel()
	serial := map[string]hosting.Wire{"1": {ID: "1", Into: "web", Parameter: "p", Order: hosting.OrderSerial}, "2": {ID: "2", Into: "web", Parameter: "q"}}
	parallel := map[string]hosting.Wire{"1": {ID: "1", Into: "web", Parameter: "p"}}
	tests := map[string]struct {
		wires   map[string]hosting.Wire
		members []Member
		want    []int
	}{
		"in parallel, all who lack it get it":            {parallel, []Member{given(0, 5, 5), given(1, 8, 8), given(2, 9, 8)}, []int{0, 1}},
		"in serial order, the first one begins":          {serial, []Member{given(0, 5, 5), given(1, 5, 5), given(2, 5, 5)}, []int{0}},
		"nobody follows before the first has applied it": {serial, []Member{given(0, 9, 5), given(1, 5, 5)}, nil},
		"the next one follows":                           {serial, []Member{given(0, 9, 9), given(1, 5, 5), given(2, 0, 0)}, []int{1}},
		"a later value of another wire goes to all":      {serial, []Member{given(0, 7, 7), given(1, 8, 7), given(2, 7, 7)}, []int{0, 1, 2}},
		"one that fails with it stops the others":        {serial, []Member{failed(given(0, 9, 5)), given(1, 5, 5)}, nil},
		"one that had failed before is passed over":      {serial, []Member{failed(given(0, 5, 5)), given(1, 5, 5)}, []int{1}},
		"one whose update had failed has its turn":       {serial, []Member{failedToUpdate(given(0, 5, 3)), given(1, 5, 5)}, []int{0}},
		"one that is about to go has no turn":            {serial, []Member{given(0, 9, 9), given(1, 9, 9), given(2, 9, 9), given(3, 5, 5)}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := hosting.Group{
				GroupRef: hosting.GroupRef{Name: "web"}, Size: 3, Revision: 9, Wires: test.wires,
				Values: map[string]boot.Value{"p": {Since: 7}, "q": {Since: 9}},
			}
			var got []int
			for _, server := range due(Observation{Members: test.members}, group) {
				got = append(got, server.Slot)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("the slots %v are due, want %v", got, test.want)
			}
		})
	}
}

func TestLaunchDelivery(t *testing.T) {
	t.Parallel()
	wire := func(parameter string, selected hosting.Select, order hosting.Order, from ...string) hosting.Wire {
		w := hosting.Wire{ID: parameter, Into: "web", Parameter: parameter, Select: selected, Order: order}
		for _, group := range from {
			w.From = append(w.From, hosting.Output{Group: group, Output: "private_ip"})
		}
		return w
	}
	tests := map[string]struct {
		wire  hosting.Wire
		slots []int
		want  boot.Delivery
	}{
		"all of it":                                   {wire("p", hosting.SelectAll, "", "db"), []int{2}, boot.Delivery{Revision: 4, Values: map[string]boot.Value{"p": {Since: 2}, "q": {Since: 3}}}},
		"without what comes in serial order":          {wire("p", hosting.SelectAll, hosting.OrderSerial, "db"), []int{2}, boot.Delivery{Revision: 3, Values: map[string]boot.Value{"q": {Since: 3}}}},
		"without a list of members that it isn't in":  {wire("p", hosting.SelectAll, "", "db", "web"), []int{2}, boot.Delivery{Revision: 3, Values: map[string]boot.Value{"q": {Since: 3}}}},
		"with the first member's value":               {wire("p", hosting.SelectFirst, "", "web"), []int{1, 2}, boot.Delivery{Revision: 4, Values: map[string]boot.Value{"p": {Since: 2}, "q": {Since: 3}}}},
		"without it where the first one is a new one": {wire("p", hosting.SelectFirst, "", "web"), []int{0}, boot.Delivery{Revision: 3, Values: map[string]boot.Value{"q": {Since: 3}}}},
		"without anything newer than its revision":    {wire("q", hosting.SelectAll, hosting.OrderSerial), []int{0}, boot.Delivery{Revision: 3, Values: map[string]boot.Value{"p": {Since: 2}}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := hosting.Group{
				GroupRef: hosting.GroupRef{Name: "web"}, Size: 3, Revision: 4, Wires: map[string]hosting.Wire{test.wire.ID: test.wire},
				Values: map[string]boot.Value{"p": {Since: 2}, "q": {Since: 3}},
			}
			if got := launchDelivery(group, test.slots); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if len(group.Values) != 2 {
				t.Error("the record is changed too")
			}
		})
	}
}
