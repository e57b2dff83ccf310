package schedule

import (
	"iter"
	"time"
)

// reach is how far from an instant clocks can have an influence on what is known of it: more
// than any two offsets from UTC, days that are skipped or repeated included, are
// apart.
const reach = 48 * time.Hour

// zone is a time zone. Its clocks turn instants into wall times, as in type expression,
// and its methods find the way back.
//
// time.Date wouldn't do: of a wall time that doesn't occur, or occurs twice, it makes one
// instant in some zones and the other in others.
type zone struct{ *time.Location }

// stretch is a time, from inclusive and to exclusive, in which clocks aren't changed.
type stretch struct {
	from, to time.Time
	offset   time.Duration
}

// wall returns what clocks show at the instant if it is within the stretch.
func (s stretch) wall(at time.Time) time.Time { return at.Add(s.offset).UTC() }

// instant returns when clocks show the wall time if they do so in the stretch.
func (s stretch) instant(wall time.Time) time.Time { return wall.Add(-s.offset) }

// stretches returns those between two instants, in their order. Clocks needn't have been
// changed between two of them.
func (z zone) stretches(from, to time.Time) iter.Seq[stretch] {
	return func(yield func(stretch) bool) {
		for at := from.In(z.Location); at.Before(to); {
			_, offset := at.Zone()
			end := endOfStretch(at)
			if end.IsZero() || end.After(to) {
				end = to.In(z.Location)
			}
			if !yield(stretch{at, end, time.Duration(offset) * time.Second}) {
				return
			}
			at = end
		}
	}
}

// endOfStretch returns until when clocks show the offset that they show at the instant,
// or an earlier instant after it; zero is never.
func endOfStretch(at time.Time) time.Time {
	_, end := at.ZoneBounds()
	// Where package time goes by a zone's rule for all later years, it takes a year
	// for 365 days, and the last day of a leap year for one whose stretch is over. It is
	// right about the offset up to the end of the year in UTC.
	if !end.IsZero() && !end.After(at) {
		return at.Truncate(24 * time.Hour).Add(24 * time.Hour).In(at.Location())
	}
	return end
}

// first returns the first instant at which clocks show the wall time or a later one.
func (z zone) first(wall time.Time) time.Time {
	var at time.Time
	for s := range z.stretches(wall.Add(-reach), wall.Add(reach)) {
		at = s.instant(wall)
		if at.Before(s.from) {
			// Clocks went past it as the stretch began.
			at = s.from
		}
		if at.Before(s.to) {
			break
		}
	}
	return at.In(z.Location)
}

// last returns the last instant at which clocks show the wall time; or, where they never
// do, that from which on they only show later ones.
func (z zone) last(wall time.Time) time.Time {
	var found time.Time
	for s := range z.stretches(wall.Add(-reach), wall.Add(reach)) {
		if at := s.instant(wall); !at.Before(s.from) {
			found = at
			if at.After(s.to) {
				found = s.to
			}
		}
	}
	return found.In(z.Location)
}

// shown returns the latest wall time that clocks have shown up to the instant, a whole
// second: a start takes effect up to then if and only if it isn't later.
func (z zone) shown(at time.Time) time.Time {
	var latest time.Time
	for s := range z.stretches(at.Add(-reach), at.Add(time.Second)) {
		if wall := s.wall(s.to.Add(-time.Second)); latest.IsZero() || wall.After(latest) {
			latest = wall
		}
	}
	return latest
}

// passed returns the latest wall time that clocks won't show any more after the
// instant, a whole second, though they may show it at the instant: an end takes effect up
// to then if and only if it isn't later.
func (z zone) passed(at time.Time) time.Time {
	var earliest time.Time
	for s := range z.stretches(at, at.Add(reach)) {
		switch wall := s.wall(s.from); {
		case earliest.IsZero():
			earliest = wall
		case !wall.After(earliest):
			earliest = wall.Add(-time.Second)
		}
	}
	return earliest
}
