package awsclient

import (
	"fmt"
	"strings"
)

// Fault is one mistake in [Options].
type Fault struct {
	// Path leads to the mistake by the names of the aws block, for example
	// ["assume_role", "0", "role_arn"].
	Path []string
	// Message says what is wrong and what to do, as a clause that continues the path.
	// It never quotes a secret.
	Message string
}

// ConfigError holds every fault of Options. It is never empty.
type ConfigError struct{ Faults []Fault }

// Error lists all faults, one per line.
func (e *ConfigError) Error() string {
	lines := make([]string, 0, len(e.Faults))
	for _, fault := range e.Faults {
		lines = append(lines, fmt.Sprintf("%s %s", strings.Join(fault.Path, "."), fault.Message))
	}
	return strings.Join(lines, "\n")
}

// faulty returns a ConfigError with one fault.
func faulty(path, format string, arguments ...any) error {
	return &ConfigError{Faults: []Fault{{Path: strings.Split(path, "."), Message: fmt.Sprintf(format, arguments...)}}}
}
