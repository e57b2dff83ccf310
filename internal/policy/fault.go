package policy

import "strings"

// Fault is one mistake in a [Spec].
type Fault struct {
	// Path leads to the mistake by the names that the user writes, for example
	// ["rules", "cpu", "target", "signal"].
	Path []string
	// Message says what is wrong and what to do, as one clause without a final
	// full stop.
	Message string
}

// String returns the path and the message.
func (f Fault) String() string {
	if len(f.Path) == 0 {
		return f.Message
	}
	return strings.Join(f.Path, ".") + ": " + f.Message
}

// SpecError holds every fault that [Compile] found, sorted by path. It is never
// empty.
type SpecError struct{ Faults []Fault }

// Error lists all faults, one per line.
func (e *SpecError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, fault := range e.Faults {
		lines = append(lines, fault.String())
	}
	return strings.Join(lines, "\n")
}
