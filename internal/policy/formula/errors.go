package formula

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/file"
)

// Error is the first mistake that [Compile] found.
type Error struct {
	// Line and Column are where it is in the source, counted in characters from 1. Both
	// are 0 for a mistake that is nowhere in particular.
	Line, Column int
	// Message says what is wrong and what to do, as one clause without a final full
	// stop.
	Message string
}

// Error returns the place and the message in one line.
func (e *Error) Error() string {
	switch e.Line {
	case 0:
		return e.Message
	case 1:
		return fmt.Sprintf("column %d: %s", e.Column, e.Message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// newError finds the place in the source.
func newError(source string, place file.Location, message string) *Error {
	e := &Error{Line: 1, Column: 1, Message: message}
	characters := 0
	for _, r := range source {
		if characters == place.From {
			break
		}
		characters++
		e.Column++
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}

// MissingError is an error of [Formula.Evaluate]: a variable has no value, and the formula
// doesn't say what to do then.
type MissingError struct{ Name string }

// Error names the variable.
func (e *MissingError) Error() string { return e.Name + " has no data" }

// emptyError is the name of a function that means nothing for an empty list. Expr takes
// the mean of nothing for 0, which would be taken for a measurement.
type emptyError string

func (e emptyError) Error() string { return string(e) + " of an empty list" }

// What else keeps a formula from having a number.
var (
	errDivision = errors.New("division by zero")
	errInfinite = errors.New("the result is not a finite number")
	errMemory   = errors.New("the lists are too long for the formula")
	// errUnforeseen is for failures of the library that no test has found.
	errUnforeseen = errors.New("the formula can't be computed")
)
