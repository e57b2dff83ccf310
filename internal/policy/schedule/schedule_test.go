package schedule_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

func parse(t testing.TB, spec schedule.Spec) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(spec)
	if err != nil {
		t.Fatalf("Parse(%+v): %v", spec, err)
	}
	return s
}

// instant reads a time with its offset from UTC, so that tests say which of two equal wall
// times they mean.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSchedule_Last(t *testing.T) {
	t.Parallel()
	const newYork, berlin, lordHowe, cairo = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo"
	for name, test := range map[string]struct{ start, zone, at, want string }{
		"a start is inclusive":                                    {"0 8 * * *", "", "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"},
		"before it, that of the day before is the last":           {"0 8 * * *", "", "2026-05-01T07:59:59.999Z", "2026-04-30T08:00:00Z"},
		"parts of a second after a start don't move it":           {"0 8 * * *", "", "2026-05-01T08:00:00.5Z", "2026-05-01T08:00:00Z"},
		"days of the week have names":                             {"30 6 * * Mon-fri", "", "2026-05-03T12:00:00Z", "2026-05-01T06:30:00Z"},
		"months have names":                                       {"0 0 1 FEB,oct *", "", "2026-05-03T12:00:00Z", "2026-02-01T00:00:00Z"},
		"with both days restricted either will do: of the month":  {"0 0 13 * FRI", "", "2026-05-14T00:00:00Z", "2026-05-13T00:00:00Z"},
		"with both days restricted either will do: of the week":   {"0 0 13 * FRI", "", "2026-05-12T00:00:00Z", "2026-05-08T00:00:00Z"},
		"a stepped star goes together with the other days":        {"0 0 */2 * MON", "", "2026-05-17T00:00:00Z", "2026-05-11T00:00:00Z"},
		"a stepped star of the week does too":                     {"0 0 13 * */5", "", "2026-05-31T00:00:00Z", "2026-03-13T00:00:00Z"},
		"all numbers are not a star":                              {"0 0 1-31 * MON", "", "2026-05-17T00:00:00Z", "2026-05-17T00:00:00Z"},
		"the last minute of the year":                             {"59 23 31 12 *", "", "2026-12-31T23:58:00Z", "2025-12-31T23:59:00Z"},
		"29 February is found years back":                         {"0 0 29 2 *", "", "2027-12-31T00:00:00Z", "2024-02-29T00:00:00Z"},
		"29 February is found across a century":                   {"0 0 29 2 *", "", "2104-02-28T00:00:00Z", "2096-02-29T00:00:00Z"},
		"29 February on a Sunday is found 40 years back":          {"0 0 29 2 */7", "", "2128-02-28T00:00:00Z", "2088-02-29T00:00:00Z"}, // Nothing is rarer.
		"a quarter of an hour in a zone with an offset of 45":     {"0 12 * * *", "Asia/Kathmandu", "2026-05-01T12:00:00+05:45", "2026-05-01T12:00:00+05:45"},
		"New York's gap: not yet a second before":                 {"30 2 * * *", newYork, "2026-03-08T01:59:59-05:00", "2026-03-07T02:30:00-05:00"},
		"New York's gap: at the first instant after it":           {"30 2 * * *", newYork, "2026-03-08T03:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"New York's gap: from the wall time on the day after":     {"30 2 * * *", newYork, "2026-03-09T12:00:00-04:00", "2026-03-09T02:30:00-04:00"},
		"New York's gap: several minutes are one start":           {"*/15 2 * * *", newYork, "2026-03-08T20:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"New York's gap: a start of its own just after it":        {"0 2,3 * * *", newYork, "2026-03-08T20:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"New York's overlap: the first 01:30":                     {"30 1 * * *", newYork, "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-04:00"},
		"New York's overlap: still that after the second":         {"30 1 * * *", newYork, "2026-11-01T01:45:00-05:00", "2026-11-01T01:30:00-04:00"},
		"New York's overlap: between the two":                     {"30 1 * * *", newYork, "2026-11-01T01:10:00-05:00", "2026-11-01T01:30:00-04:00"},
		"New York's overlap: nothing starts hourly in its second": {"0 * * * *", newYork, "2026-11-01T01:59:59-05:00", "2026-11-01T01:00:00-04:00"},
		"New York's overlap: after it, hourly goes on":            {"0 * * * *", newYork, "2026-11-01T02:00:00-05:00", "2026-11-01T02:00:00-05:00"},
		"Berlin's gap":                                               {"30 2 * * *", berlin, "2026-03-29T12:00:00+02:00", "2026-03-29T03:00:00+02:00"},
		"Berlin's overlap: the first 02:30":                          {"30 2 * * *", berlin, "2026-10-25T12:00:00+01:00", "2026-10-25T02:30:00+02:00"},
		"Berlin's overlap: 03:00 occurs once":                        {"0 3 * * *", berlin, "2026-10-25T12:00:00+01:00", "2026-10-25T03:00:00+01:00"},
		"Lord Howe's half hour, where it begins":                     {"0 2 * * *", lordHowe, "2026-10-04T12:00:00+11:00", "2026-10-04T02:30:00+11:00"},
		"Lord Howe's half hour, within":                              {"15 2 * * *", lordHowe, "2026-10-04T12:00:00+11:00", "2026-10-04T02:30:00+11:00"},
		"Lord Howe's half hour, where it is over":                    {"30 2 * * *", lordHowe, "2026-10-04T12:00:00+11:00", "2026-10-04T02:30:00+11:00"},
		"Lord Howe's half hour: not yet before":                      {"15 2 * * *", lordHowe, "2026-10-04T01:59:59+10:30", "2026-10-03T02:15:00+10:30"},
		"Lord Howe's overlap: the first 01:45":                       {"45 1 * * *", lordHowe, "2026-04-05T12:00:00+10:30", "2026-04-05T01:45:00+11:00"},
		"Cairo's midnight doesn't occur":                             {"0 0 * * *", cairo, "2026-04-24T12:00:00+03:00", "2026-04-24T01:00:00+03:00"},
		"Cairo's midnight: not yet before":                           {"0 0 * * *", cairo, "2026-04-23T23:59:59+02:00", "2026-04-23T00:00:00+02:00"},
		"Cairo's day begins late for one day of the month too":       {"0 0 24 * *", cairo, "2026-04-30T12:00:00+03:00", "2026-04-24T01:00:00+03:00"},
		"Cairo's overlap is before midnight: the first":              {"30 23 * * *", cairo, "2026-10-30T12:00:00+02:00", "2026-10-29T23:30:00+03:00"},
		"Cairo's midnight after the overlap":                         {"0 0 * * *", cairo, "2026-10-30T12:00:00+02:00", "2026-10-30T00:00:00+02:00"},
		"Apia skipped a Friday: it is made up for on Saturday":       {"0 8 * * FRI", "Pacific/Apia", "2011-12-31T12:00:00+14:00", "2011-12-31T00:00:00+14:00"},
		"Apia skipped a Friday: not yet on Thursday":                 {"0 8 * * FRI", "Pacific/Apia", "2011-12-29T23:59:59-10:00", "2011-12-23T08:00:00-10:00"},
		"Kwajalein skipped a Saturday":                               {"0 8 * * SAT", "Pacific/Kwajalein", "1993-08-22T12:00:00+12:00", "1993-08-22T00:00:00+12:00"},
		"Kwajalein had most of a Tuesday twice: the first":           {"0 8 30 9 *", "Pacific/Kwajalein", "1969-10-05T00:00:00-12:00", "1969-09-30T08:00:00+11:00"},
		"the last day of a leap year that goes by a rule":            {"0 8 * * *", newYork, "2040-12-31T12:00:00-05:00", "2040-12-31T08:00:00-05:00"},
		"the last evening of it, when it is over in UTC":             {"0 20 * * *", newYork, "2040-12-31T22:00:00-05:00", "2040-12-31T20:00:00-05:00"},
		"the new year after it":                                      {"0 0 1 1 *", newYork, "2041-01-01T12:00:00-05:00", "2041-01-01T00:00:00-05:00"},
		"offsets of seconds, from before there were zones":           {"0 12 * * *", berlin, "1880-05-01T12:00:00Z", "1880-05-01T11:06:32Z"},
		"an instant of another zone is read in that of the schedule": {"0 8 * * *", berlin, "2026-05-01T02:30:00-04:00", "2026-05-01T08:00:00+02:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := parse(t, schedule.Spec{Start: test.start, TimeZone: test.zone}).Last(instant(t, test.at))
			if want := instant(t, test.want); !ok || !got.Equal(want) {
				t.Errorf("got %v, %v, want %v", got, ok, want)
			}
		})
	}
}

