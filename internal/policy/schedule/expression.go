package schedule

import (
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// horizon is how many years an expression is followed back and ahead. The rarest that
// occurs at all is a 29 February on one day of the week, which comes after 40 years where
// they span a year such as 2100.
const horizon = 41

// minutesPerDay is how many minutes a day has on a clock that nobody changes.
const minutesPerDay = 24 * 60

// expression is a cron expression: a set of wall times. A wall time is the reading of a
// calendar and a clock, without a zone; it is kept as the instant at which UTC reads the
// same. Equal expressions have the same wall times.
type expression struct {
	// Bit n is set where n matches.
	minute, hour, dayOfMonth, month, dayOfWeek uint64
	// either: a day matches by one of dayOfMonth and dayOfWeek, and needn't by both.
	either bool
}

// field is what a field of an expression is called, and the numbers that it may have.
type field struct {
	name     string
	min, max int
	parser   cron.Parser
	bits     func(*cron.SpecSchedule) uint64
}

func fields() []field {
	return []field{
		{"minute", 0, 59, cron.NewParser(cron.Minute), func(s *cron.SpecSchedule) uint64 { return s.Minute }},
		{"hour", 0, 23, cron.NewParser(cron.Hour), func(s *cron.SpecSchedule) uint64 { return s.Hour }},
		{"day of the month", 1, 31, cron.NewParser(cron.Dom), func(s *cron.SpecSchedule) uint64 { return s.Dom }},
		{"month", 1, 12, cron.NewParser(cron.Month), func(s *cron.SpecSchedule) uint64 { return s.Month }},
		{"day of the week", 0, 6, cron.NewParser(cron.Dow), func(s *cron.SpecSchedule) uint64 { return s.Dow }},
	}
}

// parseExpression returns what is wrong with the expression, or nothing.
func parseExpression(text string) (e expression, messages []string) {
	texts, kinds := strings.Fields(text), fields()
	if len(texts) != len(kinds) || strings.ContainsAny(text, "@=") {
		return e, []string{fmt.Sprintf("%q is not a cron expression of five fields; write minute, hour, day of the month, month and day of the week, such as \"0 8 * * MON-FRI\"", text)}
	}
	masks := make([]uint64, len(kinds))
	for i, kind := range kinds {
		var ok bool
		masks[i], ok = kind.parse(texts[i])
		if !ok {
			messages = append(messages, fmt.Sprintf("the %s is %q; write *, or numbers and ranges from %d to %d with commas between them and the smaller number of a range first; * and ranges may have a step, such as */5", kind.name, texts[i], kind.min, kind.max))
		}
	}
	if len(messages) > 0 {
		return e, messages
	}
	e = expression{minute: masks[0], hour: masks[1], dayOfMonth: masks[2], month: masks[3], dayOfWeek: masks[4]}
	e.restrictDays(texts[2], texts[4], kinds[2].all(), kinds[4].all())
	// Any day would do: what doesn't occur within the horizon never does.
	if _, ok := e.atOrBefore(time.Unix(0, 0).UTC()); !ok {
		return e, []string{fmt.Sprintf("%q never occurs", text)}
	}
	return e, nil
}

// restrictDays decides how the two fields of days go together. Fields of which one matches
// every day are made equal, however they are written.
func (e *expression) restrictDays(dayOfMonth, dayOfWeek string, allOfMonth, allOfWeek uint64) {
	e.either = !strings.HasPrefix(dayOfMonth, "*") && !strings.HasPrefix(dayOfWeek, "*")
	if e.either && (e.dayOfMonth == allOfMonth || e.dayOfWeek == allOfWeek) {
		e.dayOfMonth, e.dayOfWeek, e.either = allOfMonth, allOfWeek, false
	}
}

// all returns the bits of a field that matches everything.
func (f field) all() uint64 { return upTo(f.max) &^ upTo(f.min-1) }

// parse returns the bits of the numbers that match.
func (f field) parse(text string) (mask uint64, ok bool) {
	terms := strings.Split(text, ",")
	for i, term := range terms {
		if !plain(term) {
			return 0, false
		}
		if f.max == saturday {
			terms[i] = sundays(term)
		}
	}
	parsed, err := f.parser.Parse(strings.Join(terms, ","))
	if err != nil {
		return 0, false
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return 0, false
	}
	// The parser marks a * in a bit of its own.
	return f.bits(spec) & f.all(), true
}

// saturday is the greatest day of the week that the parser knows.
const saturday = 6

// sundays writes a term of days of the week in which Sunday is 7, or ends a range, as the
// parser knows it.
func sundays(term string) string {
	if term == "7" {
		return "0"
	}
	first, last, isRange := strings.Cut(term, "-")
	if isRange && (last == "7" || strings.EqualFold(last, "SUN")) {
		return first + "-6,0"
	}
	return term
}

// plain reports whether a term of a field has nothing that the parser takes and cron
// doesn't: ?, signs, nothing at all, a star with an end, and a step after one number.
func plain(term string) bool {
	if term == "" || strings.ContainsAny(term, "?+") {
		return false
	}
	base, _, stepped := strings.Cut(term, "/")
	if strings.HasPrefix(base, "*") {
		return base == "*"
	}
	return !stepped || strings.Contains(base, "-")
}

// atOrBefore returns the latest wall time of the expression that isn't after the given
// one. It looks back as far as the horizon.
func (e *expression) atOrBefore(wall time.Time) (time.Time, bool) {
	day, minute := split(wall)
	for limit := day.AddDate(-horizon, 0, 0); !day.Before(limit); minute = minutesPerDay - 1 {
		if !has(e.month, int(day.Month())) {
			day = day.AddDate(0, 0, -day.Day())
			continue
		}
		if e.hasDay(day) {
			if minute, ok := e.minuteAtOrBefore(minute); ok {
				return day.Add(time.Duration(minute) * time.Minute), true
			}
		}
		day = day.AddDate(0, 0, -1)
	}
	return time.Time{}, false
}

// atOrAfter returns the earliest wall time of the expression that isn't before the given
// one, which is a whole minute. It looks ahead as far as the horizon.
func (e *expression) atOrAfter(wall time.Time) (time.Time, bool) {
	day, minute := split(wall)
	for limit := day.AddDate(horizon, 0, 0); !day.After(limit); minute = 0 {
		if !has(e.month, int(day.Month())) {
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			continue
		}
		if e.hasDay(day) {
			if minute, ok := e.minuteAtOrAfter(minute); ok {
				return day.Add(time.Duration(minute) * time.Minute), true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return time.Time{}, false
}

// within reports whether every wall time of the expression is one of the other's.
func (e *expression) within(other *expression) bool {
	if e.minute&^other.minute != 0 || e.hour&^other.hour != 0 {
		return false
	}
	// In 28 years without one such as 2100, every date comes on every day of the week.
	first := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	for day := first; day.Before(first.AddDate(28, 0, 0)); day = day.AddDate(0, 0, 1) {
		if e.onDate(day) && !other.onDate(day) {
			return false
		}
	}
	return true
}

// onDate reports whether there are wall times of the expression on the day.
func (e *expression) onDate(day time.Time) bool {
	return has(e.month, int(day.Month())) && e.hasDay(day)
}

// split returns the day and the minute of it.
func split(wall time.Time) (day time.Time, minute int) {
	hour, minute, _ := wall.Clock()
	return wall.Truncate(24 * time.Hour), hour*60 + minute
}

func (e *expression) hasDay(day time.Time) bool {
	byMonth, byWeek := has(e.dayOfMonth, day.Day()), has(e.dayOfWeek, int(day.Weekday()))
	if e.either {
		return byMonth || byWeek
	}
	return byMonth && byWeek
}

// minuteAtOrBefore returns the latest minute of the day, of those that match, up to the
// given one.
func (e *expression) minuteAtOrBefore(limit int) (int, bool) {
	hour, last := limit/60, highest(e.minute, limit%60)
	if !has(e.hour, hour) || last < 0 {
		hour, last = highest(e.hour, hour-1), highest(e.minute, 59)
	}
	return hour*60 + last, hour >= 0
}

// minuteAtOrAfter returns the earliest minute of the day, of those that match, from the
// given one.
func (e *expression) minuteAtOrAfter(limit int) (int, bool) {
	hour, first := limit/60, lowest(e.minute, limit%60)
	if !has(e.hour, hour) || first > 59 {
		hour, first = lowest(e.hour, hour+1), lowest(e.minute, 0)
	}
	return hour*60 + first, hour < 24
}

func has(mask uint64, n int) bool { return mask&(1<<n) != 0 }

// highest returns the highest number of the mask up to the limit, or -1.
func highest(mask uint64, limit int) int { return bits.Len64(mask&upTo(limit)) - 1 }

// lowest returns the lowest number of the mask from the limit on, or 64.
func lowest(mask uint64, limit int) int { return bits.TrailingZeros64(mask &^ upTo(limit-1)) }

// upTo returns the bits 0 to n: none where n is -1.
func upTo(n int) uint64 { return 1<<(n+1) - 1 }
