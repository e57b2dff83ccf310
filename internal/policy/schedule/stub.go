package schedule

import "time"

type Spec struct {
	Start, End string
	Duration   time.Duration
	TimeZone   string
}
type Fault struct{ Field, Message string }
type SpecError struct{ Faults []Fault }

func (*SpecError) Error() string { return "" }

type Schedule struct{}

func Parse(Spec) (*Schedule, error)                   { return &Schedule{}, nil }
func (*Schedule) Last(time.Time) (time.Time, bool)    { return time.Time{}, false }
func (*Schedule) InForce(time.Time) (time.Time, bool) { return time.Time{}, false }
func (*Schedule) OpenEnded() bool                     { return false }
