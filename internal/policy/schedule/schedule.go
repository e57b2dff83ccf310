package schedule

import "time"

// The years in which there are schedules.
const firstYear, lastYear = 1, 9999

// Schedule is a schedule of a scaling policy; [Parse] makes one. It doesn't change and
// may be used by several goroutines at the same time.
type Schedule struct {
	start expression
	// end is nil where there is none, and duration is 0.
	end      *expression
	duration time.Duration
	zone     zone
}

// OpenEnded reports whether the schedule has neither an end nor a duration: it is in
// force until another one begins, which is for the caller to see.
func (s *Schedule) OpenEnded() bool { return s.end == nil && s.duration == 0 }

// Last returns the latest start at or before t, in the schedule's time zone. It looks
// back 41 years, and within them every expression that [Parse] accepts occurs; ok is
// false only outside of the years 1 to 9999.
func (s *Schedule) Last(t time.Time) (start time.Time, ok bool) {
	wall, ok := s.lastStart(t)
	if !ok {
		return time.Time{}, false
	}
	return s.zone.first(wall), true
}

// InForce reports whether the schedule is in force at t, and since which start: the
// latest at or before t. One with a duration is in force for that long from each start, so
// that it always is if starts are closer together. One with an end is in force where its
// latest start comes after its latest end. An open-ended one is in force from its latest
// start; whether another schedule has ended it is for the caller.
func (s *Schedule) InForce(t time.Time) (since time.Time, ok bool) {
	started, ok := s.lastStart(t)
	if !ok {
		return time.Time{}, false
	}
	if s.end != nil {
		// Their wall times are compared: instants would be equal, or the other way
		// round, where clocks are changed.
		if ended, ok := s.lastEnd(t); ok && !ended.Before(started) {
			return time.Time{}, false
		}
	}
	since = s.zone.first(started)
	if s.duration > 0 && t.Sub(since) >= s.duration {
		return time.Time{}, false
	}
	return since, true
}

// Next returns the first instant after t, in the schedule's time zone, at which a start
// or an end takes effect: in between nothing changes in what [Schedule.InForce] says. It
// needn't change at that instant either. ok is false only outside of the years 1 to
// 9999.
func (s *Schedule) Next(t time.Time) (next time.Time, ok bool) {
	if !inYears(t) {
		return time.Time{}, false
	}
	at := t.Truncate(time.Second)
	wall, ok := s.start.atOrAfter(minuteAfter(s.zone.shown(at)))
	if !ok {
		return time.Time{}, false
	}
	next = s.zone.first(wall)
	if end, ok := s.nextEnd(t); ok && end.Before(next) {
		next = end
	}
	return next, true
}

// nextEnd returns the first instant after t at which the schedule ends, unless it starts
// again before.
func (s *Schedule) nextEnd(t time.Time) (end time.Time, ok bool) {
	switch {
	case s.end != nil:
		wall, ok := s.end.atOrAfter(minuteAfter(s.zone.passed(t.Truncate(time.Second))))
		if !ok {
			return time.Time{}, false
		}
		return s.zone.last(wall), true
	case s.duration > 0:
		since, ok := s.Last(t)
		end = since.Add(s.duration)
		return end, ok && end.After(t)
	default:
		return time.Time{}, false
	}
}

// lastStart returns the wall time of the latest start that has taken effect at t.
func (s *Schedule) lastStart(t time.Time) (wall time.Time, ok bool) {
	if !inYears(t) {
		return time.Time{}, false
	}
	return s.start.atOrBefore(s.zone.shown(t.Truncate(time.Second)))
}

// lastEnd returns the wall time of the latest end that has taken effect at t.
func (s *Schedule) lastEnd(t time.Time) (wall time.Time, ok bool) {
	return s.end.atOrBefore(s.zone.passed(t.Truncate(time.Second)))
}

// inYears keeps out instants with which one can't reckon.
func inYears(t time.Time) bool {
	year := t.UTC().Year()
	return firstYear <= year && year <= lastYear
}

// minuteAfter returns the first whole minute after the wall time.
func minuteAfter(wall time.Time) time.Time { return wall.Truncate(time.Minute).Add(time.Minute) }
