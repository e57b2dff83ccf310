package pattern

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// budget is the work that is left.
type budget int

// spend reports whether there was that much.
func (b *budget) spend(work int) bool {
	*b -= budget(work)
	return *b >= 0
}

// automaton is the deterministic automaton of a program, as far as it is built.
type automaton struct {
	program  *syntax.Prog
	alphabet alphabet
	work     *budget
	// asked are the assertions that occur in the program.
	asked syntax.EmptyOp
	// anchored: a match begins where the text does.
	anchored bool

	states []state
	ids    map[string]int
}

// state is a position in a text: what the program may do from there.
type state struct {
	// threads are the instructions, sorted, with which the threads that have begun
	// before the position go on.
	threads []uint32
	// before stands for the rune before the position.
	before rune
	// matched: a match has ended before the position, and the text is accepted
	// whatever follows.
	matched bool

	// expanded: what follows is known. next are the states after each symbol, and
	// final says whether the text is accepted if it ends here.
	expanded bool
	next     []int
	final    bool
}

// newAutomaton returns an automaton that has only its first state, 0.
func newAutomaton(program *syntax.Prog, symbols alphabet, work *budget) *automaton {
	a := &automaton{program: program, alphabet: symbols, work: work, ids: make(map[string]int)}
	for _, instruction := range program.Inst {
		if instruction.Op == syntax.InstEmptyWidth {
			a.asked |= syntax.EmptyOp(instruction.Arg)
		}
	}
	a.anchored = program.StartCond()&syntax.EmptyBeginText != 0
	a.id(state{before: endOfText})
	return a
}

// id returns the number of the state, and notes it if it is new.
func (a *automaton) id(s state) int {
	key := binary.AppendVarint(nil, int64(s.before))
	if s.matched {
		key = append(key, 1)
	}
	for _, thread := range s.threads {
		key = binary.AppendUvarint(key, uint64(thread)+2)
	}
	id, known := a.ids[string(key)]
	if !known {
		id = len(a.states)
		a.ids[string(key)] = id
		a.states = append(a.states, s)
	}
	return id
}

// dead reports whether the text is refused whatever follows.
func (a *automaton) dead(id int) bool {
	s := &a.states[id]
	return !s.matched && len(s.threads) == 0 && !a.begins(s)
}

// begins reports whether a match may begin at the position.
func (a *automaton) begins(s *state) bool { return !a.anchored || s.before == endOfText }

// expand finds out what follows the state; ok is false where the work is used up.
func (a *automaton) expand(id int) (expanded *state, ok bool) {
	if a.states[id].expanded {
		return &a.states[id], true
	}
	// A copy: noting new states moves the old ones.
	s := a.states[id]
	if !a.work.spend(len(a.alphabet)) {
		return nil, false
	}
	positions := make(map[syntax.EmptyOp]position)
	at := func(after rune) (position, bool) {
		holds := syntax.EmptyOpContext(s.before, after) & a.asked
		p, known := positions[holds]
		if !known {
			p, ok = a.follow(&s, holds)
			positions[holds] = p
			return p, ok
		}
		return p, true
	}
	end, ok := at(endOfText)
	if !ok {
		return nil, false
	}
	s.final = end.matched
	for _, symbol := range a.alphabet {
		p, ok := at(symbol)
		if !ok || !a.work.spend(len(p.waiting)) {
			return nil, false
		}
		s.next = append(s.next, a.id(a.consume(p, symbol)))
	}
	s.expanded = true
	a.states[id] = s
	return &a.states[id], true
}

// position is where all threads have come to that can't go on without a rune.
type position struct {
	waiting []uint32
	matched bool
}

// follow follows all threads of the state up to where they consume a rune. The assertions
// that hold at the position are given.
func (a *automaton) follow(s *state, holds syntax.EmptyOp) (p position, ok bool) {
	if s.matched {
		return position{matched: true}, true
	}
	stack := slices.Clone(s.threads)
	if a.begins(s) {
		stack = append(stack, uint32(a.program.Start))
	}
	seen := make(map[uint32]bool)
	for len(stack) > 0 {
		thread := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[thread] {
			continue
		}
		seen[thread] = true
		if !a.work.spend(1) {
			return position{}, false
		}
		instruction := &a.program.Inst[thread]
		switch instruction.Op {
		case syntax.InstMatch:
			return position{matched: true}, true
		case syntax.InstFail:
		case syntax.InstAlt, syntax.InstAltMatch:
			stack = append(stack, instruction.Out, instruction.Arg)
		case syntax.InstCapture, syntax.InstNop:
			stack = append(stack, instruction.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(instruction.Arg)&^holds == 0 {
				stack = append(stack, instruction.Out)
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			p.waiting = append(p.waiting, thread)
		}
	}
	return p, true
}

// consume returns the state after a rune.
func (a *automaton) consume(p position, symbol rune) state {
	if p.matched {
		return state{matched: true}
	}
	var threads []uint32
	for _, waiting := range p.waiting {
		if instruction := &a.program.Inst[waiting]; accepts(instruction, symbol) {
			threads = append(threads, instruction.Out)
		}
	}
	slices.Sort(threads)
	return state{threads: slices.Compact(threads), before: a.standIn(symbol)}
}

// standIn returns one rune for all those after which the program's assertions hold alike:
// fewer states tell more positions from each other.
func (a *automaton) standIn(before rune) rune {
	others := []rune{endOfText, '\n', 'a', ' '}
	for _, other := range others {
		alike := !slices.ContainsFunc(others, func(after rune) bool {
			return (syntax.EmptyOpContext(before, after)^syntax.EmptyOpContext(other, after))&a.asked != 0
		})
		// An anchored program begins nowhere else.
		if alike && (other != endOfText || !a.anchored) {
			return other
		}
	}
	return before
}
