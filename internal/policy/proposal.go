package policy

// proposal is what a rule makes of what there is to see: a number, or no opinion.
type proposal struct {
	opinion bool
	count   int
	reason  Reason
	// computed: unrounded is the result of a formula before rounding.
	computed  bool
	unrounded float64
	// ratio is that of a signal to its target, or of a target the corrected one.
	ratio float64
	// breaching of the looked-at periods breach a threshold; steps is the place of the
	// step that applies, -1 if none does.
	breaching, looked, step int
	// filled: servers without a sample were counted; cancelled: what was counted for
	// them, or for those warming up, cancelled the change.
	filled, cancelled bool
	// blind marks a proposal that comes from the absence of a value.
	blind bool
}

// opinion is the proposal of a number that comes from a formula.
func opinion(servers float64) proposal {
	return proposal{opinion: true, count: roundUp(servers), computed: true, unrounded: servers, reason: ReasonReadyForNewScale}
}

// proposed is a rule's proposal with its explanation.
type proposed struct {
	proposal

	rule *rule
	// view is what the rule went by; nil: it wasn't asked.
	view *view
	// why is the clause that explains the number.
	why string
	// lacks says what the value lacks, for which reason no servers are taken away; empty:
	// nothing.
	lacks string
}

func (p *proposed) beats(other *proposed) bool {
	if p.count != other.count {
		return p.count > other.count
	}
	return !p.blind && other.blind
}
