package ec2

import (
	"context"
	"slices"
)

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

// strike records that the runs have launched nothing, so that nobody looks for their servers
// or uses their tokens again. One that is not recorded is the rest of one that is.
func (l *launch) strike(ctx context.Context, failed []send) error {
	if len(failed) == 0 {
		return nil
	}
	return l.service.changeSends(ctx, l.request.Group, func(recorded []send) []send {
		recorded = slices.Clone(recorded)
		for _, sent := range failed {
			index := slices.IndexFunc(recorded, sent.sameSend)
			if index < 0 {
				index, recorded = len(recorded), append(recorded, sent)
			}
			recorded[index].Failed = true
		}
		return recorded
	})
}

// refusedRuns returns the runs of a round that EC2 has refused.
func refusedRuns(round []task, outcomes []outcome) []send {
	var refused []send
	for index, result := range outcomes {
		if result.failed {
			refused = append(refused, round[index].send)
		}
	}
	return refused
}

// unplacedRuns returns what the runs of a round have not launched and for which there is no
// other place to try: the next launch is to begin with the first one again.
func (l *launch) unplacedRuns(round []task, outcomes []outcome) []send {
	var unplaced []send
	for index, result := range outcomes {
		t := round[index]
		if result.full == nil || len(result.rest) == 0 {
			continue
		}
		if further := l.tasks(result.rest, max(0, l.position(t))); len(further) == 0 {
			// The rest are the run's last slots.
			rest := t.send
			rest.Base, rest.Count = result.rest[0], len(result.rest)
			unplaced = append(unplaced, rest)
		}
	}
	return unplaced
}
