package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

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
	switch err = joinDistinct(errs...); {
	case err != nil && ctx.Err() == nil:
		return nil, errors.Join(err, l.strike(ctx, refusedRuns(round, outcomes)))
	case err != nil || l.recall:
		return nil, err
	}
	for index, result := range outcomes {
		later = append(later, l.next(round[index], result)...)
	}
	l.warn(round, outcomes)
	return later, l.strike(ctx, l.unplacedRuns(round, outcomes))
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
