package policy

import (
	"cmp"
	"math"
	"slices"
)

func (c *compiler) rules(signals []signal) []rule {
	var rules []rule
	for _, key := range keys(c.spec.Rules) {
		path := []string{"rules", key}
		c.named(path, key)
		r := c.spec.Rules[key]
		compiled := rule{name: key, signal: -1, gates: c.gates(at(path, "active_during"), r.ActiveDuring)}
		set := 0
		for _, there := range []bool{r.Target != nil, r.Step != nil, r.Value != nil} {
			if there {
				set++
			}
		}
		name := ""
		switch {
		case set > 1:
			c.fault(path, "must have one of target, step and value, not several")
			continue
		case r.Target != nil:
			name, compiled.kind = r.Target.Signal, c.target(at(path, "target"), *r.Target, signals)
		case r.Step != nil:
			name, compiled.kind = r.Step.Signal, c.step(at(path, "step"), *r.Step, signals)
		case r.Value != nil:
			name, compiled.kind = r.Value.Signal, c.value(at(path, "value"), key, *r.Value)
		default:
			c.fault(path, "must have one of target, step and value")
			continue
		}
		compiled.signal = slices.IndexFunc(signals, func(s signal) bool { return s.name == name })
		rules = append(rules, compiled)
	}
	return rules
}

func (c *compiler) gates(path, names []string) []int {
	var gates []int
	known := keys(c.spec.Schedules)
	for _, name := range names {
		c.declared(path, "schedule", name, "schedules", known)
		gates = append(gates, slices.Index(known, name))
	}
	return gates
}

func (c *compiler) signal(path []string, name string) {
	c.declared(path, "signal", name, "signals", keys(c.spec.Signals))
}

func (c *compiler) target(path []string, spec Target, signals []signal) target {
	c.signal(at(path, "signal"), spec.Signal)
	if !finite(spec.Value) || spec.Value <= 0 {
		c.fault(at(path, "target_value"), "must be a number above 0")
	}
	t := target{
		signal: spec.Signal, value: spec.Value,
		kind: choice(c, at(path, "target_type"), spec.Type, TargetAverage, TargetTypes()),
		out:  c.tolerance(at(path, "tolerance", "out"), spec.Tolerance.Out, math.MaxFloat64),
		in:   c.tolerance(at(path, "tolerance", "in"), spec.Tolerance.In, 1),
	}
	if s, ok := named(signals, spec.Signal); ok && s.PerServer != nil && t.kind == TargetAverage {
		t.kind = targetPerServer
		if a := s.PerServer.Aggregation; a != AggregationAverage && slices.Contains(Aggregations(), string(a)) {
			c.fault(at(path, "target_type"), "%q compares the average of the servers' values; their aggregation %q needs %q",
				TargetAverage, s.PerServer.Aggregation, TargetPlain)
		}
	}
	return t
}

func named(signals []signal, name string) (signal, bool) {
	i := slices.IndexFunc(signals, func(s signal) bool { return s.name == name })
	if i < 0 {
		return signal{}, false
	}
	return signals[i], true
}

func (c *compiler) tolerance(path []string, given *float64, most float64) float64 {
	if given == nil {
		return DefaultTolerance
	}
	switch {
	case !finite(*given) || *given < 0:
		c.fault(path, "must be a number of 0 or more")
	case *given > most:
		c.fault(path, "must be at most %s: no signal is further below its target than that", number(most))
	}
	return *given
}

func (c *compiler) value(path []string, ruleName string, spec Value) kind {
	switch {
	case spec.Number != nil && spec.Signal != "":
		c.fault(path, "must have one of signal and number, not both")
	case spec.Number == nil && spec.Signal == "":
		c.fault(path, "must have one of signal and number")
	case spec.Number == nil:
		c.signal(at(path, "signal"), spec.Signal)
		return passed{signal: spec.Signal}
	case !finite(*spec.Number) || *spec.Number < 0:
		c.fault(at(path, "number"), "must be a number of 0 or more")
	}
	if spec.Number == nil {
		return passed{}
	}
	return fixed{rule: ruleName, number: *spec.Number}
}

func (c *compiler) step(path []string, spec Step, signals []signal) step {
	c.signal(at(path, "signal"), spec.Signal)
	if !finite(spec.Threshold) {
		c.fault(at(path, "threshold"), "must be a finite number")
	}
	s := step{
		signal: spec.Signal, threshold: spec.Threshold,
		comparison: choice(c, at(path, "comparison"), spec.Comparison, "", Comparisons()),
		periods:    c.periods(at(path, "evaluation_periods"), spec.EvaluationPeriods, 1),
		missing:    choice(c, at(path, "treat_missing_data"), spec.TreatMissingData, MissingMissing, TreatMissingDataValues()),
		adjust:     choice(c, at(path, "adjustment_type"), spec.AdjustmentType, AdjustmentChange, AdjustmentTypes()),
	}
	if spec.Comparison == "" {
		c.fault(at(path, "comparison"), "is needed: say when the signal breaches the threshold")
	}
	s.datapoints = c.periods(at(path, "datapoints_to_alarm"), spec.DatapointsToAlarm, s.periods)
	if s.datapoints > s.periods {
		c.fault(at(path, "datapoints_to_alarm"), "must be at most evaluation_periods: of %d periods, %d can't breach", s.periods, s.datapoints)
	}
	if s.periods > 1 && !hasPeriod(signals, spec.Signal) {
		c.fault(at(path, "evaluation_periods"), "must be 1: signal %q has no period, so there is only its newest sample", spec.Signal)
	}
	c.magnitude(at(path, "min_adjustment_magnitude"), spec, &s)
	s.steps = c.steps(path, spec, s)
	return s
}

