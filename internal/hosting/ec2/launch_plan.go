package ec2

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// A launch is split into runs of slots, and every run that is sent is recorded before.
// After a crash, or an answer that was lost, the record says what may have happened:
//
//   - The last send of a slot is the only one that may have launched it, because a run
//     is sent to another place only when EC2 has answered that the first one has no room
//     for it. So an earlier send is never repeated: with room there by now, it would
//     launch a twin.
//   - Where a later send begins inside an earlier one, the earlier one has launched exactly
//     the slots before: the first place had room for a part.
//   - The last send is repeated with the same token at the same place. EC2 answers with
//     what it has launched, or launches it now.
const (
	// maxRun is the most slots of a run: AWS advises to launch in batches of 100.
	maxRun = 100
	// maxSends is how many runs are recorded and sent at a time; the record of them must
	// fit into an SSM parameter.
	maxSends = 50
)

// taskKind says what is to be done about a run. The zero taskKind is invalid.
type taskKind int

const (
	// taskSend: it is new; to be recorded and sent.
	taskSend taskKind = iota + 1
	// taskReplay: it was recorded, and may have been launched; to be sent again.
	taskReplay
	// taskFind: it was launched, or can't be sent again; to be looked for.
	taskFind
)

// task is a run on its way.
type task struct {
	send

	kind taskKind
	// exact: it has launched its first launched slots, and no others.
	exact    bool
	launched int
	// spent: EC2 says that servers of it were terminated.
	spent bool
}

// slots returns the slots that the task may launch or have launched.
func (t task) slots() []int {
	slots := make([]int, 0, t.launched)
	for offset := range t.launched {
		slots = append(slots, t.Base+offset)
	}
	return slots
}

// plan returns what is to be done: first about what was sent before, then about slots that
// were not.
func (l *launch) plan(ctx context.Context) ([]task, error) {
	if len(l.request.Slots) == 0 {
		return nil, nil
	}
	sends, err := l.service.sends(ctx, l.request.Group, l.request.Attempt)
	if gone := errors.Is(err, hosting.ErrNotFound); err != nil && (!gone || !l.recall) {
		return nil, err
	}
	l.sends = sends
	var tasks []task
	covered := make(map[int]bool)
	for _, traced := range trace(sends) {
		if !slices.ContainsFunc(traced.slots(), func(slot int) bool { return slices.Contains(l.request.Slots, slot) }) {
			continue
		}
		traced = l.resume(traced)
		for _, slot := range traced.slots() {
			covered[slot] = true
		}
		if len(l.missing(traced.slots())) > 0 {
			tasks = append(tasks, traced)
		}
	}
	if l.recall {
		return tasks, nil
	}
	fresh := slices.DeleteFunc(l.missing(l.request.Slots), func(slot int) bool { return covered[slot] })
	return append(tasks, l.tasks(fresh, 0)...), nil
}

// trace returns, of each send, what it may have launched, as tasks; those that have
// launched nothing are left out.
func trace(sends []send) []task {
	var traces []task
	for index, sent := range sends {
		traced := task{send: sent, launched: sent.Count}
		for _, later := range sends[index+1:] {
			if later.overlaps(send{Attempt: sent.Attempt, Base: sent.Base, Count: traced.launched}) {
				traced.launched, traced.exact = max(0, later.Base-sent.Base), true
			}
		}
		if !sent.Failed && traced.launched > 0 {
			traces = append(traces, traced)
		}
	}
	return traces
}

// resume decides what is to be done about a run that was sent before.
func (l *launch) resume(traced task) task {
	traced.kind = taskReplay
	shown, oldest := l.shownOf(traced)
	switch {
	case traced.exact, traced.Template != l.template.ID, traced.Version != l.template.Version:
		// What was sent from another version can't be sent again with the same arguments, and
		// then the answer would not tell.
		traced.kind = taskFind
	case l.recall && l.service.options.Now().Sub(traced.at()) > visibleAfter:
		// All that it has launched is shown by now.
		traced.kind = taskFind
	case shown > 0 && l.service.options.Now().Sub(oldest) > visibleAfter:
		// All of it is shown by now. EC2 may have forgotten the token, and then would launch
		// the run once more.
		traced.kind, traced.exact, traced.launched = taskFind, true, shown
	}
	return traced
}

// shownOf returns how many of the task's first slots include all that are known to have
// been launched, and when the first of them was.
func (l *launch) shownOf(t task) (slots int, oldest time.Time) {
	token := l.service.clientToken(l.request.Group, t.send)
	for offset := range t.launched {
		m, found := l.members[t.Base+offset]
		if !found || m.token != token {
			continue
		}
		slots = offset + 1
		if oldest.IsZero() || m.launchedAt.Before(oldest) {
			oldest = m.launchedAt
		}
	}
	return slots, oldest
}

// missing returns those of the slots, sorted, of which no server is known.
func (l *launch) missing(slots []int) []int {
	missing := slices.Sorted(slices.Values(slots))
	return slices.DeleteFunc(missing, func(slot int) bool {
		_, found := l.members[slot]
		return found || l.ended[slot]
	})
}

// tasks returns the slots as new runs for the first place from that candidate on that isn't
// known to be full; none where there is no such place.
func (l *launch) tasks(slots []int, from int) []task {
	for ; from < len(l.candidates); from++ {
		if _, full := l.full[l.candidates[from]]; !full {
			break
		}
	}
	if from >= len(l.candidates) {
		return nil
	}
	var tasks []task
	for _, run := range runs(slots, maxRun) {
		sent := send{
			Attempt: l.request.Attempt, Base: run[0], Count: len(run),
			InstanceType: l.candidates[from].instanceType, Subnet: l.candidates[from].subnet,
			Template: l.template.ID, Version: l.template.Version,
		}
		sent.Try = nextTry(l.sends, sent)
		tasks = append(tasks, task{send: sent, kind: taskSend, launched: len(run)})
	}
	return tasks
}

// nextTry returns the number of the next try of a run at a place. A token with which a
// launch has failed is not used again: EC2 may hold on to the arguments.
func nextTry(recorded []send, next send) int {
	try := 0
	for _, sent := range recorded {
		if sent.sameRun(next) {
			try = max(try, sent.Try+1)
		}
	}
	return try
}

// sameRun reports whether both are the same slots of the same attempt at the same place.
func (sent send) sameRun(other send) bool {
	return sent.Attempt == other.Attempt && sent.Base == other.Base && sent.Count == other.Count &&
		sent.InstanceType == other.InstanceType && sent.Subnet == other.Subnet
}

// sameSend reports whether both have the same client token.
func (sent send) sameSend(other send) bool { return sent.sameRun(other) && sent.Try == other.Try }

// place returns where the run is sent.
func (sent send) place() candidate {
	return candidate{instanceType: sent.InstanceType, subnet: sent.Subnet}
}

// at returns when the run was sent, to the second.
func (sent send) at() time.Time { return time.Unix(sent.At, 0) }

// runs splits sorted slots into contiguous runs of at most size slots.
func runs(slots []int, size int) [][]int {
	var list [][]int
	for _, slot := range slots {
		if last := len(list) - 1; last >= 0 && len(list[last]) < size && list[last][len(list[last])-1] == slot-1 {
			list[last] = append(list[last], slot)
			continue
		}
		list = append(list, []int{slot})
	}
	return list
}

// position returns the task's place in the list of candidates; -1 where it isn't there.
func (l *launch) position(t task) int {
	return slices.Index(l.candidates, t.place())
}
