package policy

import (
	"fmt"
	"strings"
)

// sentence joins the head, which says what happens, and the clauses, which say
// why.
func (e *evaluation) sentence() string {
	return e.head() + strings.Join(e.clauses, "; ")
}

func (e *evaluation) head() string {
	switch {
	case e.starting():
		return fmt.Sprintf("%d: ", e.number)
	case e.number == e.current:
		return fmt.Sprintf("%d: held: ", e.number)
	}
	return fmt.Sprintf("%d -> %d: ", e.current, e.number)
}
