package ec2

import (
	"context"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// find looks for what a run has launched by its client token, until all of it is there or
// would be shown by now.
func (l *launch) find(ctx context.Context, t task) outcome {
	var found []member
	err := wait.Until(ctx, l.service.options.Pace.Busy, func(ctx context.Context) (bool, error) {
		var err error
		if found, err = l.findOnce(ctx, t); err != nil {
			return false, err
		}
		return len(found) >= t.launched || l.wouldShow(t, found), nil
	})
	if err != nil {
		return outcome{members: found, err: err}
	}
	return l.conclude(t, found)
}

// findOnce returns the members that EC2 shows of the run, in whatever state.
func (l *launch) findOnce(ctx context.Context, t task) ([]member, error) {
	instances, err := l.service.describe(ctx, filter("client-token", l.service.clientToken(l.request.Group, t.send)))
	if err != nil {
		return nil, err
	}
	var found []member
	for _, instance := range instances {
		m, ok := l.service.prove(l.request.Group, []string{t.Template}, instance)
		if !ok {
			// What is terminated may have lost the tag that proves it, and nothing is done to it.
			m, ok = l.service.identify(l.request.Group, instance)
			ok = ok && m.terminated()
		}
		if ok {
			found = append(found, m)
		}
	}
	l.service.remember(found, false)
	return found, nil
}

// wouldShow reports whether whatever the run has launched is shown by now: it was sent, or
// launched, long enough ago.
func (l *launch) wouldShow(t task, found []member) bool {
	if t.spent && len(found) == 0 {
		// EC2 shows what was terminated for about an hour: it is long gone.
		return true
	}
	since := t.at()
	for _, m := range found {
		since = m.launchedAt
	}
	return l.service.options.Now().Sub(since) > visibleAfter
}

// conclude says what has become of a run of which EC2 shows these members, and won't show
// others.
func (l *launch) conclude(t task, found []member) outcome {
	if len(found) == 0 && !t.exact && !t.spent {
		// Nothing was launched, or all of it has ended long ago. The token is of no use any more.
		return outcome{rest: t.slots()}
	}
	return t.tally(found)
}

// tally sorts the task's slots by what has become of them, given all members of it that EC2
// shows. A run has launched its first slots; one before a slot that it has launched was
// launched too, and has ended.
func (t task) tally(shown []member) outcome {
	result := outcome{members: shown}
	there := make(map[int]bool)
	launched := 0
	for _, m := range shown {
		there[m.slot] = true
		launched = max(launched, m.slot-t.Base+1)
	}
	for _, slot := range t.slots() {
		switch {
		case there[slot]:
		case slot < t.Base+launched || t.exact || t.spent:
			result.ended = append(result.ended, slot)
		default:
			result.rest = append(result.rest, slot)
		}
	}
	return result
}
