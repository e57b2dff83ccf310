// Package pattern compares the texts that regular expressions accept: whether all that
// one accepts is accepted by another, and whether there is anything that both accept.
//
// An expression is one of package regexp (RE2) and accepts what
// [regexp.Regexp.MatchString] says that it matches, anywhere in the text. The package
// runs the programs that package regexp compiles, so that assertions such as ^, \b
// and (?m)$ mean what they mean there.
//
// The algorithm is the textbook's: the subset construction makes a deterministic
// automaton of each program (Rabin and Scott, "Finite Automata and Their Decision
// Problems", 1959), and a breadth-first search over the product of the automata finds a
// shortest text that one accepts and the other doesn't (Hopcroft, Motwani and Ullman,
// "Introduction to Automata Theory", 4.3). As in RE2, states are built only when the
// search comes to them, and what precedes a position is part of the state (Cox, "Regular
// Expression Matching in the Wild", https://swtch.com/~rsc/regexp/regexp3.html). The
// symbols are classes of runes between which none of the programs makes a difference.
//
// Deterministic automata can be exponentially larger than their expressions, so the work
// is limited, and the answer may be [Unknown].
package pattern
