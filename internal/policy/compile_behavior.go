package policy

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

// timetable is a compiled [Schedule].
type timetable struct {
	name            string
	schedule        *schedule.Schedule
	min, max, exact *int
}

func (c *compiler) schedules() []timetable {
	var compiled []timetable
	for _, key := range keys(c.spec.Schedules) {
		path := []string{"schedules", key}
		c.named(path, key)
		s := c.spec.Schedules[key]
		parsed, err := schedule.Parse(schedule.Spec{Start: s.Start, End: s.End, Duration: s.Duration, TimeZone: s.TimeZone})
		if wrong, ok := errors.AsType[*schedule.SpecError](err); ok {
			for _, fault := range wrong.Faults {
				c.fault(at(path, fault.Field), "%s", fault.Message)
			}
		}
		c.sets(path, key, s)
		compiled = append(compiled, timetable{name: key, schedule: parsed, min: s.Min, max: s.Max, exact: s.Exact})
	}
	return compiled
}

// sets checks what the schedule does while it is in force.
func (c *compiler) sets(path []string, name string, s Schedule) {
	c.servers(at(path, "min"), s.Min)
	c.servers(at(path, "max"), s.Max)
	c.servers(at(path, "exact"), s.Exact)
	switch {
	case s.Exact != nil && (s.Min != nil || s.Max != nil):
		c.fault(at(path, "exact"), "is both bounds at once; remove min and max, or exact")
	case s.Min != nil && s.Max != nil && *s.Max < *s.Min:
		c.fault(at(path, "max"), "must not be below min: %d is below %d", *s.Max, *s.Min)
	case s.Min == nil && s.Max != nil && *s.Max < c.spec.Min:
		c.fault(at(path, "max"), "must not be below min_servers: %d is below %d; set min too", *s.Max, c.spec.Min)
	case s.Min == nil && s.Max == nil && s.Exact == nil && !c.gatesRule(name):
		c.fault(path, "does nothing: give it min, max or exact, or name it in the active_during of a rule")
	}
}

// gatesRule reports whether a rule is active during the schedule.
func (c *compiler) gatesRule(name string) bool {
	for _, r := range c.spec.Rules {
		if slices.Contains(r.ActiveDuring, name) {
			return true
		}
	}
	return false
}

// behavior is a compiled [Behavior].
type behavior struct {
	out, in             limits
	warmup              time.Duration
	scaleInDuringWarmup bool
	project             *bool
}

// limits are compiled [Limits].
type limits struct {
	// name is how the user calls them.
	name     string
	window   time.Duration
	cooldown time.Duration
	changes  []MaxChange
	choose   Select
	anchor   Anchor
	disabled bool
}

func (c *compiler) behavior() behavior {
	path := []string{"behavior"}
	spec := c.spec.Behavior
	c.notNegative(at(path, "warmup"), spec.Warmup)
	out := c.limits(path, "scale_out", spec.ScaleOut, 0)
	if spec.ScaleOut.Anchor == AnchorPeak {
		c.fault(at(path, "scale_out", "anchor"), "%q is for scale_in: servers are added relative to those that there are", AnchorPeak)
	}
	return behavior{
		out: out, in: c.limits(path, "scale_in", spec.ScaleIn, DefaultStabilizationWindow),
		warmup: spec.Warmup, scaleInDuringWarmup: spec.ScaleInDuringWarmup, project: spec.ProjectScaleIn,
	}
}

func (c *compiler) limits(path []string, name string, spec Limits, window time.Duration) limits {
	path = at(path, name)
	if spec.StabilizationWindow != nil {
		window = *spec.StabilizationWindow
	}
	if c.notNegative(at(path, "stabilization_window"), window); window > MaxStabilizationWindow {
		c.fault(at(path, "stabilization_window"), "must be at most %s", duration(MaxStabilizationWindow))
	}
	c.notNegative(at(path, "cooldown"), spec.Cooldown)
	for i, change := range spec.MaxChange {
		c.maxChange(at(path, "max_change", strconv.Itoa(i)), change)
	}
	return limits{
		name: name, window: window, cooldown: spec.Cooldown, disabled: spec.Disabled,
		changes: slices.Clone(spec.MaxChange),
		choose:  choice(c, at(path, "select"), spec.Select, SelectMax, Selects()),
		anchor:  choice(c, at(path, "anchor"), spec.Anchor, AnchorCurrent, Anchors()),
	}
}

func (c *compiler) maxChange(path []string, change MaxChange) {
	switch {
	case change.Count != nil && change.Percent != nil:
		c.fault(path, "must have one of count and percent, not both")
	case change.Count == nil && change.Percent == nil:
		c.fault(path, "must have one of count and percent")
	case change.Percent != nil && (!finite(*change.Percent) || *change.Percent < 0):
		c.fault(at(path, "percent"), "must be a number of 0 or more")
	}
	c.servers(at(path, "count"), change.Count)
	switch {
	case change.Period <= 0:
		c.fault(at(path, "period"), "must be above 0: the time within which changes add up")
	case change.Period > MaxStabilizationWindow:
		c.fault(at(path, "period"), "must be at most %s", duration(MaxStabilizationWindow))
	}
}
