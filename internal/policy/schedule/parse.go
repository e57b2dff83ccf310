package schedule

import "fmt"

// Parse makes a schedule of what its user writes. The error is a [*SpecError] with
// every fault.
func Parse(spec Spec) (*Schedule, error) {
	var found faults
	s := &Schedule{}
	var messages []string
	s.start, messages = parseExpression(spec.Start)
	found.add("start", messages...)
	s.parseEnd(spec, len(messages) == 0, &found)
	s.parseDuration(spec, &found)
	place, err := location(spec.TimeZone)
	if err != nil {
		found.add("time_zone", err.Error())
	}
	s.zone = zone{place}
	if len(found) > 0 {
		return nil, &SpecError{Faults: found}
	}
	return s, nil
}

func (s *Schedule) parseEnd(spec Spec, startIsGood bool, found *faults) {
	if spec.End == "" {
		return
	}
	end, messages := parseExpression(spec.End)
	found.add("end", messages...)
	if startIsGood && len(messages) == 0 && end == s.start {
		found.add("end", "is the same as start, so that the schedule would never be in force; without end and duration it is in force until another one begins")
	} else if startIsGood && len(messages) == 0 && s.start.within(&end) {
		found.add("end", "is at every start too, so that the schedule would never be in force; without end and duration it is in force until another one begins")
	}
	s.end = &end
}

func (s *Schedule) parseDuration(spec Spec, found *faults) {
	if spec.Duration == nil {
		return
	}
	if *spec.Duration <= 0 {
		found.add("duration", fmt.Sprintf("must be more than zero, and is %s", *spec.Duration))
	}
	if spec.End != "" {
		found.add("duration", "is set besides end; only one of them can say how long the schedule is in force")
	}
	s.duration = *spec.Duration
}
