package schedule

import (
	"strings"
	"time"
)

// Spec is a schedule as its user writes it.
type Spec struct {
	// Start is a cron expression of five fields: the schedule is in force from then,
	// inclusively.
	Start string
	// End is a cron expression of five fields: the schedule is in force until then,
	// exclusively. Empty: there is none.
	End string
	// Duration is for how long the schedule is in force from each start, in elapsed
	// time. Nil: it has none. A schedule with neither End nor Duration is open-ended.
	Duration *time.Duration
	// TimeZone is the name in the IANA database of the zone in which Start and End
	// are read, for example "Europe/Berlin". Empty: UTC.
	TimeZone string
}

// Fault is one mistake in a [Spec].
type Fault struct {
	// Field is "start", "end", "duration" or "time_zone".
	Field string
	// Message says what is wrong and what to do, as one clause without a final
	// full stop.
	Message string
}

// SpecError holds every fault that [Parse] found, in the order of the fields of [Spec].
// It is never empty.
type SpecError struct{ Faults []Fault }

// Error lists all faults, one per line.
func (e *SpecError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, fault := range e.Faults {
		lines = append(lines, fault.Field+": "+fault.Message)
	}
	return strings.Join(lines, "\n")
}

// faults collects what is wrong with a Spec.
type faults []Fault

func (f *faults) add(field string, messages ...string) {
	for _, message := range messages {
		*f = append(*f, Fault{Field: field, Message: message})
	}
}
