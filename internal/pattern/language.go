package pattern

import (
	"fmt"
	"regexp/syntax"
)

// Language is the set of texts that all of its expressions accept. Texts are valid UTF-8;
// package regexp takes any other byte for U+FFFD. A Language may be used by several
// goroutines at the same time.
type Language struct{ programs []*syntax.Prog }

// Compile returns the language of the texts that all of the expressions accept: every
// text, where there are none. The error is that of [syntax.Parse].
func Compile(expressions ...string) (*Language, error) {
	l := &Language{}
	for _, expression := range expressions {
		program, err := compile(expression)
		if err != nil {
			return nil, err
		}
		l.programs = append(l.programs, program)
	}
	return l, nil
}

// compile does what regexp.Compile does.
func compile(expression string) (*syntax.Prog, error) {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return syntax.Compile(parsed.Simplify())
}

// Answer is the outcome of a search for a text. The zero Answer is Unknown.
type Answer int

// The answers.
const (
	// Unknown: the search has come to the limit of its work, and nothing is known.
	Unknown Answer = iota
	// None: there is no such text.
	None
	// Found: there is one, and no shorter one.
	Found
)

// String returns the answer in a word.
func (a Answer) String() string {
	switch a {
	case Unknown:
		return "unknown"
	case None:
		return "none"
	case Found:
		return "found"
	}
	return fmt.Sprintf("Answer(%d)", int(a))
}

// maxWork limits a search. A unit is an instruction that is followed, or a symbol that is
// tried in a state: states cost as much as they are large, and a few nanoseconds a unit.
const maxWork = 1_000_000

// Beyond looks for a text of l that other lacks. None means that l is a subset of other.
func (l *Language) Beyond(other *Language) (text string, answer Answer) {
	if len(other.programs) == 0 {
		return "", None
	}
	return search(l.programs, other.programs)
}

// Common looks for a text that is in both languages. None means that they are disjoint.
func (l *Language) Common(other *Language) (text string, answer Answer) {
	both := make([]*syntax.Prog, 0, len(l.programs)+len(other.programs))
	return search(append(append(both, l.programs...), other.programs...), nil)
}
