package schedule_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

// numbers are those that match in a field of an expression, and how it is written.
type numbers struct {
	text string
	all  map[int]bool
	star bool
}

// times is an expression that knows by itself, without the parser, what it means.
type times struct{ minute, hour, day, month, weekday numbers }

func (e times) String() string {
	return strings.Join([]string{e.minute.text, e.hour.text, e.day.text, e.month.text, e.weekday.text}, " ")
}

func (e times) matches(wall time.Time) bool {
	byDay, byWeekday := e.day.all[wall.Day()], e.weekday.all[int(wall.Weekday())]
	date := byDay && byWeekday
	if !e.day.star && !e.weekday.star {
		date = byDay || byWeekday
	}
	return wall.Second() == 0 && e.minute.all[wall.Minute()] && e.hour.all[wall.Hour()] && e.month.all[int(wall.Month())] && date
}

type generator struct{ *rand.Rand }

// numbers makes a field: a star more often than not where stars are likely.
func (g generator) numbers(low, high int, likelyStar bool) numbers {
	n := numbers{all: map[int]bool{}}
	add := func(from, to, step int) {
		for i := from; i <= to; i += step {
			n.all[i] = true
		}
	}
	kind := g.IntN(4)
	if likelyStar && g.IntN(3) > 0 {
		kind = 0
	}
	switch step, from := 1+g.IntN(high-low+1), low+g.IntN(high-low+1); kind {
	case 0:
		n.text, n.star = "*", true
		add(low, high, 1)
	case 1:
		n.text, n.star = fmt.Sprintf("*/%d", step), true
		add(low, high, step)
	case 2:
		to := from + g.IntN(high-from+1)
		n.text = fmt.Sprintf("%d-%d/%d", from, to, step)
		add(from, to, step)
	default:
		other := low + g.IntN(high-low+1)
		n.text = fmt.Sprintf("%d,%d", from, other)
		add(from, from, 1)
		add(other, other, 1)
	}
	return n
}

// times are mostly near the hours at which clocks are changed.
func (g generator) times() times {
	e := times{
		minute: g.numbers(0, 59, false), hour: g.numbers(0, 23, false), day: g.numbers(1, 31, true),
		month: g.numbers(1, 12, true), weekday: g.numbers(0, 6, true),
	}
	if g.IntN(3) > 0 {
		hour := (g.IntN(6) + 22) % 24
		e.hour = numbers{text: fmt.Sprint(hour), all: map[int]bool{hour: true}}
	}
	return e
}

// day is a zone and an instant around which something happens to its clocks, or nothing.
type day struct{ zone, around string }