// hasPeriod reports whether the signal, or what it is computed from, comes in
// periods. A signal that isn't declared is another fault.
func hasPeriod(signals []signal, name string) bool {
	s, ok := named(signals, name)
	if !ok || s.Period > 0 {
		return true
	}
	return slices.ContainsFunc(s.operands, func(i int) bool { return i < len(signals) && hasPeriod(signals, signals[i].name) })
}

func (c *compiler) periods(path []string, given *int, otherwise int) int {
	switch {
	case given == nil:
		return otherwise
	case *given < 1 || *given > MaxEvaluationPeriods:
		c.fault(path, "must be from 1 to %d, not %d", MaxEvaluationPeriods, *given)
	}
	return *given
}

func (c *compiler) magnitude(path []string, spec Step, s *step) {
	given := spec.MinAdjustmentMagnitude
	switch {
	case given == nil:
		return
	case s.adjust != AdjustmentPercent:
		c.fault(path, "is used only with adjustment_type = %q", AdjustmentPercent)
	case *given < 1 || *given > maxCount:
		c.fault(path, "must be 1 or more, not %d", *given)
	}
	s.magnitude = *given
}

// steps checks that the steps cover all values that breach the threshold, once
// each, and returns them from the lowest to the highest.
func (c *compiler) steps(path []string, spec Step, s step) []band {
	at := at(path, "steps")
	if len(spec.Steps) == 0 {
		c.fault(at, "must have a step: what is done while the signal breaches the threshold")
		return nil
	}
	bands := make([]band, 0, len(spec.Steps))
	for _, given := range spec.Steps {
		if !c.adjustment(at, given, s.adjust) {
			return nil
		}
		bands = append(bands, band{
			lower: limit(given.Lower, math.Inf(-1)), upper: limit(given.Upper, math.Inf(1)), adjustment: given.Adjustment,
		})
	}
	slices.SortFunc(bands, func(a, b band) int { return cmp.Compare(a.lower, b.lower) })
	c.contiguous(at, bands)
	c.covering(at, bands, s.comparison)
	return bands
}

func limit(given *float64, otherwise float64) float64 {
	if given == nil {
		return otherwise
	}
	return *given
}

func (c *compiler) adjustment(path []string, given Adjustment, adjust AdjustmentType) bool {
	for _, bound := range []*float64{given.Lower, given.Upper} {
		if bound != nil && !finite(*bound) {
			c.fault(path, "a bound of a step must be a finite number; leave it out where there is none")
			return false
		}
	}
	whole := given.Adjustment == math.Trunc(given.Adjustment)
	switch {
	case !finite(given.Adjustment) || math.Abs(given.Adjustment) > maxCount:
		c.fault(path, "an adjustment must be a number of at most %d", maxCount)
	case adjust != AdjustmentPercent && !whole:
		c.fault(path, "an adjustment of %s servers isn't possible; use a whole number", number(given.Adjustment))
	case adjust == AdjustmentExact && given.Adjustment < 0:
		c.fault(path, "an exact adjustment must be 0 or more, not %s", number(given.Adjustment))
	case given.Lower != nil && given.Upper != nil && *given.Lower >= *given.Upper:
		c.fault(path, "the step from %s to %s is empty: lower must be below upper", number(*given.Lower), number(*given.Upper))
	default:
		return true
	}
	return false
}

func (c *compiler) contiguous(path []string, bands []band) {
	for i := 1; i < len(bands); i++ {
		switch before, band := bands[i-1], bands[i]; {
		case before.upper > band.lower:
			c.fault(path, "two steps overlap at %s above the threshold", overlap(band.lower, before.upper))
		case before.upper < band.lower:
			c.fault(path, "no step covers %s to %s above the threshold: one step must end where the next begins", number(before.upper), number(band.lower))
		}
	}
}

// overlap writes where an overlap begins.
func overlap(lower, upper float64) string {
	if math.IsInf(lower, 0) {
		if math.IsInf(upper, 0) {
			return "everything"
		}
		return number(upper)
	}
	return number(lower)
}

// covering checks that the bands reach from the threshold to infinity on the side
// that breaches, and don't cross to the other.
func (c *compiler) covering(path []string, bands []band, comparison Comparison) {
	first, last := bands[0], bands[len(bands)-1]
	if comparison.above() {
		if !math.IsInf(last.upper, 1) {
			c.fault(path, "the highest step must have no upper: %s above the threshold, nothing would be done", number(last.upper))
		}
		if first.lower != 0 && !math.IsInf(first.lower, -1) {
			c.fault(path, "the lowest step must begin at the threshold (lower = 0), not at %s", number(first.lower))
		}
		if first.upper <= 0 {
			c.fault(path, "a step below the threshold is never reached with comparison = %q", comparison)
		}
		return
	}
	if !math.IsInf(first.lower, -1) {
		c.fault(path, "the lowest step must have no lower: %s below the threshold, nothing would be done", number(-first.lower))
	}
	if last.upper != 0 && !math.IsInf(last.upper, 1) {
		c.fault(path, "the highest step must end at the threshold (upper = 0), not at %s", number(last.upper))
	}
	if last.lower >= 0 {
		c.fault(path, "a step above the threshold is never reached with comparison = %q", comparison)
	}
}
