package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxCalls is how many calls of a kind are made at the same time. The rate is limited
// elsewhere, for the whole process.
const maxCalls = 10

// outcome is what has become of a task.
type outcome struct {
	// members are those that it has launched, now or before.
	members []member
	// ended are slots that it has launched and whose servers EC2 doesn't show any more.
	ended []int
	// rest are slots that it has not launched.
	rest []int
	// full says why the place has no room for the rest; nil where that isn't known.
	full error
	// failed: EC2 has refused the run, which is recorded and has launched nothing.
	failed bool
	// err ends the launch.
	err error
}

// carryOutRound records the new runs, carries out all tasks at the same time, and returns
// those for what has not been launched by them.
func (l *launch) carryOutRound(ctx context.Context, round []task) (later []task, err error) {
	if err := l.record(ctx, round); err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(round))
	inParallel(round, func(index int, t task) { outcomes[index] = l.do(ctx, t) })
	var errs []error
	for index, result := range outcomes {
		l.take(round[index], result)
		errs = append(errs, result.err)
	}
	if err = errors.Join(errs...); err != nil {
		return nil, errors.Join(err, l.strike(ctx, round, outcomes))
	}
	if l.recall {
		return nil, nil
	}
	for index, result := range outcomes {
		later = append(later, l.next(round[index], result)...)
	}
	l.warn(round, outcomes)
	return later, l.strikeUnplaced(ctx, round, outcomes)
}

// do carries out one task.
func (l *launch) do(ctx context.Context, t task) outcome {
	if t.kind == taskFind {
		return l.find(ctx, t)
	}
	return l.send(ctx, t)
}

// take takes note of what a task has launched, and which place is full.
func (l *launch) take(t task, result outcome) {
	for _, m := range result.members {
		l.admit(m)
	}
	for _, slot := range result.ended {
		l.ended[slot] = true
	}
	if result.full == nil {
		return
	}
	l.full[t.place()] = result.full
	for _, place := range l.candidates {
		if isQuota(errorCode(result.full)) && place.instanceType == t.InstanceType {
			l.full[place] = result.full
		}
	}
}

// next returns the runs for what the task has not launched: at the next place where this
// one is full, otherwise at this one again.
func (l *launch) next(t task, result outcome) []task {
	rest := slices.DeleteFunc(l.missing(result.rest), func(slot int) bool { return !slices.Contains(l.request.Slots, slot) })
	return l.tasks(rest, max(0, l.position(t)))
}

// warn tells once for each place that was full how many servers it has not launched, and
// where they go instead.
func (l *launch) warn(round []task, outcomes []outcome) {
	if l.request.Warn == nil {
		return
	}
	missing := make(map[candidate]int)
	for index, result := range outcomes {
		if result.full != nil {
			missing[round[index].place()] += len(result.rest)
		}
	}
	for index, place := range l.candidates {
		count, full := missing[place]
		if !full {
			continue
		}
		next := "there is no other instance type or subnet to try"
		if tasks := l.tasks([]int{0}, index); len(tasks) > 0 {
			next = fmt.Sprintf("trying %s", tasks[0].place())
		}
		l.request.Warn(fmt.Errorf("%d of the servers of group %q could not be launched as %s: %w; %s",
			count, l.request.Group.Name, place, l.full[place], next))
	}
}

// record records the runs of a round that are about to be sent, before any of them is, and
// drops what need not be recorded any more.
func (l *launch) record(ctx context.Context, round []task) error {
	now := l.service.options.Now().Unix()
	var fresh, again []send
	for index := range round {
		t := &round[index]
		switch t.kind {
		case taskSend:
			t.At = now
			fresh = append(fresh, t.send)
		case taskReplay:
			t.At = now
			again = append(again, t.send)
		case taskFind:
		}
	}
	if len(fresh)+len(again) == 0 {
		return nil
	}
	l.sends = append(l.sends, fresh...)
	return l.service.changeSends(ctx, l.request.Group, func(recorded []send) []send {
		kept := slices.DeleteFunc(l.prune(recorded), func(sent send) bool { return slices.ContainsFunc(fresh, sent.sameRun) })
		for index, sent := range kept {
			if slices.ContainsFunc(again, sent.sameSend) {
				kept[index].At = now
			}
		}
		return append(kept, fresh...)
	})
}

// prune drops the sends that say nothing that the list of servers doesn't: all that they
// have launched is listed, or they are so old that it would be. A send stays where a
// former one stays that it tells something about.
func (l *launch) prune(recorded []send) []send {
	listed := make(map[[2]int]bool)
	for _, m := range l.service.knownMembers(l.request.Group) {
		if k, found := l.service.recollect(m.id); found && k.listed {
			listed[[2]int{m.attempt, m.slot}] = true
		}
	}
	now := l.service.options.Now()
	var kept []send
	for index, sent := range recorded {
		traces := trace(append([]send{sent}, recorded[index+1:]...))
		needed := sent.Attempt >= l.request.Attempt || now.Sub(sent.at()) <= visibleAfter
		if needed && len(traces) > 0 && traces[0].send == sent {
			needed = slices.ContainsFunc(traces[0].slots(), func(slot int) bool { return !listed[[2]int{sent.Attempt, slot}] })
		}
		if needed || slices.ContainsFunc(kept, sent.overlaps) {
			kept = append(kept, sent)
		}
	}
	return kept
}

// overlaps reports whether both are of the same attempt and have slots in common.
func (sent send) overlaps(other send) bool {
	return sent.Attempt == other.Attempt && sent.Base < other.Base+other.Count && other.Base < sent.Base+sent.Count
}

// strike records which runs have launched nothing, so that nobody looks for their servers
// or asks for them with the same token again.
func (l *launch) strike(ctx context.Context, round []task, outcomes []outcome) error {
	var failed []send
	for index, result := range outcomes {
		if result.failed {
			failed = append(failed, round[index].send)
		}
	}
	if len(failed) == 0 || ctx.Err() != nil {
		return nil
	}
	return l.service.changeSends(ctx, l.request.Group, func(recorded []send) []send {
		recorded = slices.Clone(recorded)
		for index, sent := range recorded {
			if slices.ContainsFunc(failed, sent.sameSend) {
				recorded[index].Failed = true
			}
		}
		return recorded
	})
}

// strikeUnplaced is strike for the runs that are full and for which there is no other place
// to try: the next launch is to begin with the first one again.
func (l *launch) strikeUnplaced(ctx context.Context, round []task, outcomes []outcome) error {
	unplaced := make([]outcome, len(outcomes))
	for index, result := range outcomes {
		t := round[index]
		unplaced[index].failed = result.full != nil && len(result.members) == 0 && len(result.ended) == 0 &&
			len(l.tasks([]int{t.Base}, max(0, l.position(t)))) == 0
	}
	return l.strike(ctx, round, unplaced)
}

// inParallel does something with every item, with a few at the same time.
func inParallel[T any](items []T, do func(index int, item T)) {
	var group sync.WaitGroup
	places := make(chan struct{}, maxCalls)
	for index, item := range items {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			do(index, item)
		})
	}
	group.Wait()
}
