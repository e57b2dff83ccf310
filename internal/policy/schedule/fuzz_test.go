package schedule_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy/schedule"
)

// FuzzParse parses anything and asks what it has made of it, at any instant.
func FuzzParse(f *testing.F) {
	f.Add("0 8 * * MON-FRI", "0 18 * * *", int64(0), "Europe/Berlin", int64(1_800_000_000), int64(0))
	f.Add("*/15 2 29 2 */7", "", int64(time.Hour), "Australia/Lord_Howe", int64(1_790_000_000), int64(1))
	f.Add("TZ=UTC", "@every 1h", int64(-1), "Local", int64(-1<<63), int64(999_999_999))
	f.Add("0 0 31 2 *", "1,,2 ? 5/7 *-3 +1", int64(1), "Pacific/Apia", int64(1<<63-1), int64(0))
	f.Fuzz(func(t *testing.T, start, end string, duration int64, zone string, seconds, nanoseconds int64) {
		spec := schedule.Spec{Start: start, End: end, TimeZone: zone}
		if duration != 0 {
			spec.Duration = new(time.Duration(duration))
		}
		s, err := schedule.Parse(spec)
		if err != nil {
			return
		}
		at := time.Unix(seconds, nanoseconds)
		last, found := s.Last(at)
		if found && last.After(at) {
			t.Errorf("%+v: Last(%v): got %v, which is later", spec, at, last)
		}
		if year := at.UTC().Year(); found != (1 <= year && year <= 9999) {
			t.Errorf("%+v: Last(%v): got %v, %v", spec, at, last, found)
		}
		if since, ok := s.InForce(at); ok && !since.Equal(last) {
			t.Errorf("%+v: InForce(%v): got %v, want %v", spec, at, since, last)
		}
		if next, ok := s.Next(at); ok != found || ok && !next.After(at) {
			t.Errorf("%+v: Next(%v): got %v, %v, which isn't later", spec, at, next, ok)
		}
	})
}
