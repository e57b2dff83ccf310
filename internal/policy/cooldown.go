package policy

import (
	"fmt"
	"time"
)

// classify is stage 2.
func (e *evaluation) classify() (Reason, string) {
	if len(e.snapshot.Servers) == 0 {
		return ReasonReadyForNewScale, ""
	}
	all, warm := len(e.servers), e.warmingUp()
	return ReasonReadyForNewScale, fmt.Sprintf("%d in service, %d warming up, %d leaving", all-warm, warm, len(e.snapshot.Servers)-all)
}

// warmingUp counts the servers that aren't fully in service yet.
func (e *evaluation) warmingUp() int {
	n := 0
	for i := range e.servers {
		if e.servers[i].stage(0, e.policy.behavior.warmup) == warming {
			n++
		}
	}
	return n
}

// cool is stage 7: no change too soon after another, and no removal while servers
// warm up.
func (e *evaluation) cool() (Reason, string) {
	if reason, detail, exempt := e.exempt(); exempt {
		return reason, detail
	}
	limits, towards := e.limits()
	if last, ok := e.lastChange(); ok && limits.cooldown > 0 && e.age(last) < limits.cooldown {
		until := last.Add(limits.cooldown)
		e.until = &until
		return e.move(e.base, ReasonCooldown, fmt.Sprintf("%s.cooldown %s holds %d", limits.name, duration(limits.cooldown), e.base))
	}
	if warm := e.warmingUp(); towards == DirectionIn && warm > 0 && !e.policy.behavior.scaleInDuringWarmup {
		return e.move(e.base, ReasonWarmup, fmt.Sprintf("%d of %d servers warming up, which holds %d", warm, len(e.servers), e.base))
	}
	return ReasonReadyForNewScale, ""
}

// lastChange returns when the number of servers changed last: as it is remembered, or
// as the newest server tells, which also shows changes that weren't the policy's.
func (e *evaluation) lastChange() (last time.Time, ok bool) {
	for _, change := range e.snapshot.Changes {
		if change.At.After(last) {
			last = change.At
		}
	}
	for i := range e.snapshot.Servers {
		if s := &e.snapshot.Servers[i]; s.State != ServerLeaving && s.Launched.After(last) {
			last = s.Launched
		}
	}
	return last, !last.IsZero()
}
