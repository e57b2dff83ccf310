package schedule_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

func BenchmarkSchedule_InForce(b *testing.B) {
	hour := time.Hour
	for _, test := range []struct {
		name, at string
		spec     schedule.Spec
	}{
		{"a window of each day", "2026-05-01T12:00:00Z", schedule.Spec{Start: "0 8 * * *", End: "0 18 * * *", TimeZone: "Europe/Berlin"}},
		{"a window of the working week", "2026-05-03T12:00:00Z", schedule.Spec{Start: "0 8 * * MON", End: "0 18 * * FRI", TimeZone: "America/New_York"}},
		{"an hour of each month", "2026-05-31T12:00:00Z", schedule.Spec{Start: "0 8 1 * *", Duration: &hour, TimeZone: "America/New_York"}},
		{"where clocks are put back", "2026-11-01T06:30:00Z", schedule.Spec{Start: "0 1 * * *", End: "45 1 * * *", TimeZone: "America/New_York"}},
		{"by the rule for later years", "2040-12-31T12:00:00Z", schedule.Spec{Start: "0 8 * * *", End: "0 18 * * *", TimeZone: "America/New_York"}},
		{"a day in 40 years", "2128-02-28T00:00:00Z", schedule.Spec{Start: "0 0 29 2 */7", End: "0 1 29 2 */7"}},
	} {
		b.Run(test.name, func(b *testing.B) {
			s, at := parse(b, test.spec), instant(b, test.at)
			b.ReportAllocs()
			for b.Loop() {
				s.InForce(at)
			}
		})
	}
}
