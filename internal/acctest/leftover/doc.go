// Package leftover finds what a test or a program has left running: processes, and
// the loopback addresses on which they listen.
//
// A process that adopts is told of everything below it, whatever a program does to
// get away: one that forks twice, calls setsid(2) or clears its environment is
// still somebody's child, and becomes the adopter's when that parent ends.
package leftover

import (
	"fmt"
	"strings"
)

// Process is a process that was left.
type Process struct {
	PID int
	// Command is its command line.
	Command string
	// Listeners are the loopback addresses with ports on which it listens.
	Listeners []string
}

// String describes the process in one line.
func (p Process) String() string {
	text := fmt.Sprintf("process %d is left: %s", p.PID, p.Command)
	if len(p.Listeners) > 0 {
		text += "; it listens on " + strings.Join(p.Listeners, ", ")
	}
	return text
}
