package policy

import (
	"fmt"
	"math"
)

// step is a compiled [Step].
type step struct {
	signal              string
	threshold           float64
	comparison          Comparison
	datapoints, periods int
	missing             TreatMissingData
	adjust              AdjustmentType
	// magnitude is the least change of a percentage; 0: none is set.
	magnitude int
	// steps go from the lowest to the highest.
	steps []band
}

// band is a compiled [Adjustment]; an absent bound is infinite.
type band struct {
	lower, upper float64
	adjustment   float64
}

// above reports whether the threshold is breached by what is above it.
func (c Comparison) above() bool { return c == GreaterThan || c == GreaterThanOrEqual }

func (c Comparison) breaches(value, threshold float64) bool {
	switch c {
	case GreaterThan:
		return value > threshold
	case GreaterThanOrEqual:
		return value >= threshold
	case LessThan:
		return value < threshold
	default:
		return value <= threshold
	}
}

func (c Comparison) words() string {
	switch c {
	case GreaterThan:
		return "above"
	case GreaterThanOrEqual:
		return "at or above"
	case LessThan:
		return "below"
	default:
		return "at or below"
	}
}

// propose is an alarm with its step adjustments, as on AWS.
func (s step) propose(v view) proposal {
	p := s.alarm(v)
	if p.reason != ReasonAlarm {
		return p
	}
	p.step = s.find(v.bucket.value - s.threshold)
	if p.step < 0 {
		p.reason = ReasonNoStep
		return p
	}
	p.opinion = true
	p.count = s.apply(s.steps[p.step].adjustment, v.basis.Intended)
	p.reason = ReasonReadyForNewScale
	return p
}

// alarm goes by the newest periods that have a sample. Where it finds fewer than it
// looks at, the treatment of missing data decides: see the tables under "Configuring
// how CloudWatch alarms treat missing data" in the CloudWatch user guide. A lone
// breach raises the alarm early only where no sample at hand speaks against it.
func (s step) alarm(v view) proposal {
	p := proposal{step: -1, reason: ReasonNoAlarm}
	calm, oldest := 0, 0
	for place := range s.periods + alarmMargin {
		b := v.history.at(v.index + place)
		if !b.ok {
			continue
		}
		if breaches := s.comparison.breaches(b.value, s.threshold); breaches {
			oldest = place + 1
			if p.looked < s.periods {
				p.breaching++
			}
		} else {
			calm++
		}
		p.looked = min(p.looked+1, s.periods)
	}
	lacking := s.periods - p.looked
	alarmed := p.breaching >= s.datapoints
	if !alarmed && lacking > 0 {
		switch s.missing {
		case MissingBreaching:
			alarmed = p.breaching+lacking >= s.datapoints
		case MissingMissing:
			alarmed = p.breaching > 0 && calm == 0 && oldest >= s.datapoints
		case MissingIgnore, MissingNotBreaching:
		}
	}
	if alarmed {
		p.reason = ReasonAlarm
	}
	return p
}

// find returns the place of the step for a difference to the threshold. Bounds are
// included on the side of the threshold.
func (s step) find(difference float64) int {
	for i, band := range s.steps {
		inside := band.lower <= difference && difference < band.upper
		if !s.comparison.above() {
			inside = band.lower < difference && difference <= band.upper
		}
		if inside {
			return i
		}
	}
	return -1
}

func (s step) apply(adjustment float64, current int) int {
	switch s.adjust {
	case AdjustmentExact:
		return int(adjustment)
	case AdjustmentPercent:
		return added(current, s.percentage(adjustment, current))
	default:
		return added(current, int(adjustment))
	}
}

// percentage rounds towards 0, but what is less than one server to one (AWS).
func (s step) percentage(adjustment float64, current int) int {
	change := snap(saturate(float64(current) * adjustment / 100))
	whole := math.Abs(math.Trunc(change))
	if change != 0 {
		whole = math.Max(whole, 1)
	}
	if adjustment != 0 {
		whole = math.Max(whole, float64(s.magnitude))
	}
	return int(math.Copysign(whole, adjustment))
}

func added(current, change int) int { return min(max(current+change, 0), maxCount) }

func (s step) explain(p proposal, v view) string {
	value, threshold := number(v.bucket.value), number(s.threshold)
	if p.reason == ReasonNoAlarm {
		return fmt.Sprintf("%s is not %s %s in %s", s.signal, s.comparison.words(), threshold, s.quota(p))
	}
	if p.reason == ReasonNoStep {
		return fmt.Sprintf("%s was %s %s in %s, but its newest value %s fits no step", s.signal, s.comparison.words(), threshold, s.quota(p), value)
	}
	words := s.words(s.steps[p.step].adjustment)
	if !s.comparison.breaches(v.bucket.value, s.threshold) {
		return fmt.Sprintf("%s was %s %s in %s, its newest value is %s, %s", s.signal, s.comparison.words(), threshold, s.quota(p), value, words)
	}
	return fmt.Sprintf("%s %s is %s %s (%s), %s", s.signal, value, s.comparison.words(), threshold, s.quota(p), words)
}

// quota writes how many periods breach, and how many must.
func (s step) quota(p proposal) string {
	if s.periods == 1 {
		return "1 period"
	}
	if lacking := s.periods - p.looked; lacking > 0 && s.missing == MissingBreaching {
		return fmt.Sprintf("%d of %d periods and %d without a sample, %d needed", p.breaching, s.periods, lacking, s.datapoints)
	}
	return fmt.Sprintf("%d of %d periods, %d needed", p.breaching, s.periods, s.datapoints)
}

func (s step) words(adjustment float64) string {
	switch s.adjust {
	case AdjustmentExact:
		return fmt.Sprintf("exactly %s", number(adjustment))
	case AdjustmentPercent:
		return fmt.Sprintf("%+g %%", adjustment)
	default:
		return fmt.Sprintf("%+g", adjustment)
	}
}

func (s step) formula(p proposal, v view) string {
	if p.step < 0 {
		return ""
	}
	adjustment := s.steps[p.step].adjustment
	switch s.adjust {
	case AdjustmentExact:
		return fmt.Sprintf("exactly %d", p.count)
	case AdjustmentPercent:
		return fmt.Sprintf("%d %+d (%s %% of %d) = %d", v.basis.Intended, s.percentage(adjustment, v.basis.Intended), number(adjustment), v.basis.Intended, p.count)
	default:
		return fmt.Sprintf("%d %+d = %d", v.basis.Intended, int(adjustment), p.count)
	}
}

func (s step) change(view) string {
	return fmt.Sprintf("acts when %s is %s %s in %d of %d periods", s.signal, s.comparison.words(), number(s.threshold), s.datapoints, s.periods)
}

// scalesOut reports whether a step adds servers.
func (s step) scalesOut() bool {
	for _, band := range s.steps {
		if s.adjust != AdjustmentExact && band.adjustment > 0 {
			return true
		}
	}
	return false
}
