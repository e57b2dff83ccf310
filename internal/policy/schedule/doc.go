// Package schedule says when a schedule of a scaling policy is in force.
//
// A schedule is a level and not an event: the question is what holds at an instant, and
// not what has to be done at one. So it makes no difference how seldom anybody asks. The
// package is pure: it reads no clock, and equal arguments give equal answers. The time
// zone database is part of it, so that they do on every machine.
//
// # Expressions
//
// Starts and ends are cron expressions of five fields: minute (0-59), hour (0-23), day of
// the month (1-31), month (1-12 or JAN-DEC) and day of the week (0-7 or SUN-SAT, and 0
// and 7 are Sunday). A field is a list of numbers, of ranges and of *, and a range or * may have a
// step. Where both fields of days are restricted, a day that matches either matches.
// Where one of them begins with *, a day has to match both: that is how the cron of Paul
// Vixie reads them, and with it most systems, so that "0 0 */2 * MON" means the Mondays
// among the odd days. What has neither is refused: seconds, years, ?, @daily, @every and
// TZ=.
//
// # Changes of the clocks
//
// Expressions speak of wall time. Where clocks are put forward, some wall times don't
// occur: what is due then takes effect at the first instant after the gap, at once. Where
// clocks are put back, some wall times occur twice: a start takes effect at the first,
// and an end at the second. A duration is elapsed time, whatever clocks show. Nothing
// is lost by it, which is what matters for capacity: a window may come late by no more
// than the gap, and it may last longer by the time that is repeated.
//
// Two consequences are worth knowing. In the hour that is repeated nothing starts a
// second time, so that "0 * * * *" for 30 minutes isn't in force in its second pass; and
// "0 * * * *" until "30 * * * *" is in force from the first 01:00 to the second 01:30.
// And wall times, rather than instants, say which of a start and an end is the later one:
// a schedule from 02:30 until 02:15 of the next day goes on where both fall in a gap, and
// one from 01:45 until 01:30 where both are repeated. A start and an end of the same wall
// time leave the schedule ended.
package schedule
