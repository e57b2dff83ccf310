package policy

import "fmt"

// applyMode is stage 10: it holds back what the mode doesn't allow. Before there is a
// group, there is nothing to hold.
func (e *evaluation) applyMode() (Reason, string) {
	held := e.policy.mode == ModeRecommend && e.number != e.current ||
		e.policy.mode == ModeScaleOutOnly && e.number < e.current
	if !held || e.snapshot.Unseen != "" {
		return ReasonReadyForNewScale, ""
	}
	recommended := e.number
	e.recommended = &recommended
	reason := ReasonRecommendOnly
	if e.policy.mode == ModeScaleOutOnly {
		reason = ReasonScaleOutOnly
	}
	return e.move(e.current, reason, fmt.Sprintf("mode %s holds %d, it would be %d", e.policy.mode, e.current, recommended))
}