// TestSchedule_Last_zone: what is shown to a user is in the zone of the schedule.
func TestSchedule_Last_zone(t *testing.T) {
	t.Parallel()
	got, _ := parse(t, schedule.Spec{Start: "0 8 * * *", TimeZone: "Europe/Berlin"}).Last(instant(t, "2026-05-01T12:00:00Z"))
	if want := "2026-05-01 08:00:00 +0200 CEST"; got.String() != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSchedule_InForce(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	type window struct {
		start, end string
		duration   time.Duration
		zone       string
	}
	newYork := func(start, end string, duration time.Duration) window {
		return window{start, end, duration, "America/New_York"}
	}
	// Where since is empty the schedule isn't in force.
	for name, test := range map[string]struct {
		window
		at, since string
	}{
		"it is from the start on":                                  {window{"0 8 * * *", "0 18 * * *", 0, ""}, "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"},
		"it is not before":                                         {window{"0 8 * * *", "0 18 * * *", 0, ""}, "2026-05-01T07:59:59.999Z", ""},
		"it is up to the end":                                      {window{"0 8 * * *", "0 18 * * *", 0, ""}, "2026-05-01T17:59:59.999Z", "2026-05-01T08:00:00Z"},
		"it isn't from the end on":                                 {window{"0 8 * * *", "0 18 * * *", 0, ""}, "2026-05-01T18:00:00Z", ""},
		"overnight: before midnight":                               {window{"0 22 * * *", "0 6 * * *", 0, ""}, "2026-05-01T23:00:00Z", "2026-05-01T22:00:00Z"},
		"overnight: after midnight":                                {window{"0 22 * * *", "0 6 * * *", 0, ""}, "2026-05-02T05:59:59Z", "2026-05-01T22:00:00Z"},
		"overnight: not in the day":                                {window{"0 22 * * *", "0 6 * * *", 0, ""}, "2026-05-02T06:00:00Z", ""},
		"a duration is from the start on":                          {window{"0 8 * * *", "", hour, ""}, "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"},
		"a duration is exclusive":                                  {window{"0 8 * * *", "", hour, ""}, "2026-05-01T09:00:00Z", ""},
		"a duration lasts to the last part of a second":            {window{"0 8 * * *", "", hour, ""}, "2026-05-01T08:59:59.999999999Z", "2026-05-01T08:00:00Z"},
		"a duration as long as the gap between starts never ends":  {window{"0 8 * * *", "", 24 * hour, ""}, "2026-05-01T08:00:00Z", "2026-05-01T08:00:00Z"},
		"a longer one counts from the latest start":                {window{"0 8 * * *", "", 100 * hour, ""}, "2026-05-01T09:00:00Z", "2026-05-01T08:00:00Z"},
		"a duration of days":                                       {window{"0 0 * * SAT", "", 48 * hour, ""}, "2026-05-03T23:59:00Z", "2026-05-02T00:00:00Z"},
		"open-ended: since its last start":                         {window{"0 8 * * MON", "", 0, ""}, "2026-05-03T23:59:00Z", "2026-04-27T08:00:00Z"},
		"ends on days without a start: in the window":              {window{"0 1 * * Mon", "0 2 * * *", 0, ""}, "2026-05-04T01:30:00Z", "2026-05-04T01:00:00Z"},
		"ends on days without a start: not on Sunday":              {window{"0 1 * * Mon", "0 2 * * *", 0, ""}, "2026-05-03T12:00:00Z", ""},
		"ends on days without a start: not on Monday at three":     {window{"0 1 * * Mon", "0 2 * * *", 0, ""}, "2026-05-04T03:00:00Z", ""},
		"ends on days without a start: not on Tuesday at noon":     {window{"0 1 * * Mon", "0 2 * * *", 0, ""}, "2026-05-05T12:00:00Z", ""},
		"a start and an end of one minute leave it ended":          {window{"0 */2 * * *", "0 */3 * * *", 0, ""}, "2026-05-01T06:30:00Z", ""},
		"gap: a start in it":                                       {newYork("30 2 * * *", "0 6 * * *", 0), "2026-03-08T03:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"gap: an end in it, before":                                {newYork("0 22 * * *", "30 2 * * *", 0), "2026-03-08T01:59:59-05:00", "2026-03-07T22:00:00-05:00"},
		"gap: an end in it":                                        {newYork("0 22 * * *", "30 2 * * *", 0), "2026-03-08T03:00:00-04:00", ""},
		"gap: a window that falls into it is empty":                {newYork("15 2 * * *", "45 2 * * *", 0), "2026-03-08T03:00:00-04:00", ""},
		"gap: a window that reaches out of it":                     {newYork("15 2 * * *", "15 3 * * *", 0), "2026-03-08T03:14:59-04:00", "2026-03-08T03:00:00-04:00"},
		"gap: a pause that falls into it loses no day":             {newYork("30 2 * * *", "15 2 * * *", 0), "2026-03-08T12:00:00-04:00", "2026-03-08T03:00:00-04:00"},
		"gap: a duration is elapsed time, to its end":              {newYork("0 1 * * *", "", 2*hour), "2026-03-08T03:59:59-04:00", "2026-03-08T01:00:00-05:00"},
		"gap: a duration is elapsed time":                          {newYork("0 1 * * *", "", 2*hour), "2026-03-08T04:00:00-04:00", ""},
		"gap: a duration counts from after it, to its end":         {newYork("30 2 * * *", "", hour), "2026-03-08T03:59:59-04:00", "2026-03-08T03:00:00-04:00"},
		"gap: a duration counts from after it":                     {newYork("30 2 * * *", "", hour), "2026-03-08T04:00:00-04:00", ""},
		"overlap: from the first start":                            {newYork("30 1 * * *", "0 6 * * *", 0), "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-04:00"},
		"overlap: on between the two starts":                       {newYork("30 1 * * *", "0 6 * * *", 0), "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-04:00"},
		"overlap: on after the first end":                          {newYork("0 22 * * *", "30 1 * * *", 0), "2026-11-01T01:30:00-04:00", "2026-10-31T22:00:00-04:00"},
		"overlap: on to the second end":                            {newYork("0 22 * * *", "30 1 * * *", 0), "2026-11-01T01:29:59-05:00", "2026-10-31T22:00:00-04:00"},
		"overlap: off at the second end":                           {newYork("0 22 * * *", "30 1 * * *", 0), "2026-11-01T01:30:00-05:00", ""},
		"overlap: a window within reaches to the second end":       {newYork("15 1 * * *", "45 1 * * *", 0), "2026-11-01T01:44:59-05:00", "2026-11-01T01:15:00-04:00"},
		"overlap: a window within is over at the second end":       {newYork("15 1 * * *", "45 1 * * *", 0), "2026-11-01T01:45:00-05:00", ""},
		"overlap: a pause within loses no day":                     {newYork("45 1 * * *", "30 1 * * *", 0), "2026-11-01T12:00:00-05:00", "2026-11-01T01:45:00-04:00"},
		"overlap: a duration is elapsed time, to its end":          {newYork("30 1 * * *", "", hour), "2026-11-01T01:29:59-05:00", "2026-11-01T01:30:00-04:00"},
		"overlap: a duration is elapsed time":                      {newYork("30 1 * * *", "", hour), "2026-11-01T01:30:00-05:00", ""},
		"overlap: an hourly duration isn't in its second pass":     {newYork("0 * * * *", "", hour/2), "2026-11-01T01:15:00-05:00", ""},
		"overlap: an hourly window is, from its first":             {newYork("0 * * * *", "30 * * * *", 0), "2026-11-01T01:45:00-04:00", "2026-11-01T01:00:00-04:00"},
		"overlap: an hourly window ends in its second":             {newYork("0 * * * *", "30 * * * *", 0), "2026-11-01T01:30:00-05:00", ""},
		"Berlin's overlap: an end at the second 02:30, before":     {window{"0 22 * * *", "30 2 * * *", 0, "Europe/Berlin"}, "2026-10-25T02:29:59+01:00", "2026-10-24T22:00:00+02:00"},
		"Berlin's overlap: an end at the second 02:30":             {window{"0 22 * * *", "30 2 * * *", 0, "Europe/Berlin"}, "2026-10-25T02:30:00+01:00", ""},
		"Berlin's overlap: a day has 25 hours":                     {window{"0 12 * * *", "", 24 * hour, "Europe/Berlin"}, "2026-10-25T11:30:00+01:00", ""},
		"Berlin's gap: an end in it":                               {window{"0 22 * * *", "0 2 * * *", 0, "Europe/Berlin"}, "2026-03-29T03:00:00+02:00", ""},
		"Berlin's gap: a duration across it":                       {window{"0 22 * * *", "", 8 * hour, "Europe/Berlin"}, "2026-03-29T06:59:59+02:00", "2026-03-28T22:00:00+01:00"},
		"Lord Howe's gap: an end in it":                            {window{"0 22 * * *", "15 2 * * *", 0, "Australia/Lord_Howe"}, "2026-10-04T02:30:00+11:00", ""},
		"Lord Howe's gap: a duration is elapsed time":              {window{"0 1 * * *", "", 2 * hour, "Australia/Lord_Howe"}, "2026-10-04T03:29:59+11:00", "2026-10-04T01:00:00+10:30"},
		"Lord Howe's overlap: an end at the second 01:45, before":  {window{"0 22 * * *", "45 1 * * *", 0, "Australia/Lord_Howe"}, "2026-04-05T01:44:59+10:30", "2026-04-04T22:00:00+11:00"},
		"Lord Howe's overlap: an end at the second 01:45":          {window{"0 22 * * *", "45 1 * * *", 0, "Australia/Lord_Howe"}, "2026-04-05T01:45:00+10:30", ""},
		"Cairo's gap: an end at midnight, before":                  {window{"0 8 * * *", "0 0 * * *", 0, "Africa/Cairo"}, "2026-04-23T23:59:59+02:00", "2026-04-23T08:00:00+02:00"},
		"Cairo's gap: an end at midnight":                          {window{"0 8 * * *", "0 0 * * *", 0, "Africa/Cairo"}, "2026-04-24T01:00:00+03:00", ""},
		"Cairo's gap: a start at midnight":                         {window{"0 0 * * *", "0 8 * * *", 0, "Africa/Cairo"}, "2026-04-24T01:00:00+03:00", "2026-04-24T01:00:00+03:00"},
		"Cairo's overlap: an end at the second 23:30":              {window{"0 8 * * *", "30 23 * * *", 0, "Africa/Cairo"}, "2026-10-29T23:30:00+02:00", ""},
		"Cairo's overlap: an end before midnight goes on to it":    {window{"0 8 * * *", "30 23 * * *", 0, "Africa/Cairo"}, "2026-10-29T23:29:59+02:00", "2026-10-29T08:00:00+03:00"},
		"Apia's Friday: a window within is empty":                  {window{"0 8 * * FRI", "0 18 * * FRI", 0, "Pacific/Apia"}, "2011-12-31T00:00:00+14:00", ""},
		"Apia's Friday: a duration is made up for":                 {window{"0 8 * * FRI", "", 10 * hour, "Pacific/Apia"}, "2011-12-31T09:59:59+14:00", "2011-12-31T00:00:00+14:00"},
		"Kwajalein's Tuesday: a window of its hour lasts 24 hours": {window{"0 8 * * *", "0 9 * * *", 0, "Pacific/Kwajalein"}, "1969-09-30T08:59:59-12:00", "1969-09-30T08:00:00+11:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := schedule.Spec{Start: test.start, End: test.end, TimeZone: test.zone}
			if test.duration > 0 {
				spec.Duration = &test.duration
			}
			since, ok := parse(t, spec).InForce(instant(t, test.at))
			if test.since == "" {
				if ok || !since.IsZero() {
					t.Errorf("got in force since %v, want it not to be", since)
				}
				return
			}
			if want := instant(t, test.since); !ok || !since.Equal(want) {
				t.Errorf("got %v, %v, want %v", since, ok, want)
			}
		})
	}
}

func TestSchedule_Next(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	for name, test := range map[string]struct {
		spec     schedule.Spec
		at, want string
	}{
		"a start":                           {schedule.Spec{Start: "0 8 * * *"}, "2026-05-01T07:59:59.5Z", "2026-05-01T08:00:00Z"},
		"it is later than now":              {schedule.Spec{Start: "0 8 * * *"}, "2026-05-01T08:00:00Z", "2026-05-02T08:00:00Z"},
		"an end":                            {schedule.Spec{Start: "0 8 * * *", End: "0 18 * * *"}, "2026-05-01T08:00:00Z", "2026-05-01T18:00:00Z"},
		"the end of a duration":             {schedule.Spec{Start: "0 8 * * *", Duration: &hour}, "2026-05-01T08:00:00Z", "2026-05-01T09:00:00Z"},
		"the start after a duration":        {schedule.Spec{Start: "0 8 * * *", Duration: &hour}, "2026-05-01T09:00:00Z", "2026-05-02T08:00:00Z"},
		"a month that matches":              {schedule.Spec{Start: "0 0 1 2,12 *"}, "2026-03-31T09:00:00Z", "2026-12-01T00:00:00Z"},
		"29 February, across a century":     {schedule.Spec{Start: "0 0 29 2 *"}, "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		"a start in a gap":                  {schedule.Spec{Start: "30 2 * * *", TimeZone: "America/New_York"}, "2026-03-08T01:59:00-05:00", "2026-03-08T03:00:00-04:00"},
		"a gap's start is one":              {schedule.Spec{Start: "*/15 2 * * *", TimeZone: "America/New_York"}, "2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"},
		"a start in an overlap is one":      {schedule.Spec{Start: "30 1 * * *", TimeZone: "America/New_York"}, "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		"an end in an overlap":              {schedule.Spec{Start: "0 22 * * *", End: "30 1 * * *", TimeZone: "America/New_York"}, "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-05:00"},
		"an hourly start after the overlap": {schedule.Spec{Start: "0 * * * *", TimeZone: "America/New_York"}, "2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := parse(t, test.spec).Next(instant(t, test.at))
			if want := instant(t, test.want); !ok || !got.Equal(want) {
				t.Errorf("got %v, %v, want %v", got, ok, want)
			}
		})
	}
}

func TestSchedule_OpenEnded(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	for name, test := range map[string]struct {
		spec schedule.Spec
		want bool
	}{
		"with neither end nor duration": {schedule.Spec{Start: "0 8 * * *"}, true},
		"with an end":                   {schedule.Spec{Start: "0 8 * * *", End: "0 9 * * *"}, false},
		"with a duration":               {schedule.Spec{Start: "0 8 * * *", Duration: &hour}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := parse(t, test.spec).OpenEnded(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestSchedule_outsideOfTheYears(t *testing.T) {
	t.Parallel()
	s := parse(t, schedule.Spec{Start: "0 8 * * *", End: "0 9 * * *", TimeZone: "America/New_York"})
	for name, at := range map[string]time.Time{
		"before":        time.Date(0, 12, 31, 23, 0, 0, 0, time.UTC),
		"after":         time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		"the farthest":  time.Unix(1<<63-1, 0),
		"the other end": time.Unix(-1<<63, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, ok := s.Last(at); ok {
				t.Errorf("Last: got %v, want none", got)
			}
			if got, ok := s.InForce(at); ok {
				t.Errorf("InForce: got %v, want none", got)
			}
			if got, ok := s.Next(at); ok {
				t.Errorf("Next: got %v, want none", got)
			}
		})
	}
}
