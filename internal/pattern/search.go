package pattern

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// searcher looks through the product of the automata.
type searcher struct {
	alphabet alphabet
	work     *budget
	// automata are those that must accept the text, and after them the refusing ones, of
	// which not all may; where there are none of these, that is no condition.
	automata []*automaton
	required int

	nodes []node
	seen  map[string]bool
}

// node is a state of all automata at once, and how the search has come to it.
type node struct {
	states []int
	parent int
	symbol rune
}

// search looks for a shortest text that all of the required programs accept, and not all
// of the refusing ones, if there are any.
func search(required, refusing []*syntax.Prog) (text string, answer Answer) {
	work := budget(maxWork)
	programs := slices.Concat(required, refusing)
	symbols, ok := newAlphabet(programs, &work)
	if !ok {
		return "", Unknown
	}
	s := &searcher{alphabet: symbols, work: &work, required: len(required), seen: make(map[string]bool)}
	for _, program := range programs {
		s.automata = append(s.automata, newAutomaton(program, symbols, &work))
	}
	s.note(node{states: make([]int, len(programs)), parent: -1})
	for at := 0; at < len(s.nodes); at++ {
		wanted, ok := s.expand(at)
		if !ok {
			return "", Unknown
		}
		if wanted {
			return s.textOf(at), Found
		}
	}
	return "", None
}

// expand notes what follows a node, and reports whether a text that ends there is wanted;
// ok is false where the work is used up.
func (s *searcher) expand(at int) (wanted, ok bool) {
	states := make([]*state, len(s.automata))
	for i, a := range s.automata {
		if states[i], ok = a.expand(s.nodes[at].states[i]); !ok {
			return false, false
		}
	}
	if s.all(func(i int) bool { return states[i].final }) {
		return true, true
	}
	for symbol, r := range s.alphabet {
		if !s.work.spend(len(states)) {
			return false, false
		}
		next := make([]int, len(states))
		for i := range states {
			next[i] = states[i].next[symbol]
		}
		s.note(node{states: next, parent: at, symbol: r})
	}
	return false, true
}

// all reports whether the property holds of all required automata, and not of all others.
func (s *searcher) all(property func(i int) bool) bool {
	lacks := func(from, to int) bool {
		for i := from; i < to; i++ {
			if !property(i) {
				return true
			}
		}
		return false
	}
	return !lacks(0, s.required) && (s.required == len(s.automata) || lacks(s.required, len(s.automata)))
}

// note notes a node if it is new and not hopeless.
func (s *searcher) note(n node) {
	var key []byte
	for i, a := range s.automata {
		if i < s.required && a.dead(n.states[i]) {
			return
		}
		key = binary.AppendUvarint(key, uint64(n.states[i]))
	}
	if s.seen[string(key)] || s.neverRefused(n) {
		return
	}
	s.seen[string(key)] = true
	s.nodes = append(s.nodes, n)
}

// neverRefused reports whether the refusing automata accept all that begins as the node
// does.
func (s *searcher) neverRefused(n node) bool {
	if s.required == len(s.automata) {
		return false
	}
	for i := s.required; i < len(s.automata); i++ {
		if !s.automata[i].states[n.states[i]].matched {
			return false
		}
	}
	return true
}

// textOf returns the text by which the search has come to a node.
func (s *searcher) textOf(at int) string {
	var runes []rune
	for ; s.nodes[at].parent >= 0; at = s.nodes[at].parent {
		runes = append(runes, s.nodes[at].symbol)
	}
	slices.Reverse(runes)
	return string(runes)
}
