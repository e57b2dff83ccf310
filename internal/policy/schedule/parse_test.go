package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

func TestParse_faults(t *testing.T) {
	t.Parallel()
	const start = "0 8 * * *"
	hour := time.Hour
	// Messages are given in part.
	type want = []schedule.Fault
	for name, test := range map[string]struct {
		spec schedule.Spec
		want want
	}{
		"no start":                             {schedule.Spec{}, want{{"start", "five fields"}}},
		"four fields":                          {schedule.Spec{Start: "0 8 * *"}, want{{"start", "five fields"}}},
		"six fields":                           {schedule.Spec{Start: "0 0 8 * * *"}, want{{"start", "five fields"}}},
		"seven fields":                         {schedule.Spec{Start: "0 0 8 * * * 2026"}, want{{"start", "five fields"}}},
		"a descriptor":                         {schedule.Spec{Start: "@daily"}, want{{"start", "five fields"}}},
		"an interval":                          {schedule.Spec{Start: "@every 1h"}, want{{"start", "five fields"}}},
		"a zone in the expression":             {schedule.Spec{Start: "TZ=UTC 0 8 * * *"}, want{{"start", "five fields"}}},
		"a zone in place of a field":           {schedule.Spec{Start: "CRON_TZ=UTC 8 * * *"}, want{{"start", "five fields"}}},
		"nothing but a zone":                   {schedule.Spec{Start: "TZ=UTC"}, want{{"start", "five fields"}}},
		"a question mark":                      {schedule.Spec{Start: "0 8 ? * MON"}, want{{"start", `the day of the month is "?"; write *`}}},
		"a minute that no hour has":            {schedule.Spec{Start: "60 8 * * *"}, want{{"start", `the minute is "60"; write *, or numbers and ranges from 0 to 59`}}},
		"an hour that no day has":              {schedule.Spec{Start: "0 24 * * *"}, want{{"start", `the hour is "24"`}}},
		"a day that no month has":              {schedule.Spec{Start: "0 8 32 * *"}, want{{"start", `the day of the month is "32"`}}},
		"no day":                               {schedule.Spec{Start: "0 8 0 * *"}, want{{"start", `the day of the month is "0"`}}},
		"a month that no year has":             {schedule.Spec{Start: "0 8 * 13 *"}, want{{"start", `the month is "13"`}}},
		"a day that no week has":               {schedule.Spec{Start: "0 8 * * 8"}, want{{"start", `the day of the week is "8"; write *, or numbers and ranges from 0 to 6`}}},
		"a name that is none":                  {schedule.Spec{Start: "0 8 * * monday"}, want{{"start", `the day of the week is "monday"`}}},
		"a range that ends before it begins":   {schedule.Spec{Start: "0 22-6 * * *"}, want{{"start", `the hour is "22-6"`}}},
		"a range that begins with a star":      {schedule.Spec{Start: "*-5 8 * * *"}, want{{"start", `the minute is "*-5"`}}},
		"a sign":                               {schedule.Spec{Start: "+5 8 * * *"}, want{{"start", `the minute is "+5"`}}},
		"a negative number":                    {schedule.Spec{Start: "-5 8 * * *"}, want{{"start", `the minute is "-5"`}}},
		"a step of nothing":                    {schedule.Spec{Start: "*/0 8 * * *"}, want{{"start", `the minute is "*/0"`}}},
		"a step from one number":               {schedule.Spec{Start: "5/10 8 * * *"}, want{{"start", `the minute is "5/10"`}}},
		"nothing in a list":                    {schedule.Spec{Start: "1,,2 8 * * *"}, want{{"start", `the minute is "1,,2"`}}},
		"a list of nothing":                    {schedule.Spec{Start: ", 8 * * *"}, want{{"start", `the minute is ","`}}},
		"several fields":                       {schedule.Spec{Start: "60 24 * * *"}, want{{"start", "the minute"}, {"start", "the hour"}}},
		"a day that never comes":               {schedule.Spec{Start: "0 0 31 2 *"}, want{{"start", "never occurs"}}},
		"an end that never comes":              {schedule.Spec{Start: start, End: "0 0 31 4,6,9,11 *"}, want{{"end", "never occurs"}}},
		"an end that is no expression":         {schedule.Spec{Start: start, End: "18:00"}, want{{"end", "five fields"}}},
		"an end that is the start":             {schedule.Spec{Start: start, End: start}, want{{"end", "same as start"}}},
		"an end that is the start, with 7":     {schedule.Spec{Start: "0 8 * * SUN", End: "0 8 * * 7"}, want{{"end", "same as start"}}},
		"an end that is the start, to Sunday":  {schedule.Spec{Start: "0 8 * * FRI-SUN", End: "0 8 * * 0,5,6"}, want{{"end", "same as start"}}},
		"an end that is the start, to 7":       {schedule.Spec{Start: "0 8 * * 1-7", End: "0 8 * * *"}, want{{"end", "same as start"}}},
		"an end at every start":                {schedule.Spec{Start: "0 8 * * MON", End: "0 8 * * *"}, want{{"end", "is at every start too"}}},
		"an end at every quarter":              {schedule.Spec{Start: "30 8 1 1 *", End: "*/15 8 1-7 * *"}, want{{"end", "is at every start too"}}},
		"a zone of the machine":                {schedule.Spec{Start: "0 8 * * *", TimeZone: "localtime"}, want{{"time_zone", "is not a name"}}},
		"a zone with leap seconds":             {schedule.Spec{Start: "0 8 * * *", TimeZone: "right/Europe/Berlin"}, want{{"time_zone", "is not a name"}}},
		"an end that is the start in digits":   {schedule.Spec{Start: "0 8 * JAN-DEC MON-FRI", End: " 00  08 */1 * 1,2,3-5 "}, want{{"end", "same as start"}}},
		"an end that is the start, by days":    {schedule.Spec{Start: "0 8 * * *", End: "0 8 1-31 * MON"}, want{{"end", "same as start"}}},
		"no time at all":                       {schedule.Spec{Start: start, Duration: new(time.Duration(0))}, want{{"duration", "must be more than zero, and is 0s"}}},
		"a negative duration":                  {schedule.Spec{Start: start, Duration: new(-hour)}, want{{"duration", "must be more than zero, and is -1h0m0s"}}},
		"an end and a duration":                {schedule.Spec{Start: start, End: "0 9 * * *", Duration: &hour}, want{{"duration", "only one of them"}}},
		"a zone that isn't known":              {schedule.Spec{Start: start, TimeZone: "Europe/Bielefeld"}, want{{"time_zone", `"Europe/Bielefeld" is not a name`}}},
		"the zone of the machine":              {schedule.Spec{Start: start, TimeZone: "Local"}, want{{"time_zone", `"Local" is not a name`}}},
		"a zone that is a path":                {schedule.Spec{Start: start, TimeZone: "../UTC"}, want{{"time_zone", `"../UTC" is not a name`}}},
		"an offset":                            {schedule.Spec{Start: start, TimeZone: "+02:00"}, want{{"time_zone", `"+02:00" is not a name`}}},
		"everything at once, in order":         {schedule.Spec{Start: "x", End: "y", Duration: new(-hour), TimeZone: "z"}, want{{"start", "five"}, {"end", "five"}, {"duration", "zero"}, {"duration", "one of"}, {"time_zone", "z"}}},
		"a faulty end isn't compared as start": {schedule.Spec{Start: "x", End: "x"}, want{{"start", "five"}, {"end", "five"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := schedule.Parse(test.spec)
			var got *schedule.SpecError
			if s != nil || !errors.As(err, &got) {
				t.Fatalf("got %v, %v, want a SpecError", s, err)
			}
			alike := cmp.Comparer(func(a, b schedule.Fault) bool {
				return a.Field == b.Field && (strings.Contains(a.Message, b.Message) || strings.Contains(b.Message, a.Message))
			})
			if diff := cmp.Diff(test.want, got.Faults, alike); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_accepts(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]schedule.Spec{
		"days that differ by a star":        {Start: "0 0 1-31/2 * MON", End: "0 0 */2 * MON"},
		"29 February":                       {Start: "0 0 29 2 *"},
		"29 February on one day":            {Start: "0 0 29 2 */7"},
		"a day that never comes, or Monday": {Start: "0 0 31 2 MON"},
		"tabs and spaces":                   {Start: "\t0  8 * *\t*  "},
		"steps of ranges":                   {Start: "0-30/10 8-18/2 1-15/7 JAN-JUN/3 MON-FRI/2"},
		"a list of all kinds":               {Start: "1,2-5,*/20,10-50/7 8 * * *"},
		"UTC by its name":                   {Start: "0 8 * * *", TimeZone: "UTC"},
		"a zone of three parts":             {Start: "0 8 * * *", TimeZone: "America/Argentina/Ushuaia"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parse(t, spec)
		})
	}
}

func TestSpecError_Error(t *testing.T) {
	t.Parallel()
	err := &schedule.SpecError{Faults: []schedule.Fault{{"start", "is wrong"}, {"time_zone", "is too"}}}
	if got, want := err.Error(), "start: is wrong\ntime_zone: is too"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
