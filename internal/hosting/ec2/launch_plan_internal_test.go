package ec2

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// sentRun is a run of the attempt 1 that was sent to the subnet of that name.
func sentRun(base, count int, subnet string) send {
	return send{Attempt: 1, Base: base, Count: count, InstanceType: "t3.small", Subnet: subnet, Template: "lt-1", Version: 2}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	// launched is what a trace says: from which base, how many, and whether exactly.
	type launched struct {
		Base, Launched int
		Exact          bool
	}
	failed := func(sent send) send { sent.Failed = true; return sent }
	for name, test := range map[string]struct {
		sends []send
		want  []launched
	}{
		"none": {},
		"a send may have launched all of its slots": {
			sends: []send{sentRun(0, 10, "a")}, want: []launched{{0, 10, false}},
		},
		"one that was sent on has launched nothing": {
			sends: []send{sentRun(0, 10, "a"), sentRun(0, 10, "b")}, want: []launched{{0, 10, false}},
		},
		"one whose rest was sent on has launched the slots before": {
			sends: []send{sentRun(0, 10, "a"), sentRun(6, 4, "b"), sentRun(8, 2, "c")},
			want:  []launched{{0, 6, true}, {6, 2, true}, {8, 2, false}},
		},
		"the last one of three": {
			sends: []send{sentRun(0, 10, "a"), sentRun(0, 10, "b"), sentRun(0, 10, "c")}, want: []launched{{0, 10, false}},
		},
		"what has failed everywhere has launched nothing": {
			sends: []send{sentRun(0, 10, "a"), failed(sentRun(0, 10, "b"))},
		},
		"a failed rest says how much was launched": {
			sends: []send{sentRun(0, 10, "a"), failed(sentRun(7, 3, "b"))}, want: []launched{{0, 7, true}},
		},
		"other slots say nothing": {
			sends: []send{sentRun(0, 10, "a"), sentRun(10, 5, "a")}, want: []launched{{0, 10, false}, {10, 5, false}},
		},
		"another attempt says nothing": {
			sends: []send{sentRun(0, 10, "a"), {Attempt: 2, Base: 0, Count: 10}},
			want:  []launched{{0, 10, false}, {0, 10, false}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []launched
			for _, traced := range trace(test.sends) {
				got = append(got, launched{traced.Base, traced.launched, traced.exact})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slots []int
		want  [][]int
	}{
		"none":                  {},
		"one":                   {slots: []int{4}, want: [][]int{{4}}},
		"contiguous ones":       {slots: []int{0, 1, 2}, want: [][]int{{0, 1, 2}}},
		"with gaps":             {slots: []int{0, 2, 3, 7}, want: [][]int{{0}, {2, 3}, {7}}},
		"more than fit one run": {slots: []int{0, 1, 2, 3, 4, 5, 6}, want: [][]int{{0, 1, 2}, {3, 4, 5}, {6}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, runs(test.slots, 3)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNextTry(t *testing.T) {
	t.Parallel()
	first := sentRun(0, 10, "a")
	third := first
	third.Try = 2
	for name, test := range map[string]struct {
		recorded []send
		want     int
	}{
		"the first":                     {want: 0},
		"after a first":                 {recorded: []send{first}, want: 1},
		"after a third":                 {recorded: []send{third, first}, want: 3},
		"at another place":              {recorded: []send{sentRun(0, 10, "b")}, want: 0},
		"of other slots":                {recorded: []send{sentRun(0, 9, "a")}, want: 0},
		"of another attempt, by number": {recorded: []send{{Attempt: 2, Base: 0, Count: 10, InstanceType: "t3.small", Subnet: "a"}}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := nextTry(test.recorded, first); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	at := func(sent send, ago time.Duration) send { sent.At = now.Add(-ago).Unix(); return sent }
	former := func(sent send) send { sent.Attempt = 0; return sent }
	for name, test := range map[string]struct {
		recorded []send
		// listed are the slots of the attempt that the list shows.
		listed []int
		want   []send
	}{
		"what isn't listed stays": {
			recorded: []send{sentRun(0, 3, "a")}, listed: []int{0, 2}, want: []send{sentRun(0, 3, "a")},
		},
		"what is listed goes": {
			recorded: []send{sentRun(0, 3, "a")}, listed: []int{0, 1, 2},
		},
		"what is listed stays behind one that isn't and that it tells about": {
			recorded: []send{sentRun(0, 3, "a"), sentRun(2, 1, "b")}, listed: []int{0, 2},
			want: []send{sentRun(0, 3, "a"), sentRun(2, 1, "b")},
		},
		"both go together": {
			recorded: []send{sentRun(0, 3, "a"), sentRun(2, 1, "b")}, listed: []int{0, 1, 2},
		},
		"a former attempt stays while it may show late": {
			recorded: []send{former(at(sentRun(0, 1, "a"), time.Minute))},
			want:     []send{former(at(sentRun(0, 1, "a"), time.Minute))},
		},
		"a former attempt goes when it would show": {
			recorded: []send{former(at(sentRun(0, 1, "a"), time.Hour))},
		},
		"what has failed stays, so that its token isn't used again": {
			recorded: []send{{Attempt: 1, Base: 0, Count: 1, Failed: true}},
			want:     []send{{Attempt: 1, Base: 0, Count: 1, Failed: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := hosting.GroupRef{Name: "web", Incarnation: "one"}
			service := New(Options{Now: func() time.Time { return now }})
			var shown []member
			for _, slot := range test.listed {
				shown = append(shown, member{id: string(rune('a' + slot)), ref: ref, attempt: 1, slot: slot})
			}
			service.remember(shown, true)
			l := service.newLaunch(hosting.LaunchRequest{Group: ref, Attempt: 1})
			if diff := cmp.Diff(test.want, l.prune(test.recorded)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