func days() []day {
	return []day{
		{"UTC", "2028-02-29T12:00:00Z"},
		{"Asia/Kathmandu", "2026-12-31T18:15:00Z"},
		{"America/New_York", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-11-01T06:00:00Z"},
		{"America/New_York", "2040-12-31T12:00:00Z"},
		{"America/New_York", "2045-03-12T07:00:00Z"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25T01:00:00Z"},
		{"Europe/Dublin", "2048-10-25T01:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
		{"Australia/Sydney", "2040-12-31T13:00:00Z"},
		{"Africa/Cairo", "2026-04-23T22:00:00Z"},
		{"Africa/Cairo", "2026-10-29T21:00:00Z"},
		{"Africa/Casablanca", "2026-02-15T02:00:00Z"},
		{"America/Nuuk", "2026-03-29T01:00:00Z"},
		{"Antarctica/Troll", "2026-03-29T01:00:00Z"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"Pacific/Kwajalein", "1993-08-21T12:00:00Z"},
		{"Pacific/Kwajalein", "1969-09-30T13:00:00Z"},
	}
}

const (
	// walkBack and walkAhead are how far from the day the oracle walks.
	walkBack, walkAhead = 9 * 24 * time.Hour, 3 * 24 * time.Hour
	// asked is how far from it instants are asked for.
	asked = 50 * time.Hour
)

// minute is a minute of a walk: when it was and which wall times take effect in it.
type minute struct {
	at time.Time
	// first are the wall times that are shown, or skipped, for the first time; last are
	// those that are shown, or skipped, and won't be again.
	first, last []time.Time
}

// walk looks at a clock every minute and notes what it shows.
func walk(location *time.Location, from, to time.Time) []minute {
	var minutes []minute
	firstAt, lastAt := map[time.Time]int{}, map[time.Time]int{}
	var before time.Time
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		local := at.In(location)
		wall := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		shown := []time.Time{wall}
		for skipped := before.Add(time.Minute); !before.IsZero() && skipped.Before(wall); skipped = skipped.Add(time.Minute) {
			shown = append(shown, skipped)
		}
		for _, wall := range shown {
			if _, known := firstAt[wall]; !known {
				firstAt[wall] = len(minutes)
			}
			lastAt[wall] = len(minutes)
		}
		minutes = append(minutes, minute{at: at})
		before = wall
	}
	for wall, i := range firstAt {
		minutes[i].first = append(minutes[i].first, wall)
	}
	for wall, i := range lastAt {
		minutes[i].last = append(minutes[i].last, wall)
	}
	return minutes
}

// latest returns the latest of the wall times that match, or the zero time.
func latest(e times, walls []time.Time) (latest time.Time) {
	for _, wall := range walls {
		if e.matches(wall) && wall.After(latest) {
			latest = wall
		}
	}
	return latest
}

// verdict is what the oracle knows of an instant. since is zero where the schedule hasn't
// started in the walk.
type verdict struct {
	since   time.Time
	inForce bool
}

// judge says what holds in each minute of a walk.
func judge(minutes []minute, start times, end *times, duration time.Duration) []verdict {
	verdicts := make([]verdict, 0, len(minutes))
	var since, started, ended time.Time
	for _, m := range minutes {
		if wall := latest(start, m.first); !wall.IsZero() {
			since, started = m.at, wall
		}
		if end != nil {
			if wall := latest(*end, m.last); !wall.IsZero() {
				ended = wall
			}
		}
		inForce := !since.IsZero() && (end == nil || started.After(ended)) && (duration == 0 || m.at.Before(since.Add(duration)))
		verdicts = append(verdicts, verdict{since, inForce})
	}
	return verdicts
}

// TestSchedule_oracle compares schedules with a clock that is watched for weeks.
func TestSchedule_oracle(t *testing.T) {
	t.Parallel()
	for i, day := range days() {
		t.Run(strings.ReplaceAll(day.zone, "/", " ")+" "+day.around, func(t *testing.T) {
			t.Parallel()
			around := instant(t, day.around)
			minutes := walk(readZone(t, day.zone), around.Add(-walkBack), around.Add(walkAhead))
			g := generator{rand.New(rand.NewPCG(uint64(i), 1))}
			compared := 0
			for range 40 {
				compared += g.compare(t, day.zone, around, minutes)
			}
			if compared < 500 {
				t.Errorf("compared %d instants, want more", compared)
			}
		})
	}
}

// compare compares one schedule at instants around one, and returns how many of them the
// oracle knew.
func (g generator) compare(t *testing.T, zone string, around time.Time, minutes []minute) int {
	t.Helper()
	start := g.times()
	spec := schedule.Spec{Start: start.String(), TimeZone: zone}
	var end *times
	var duration time.Duration
	switch g.IntN(5) {
	case 0:
	case 1:
		duration = time.Duration(1+g.IntN(3000)) * time.Minute
		spec.Duration = &duration
	default:
		end = new(g.times())
		spec.End = end.String()
	}
	s, err := schedule.Parse(spec)
	if err != nil {
		if strings.Contains(err.Error(), "never occurs") || strings.Contains(err.Error(), "same as start") || strings.Contains(err.Error(), "at every start") {
			return 0
		}
		t.Fatalf("Parse(%+v): %v", spec, err)
	}
	verdicts := judge(minutes, start, end, duration)
	known := 0
	for range 40 {
		at := around.Add(time.Duration(g.Int64N(int64(2*asked))) - asked)
		if g.IntN(2) == 0 {
			at = at.Truncate(time.Minute)
		}
		i, exact := slices.BinarySearchFunc(minutes, at, func(m minute, at time.Time) int { return m.at.Compare(at) })
		if !exact {
			i--
		}
		want := verdicts[i]
		last, ok := s.Last(at)
		if want.since.IsZero() {
			if !ok || !last.Before(minutes[0].at.Add(time.Hour)) {
				t.Errorf("%+v: Last(%v): got %v, %v, want one before the walk", spec, at, last, ok)
			}
			continue
		}
		known++
		if !ok || !last.Equal(want.since) {
			t.Errorf("%+v: Last(%v): got %v, %v, want %v", spec, at, last, ok, want.since)
		}
		if since, ok := s.InForce(at); ok != want.inForce || ok && !since.Equal(want.since) {
			t.Errorf("%+v: InForce(%v): got %v, %v, want %+v", spec, at, since, ok, want)
		}
		compareNext(t, spec, s, at, minutes[i+1:], verdicts[i:])
	}
	return known
}

// compareNext holds that nothing changes up to what Next returns.
func compareNext(t *testing.T, spec schedule.Spec, s *schedule.Schedule, at time.Time, later []minute, verdicts []verdict) {
	t.Helper()
	next, ok := s.Next(at)
	if !ok || !next.After(at) {
		t.Errorf("%+v: Next(%v): got %v, %v, want one after", spec, at, next, ok)
	}
	for i, m := range later {
		if !m.at.Before(next) {
			return
		}
		if verdicts[i+1] != verdicts[0] {
			t.Errorf("%+v: Next(%v): got %v, but at %v it turns from %+v to %+v", spec, at, next, m.at, verdicts[0], verdicts[i+1])
			return
		}
	}
}
