package pattern

import (
	"fmt"
	"maps"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Surrogates are in no valid text.
const surrogateMin, surrogateMax = 0xD800, 0xDFFF

// endOfText is where a rune would be at either end of a text.
const endOfText = rune(-1)

// alphabet holds a rune for each class of runes between which no program makes a
// difference, those first that are most pleasant to read. Where there are several texts
// of one length, the search finds that of the first symbols.
type alphabet []rune

// newAlphabet fails where dividing the runes takes more than the work that is left.
func newAlphabet(programs []*syntax.Prog, work *budget) (symbols alphabet, ok bool) {
	tests := runeTests(programs)
	best := make(map[string]rune)
	for _, interval := range intervals(tests) {
		if !work.spend(len(tests) + 1) {
			return nil, false
		}
		first, last := interval[0], interval[1]
		symbol := pleasantest(first, last)
		class := classOf(symbol, tests)
		if other, known := best[class]; !known || byPleasure(symbol, other) < 0 {
			best[class] = symbol
		}
	}
	return slices.SortedFunc(maps.Values(best), byPleasure), true
}

// runeTests returns the instructions that tell runes from each other, once each.
func runeTests(programs []*syntax.Prog) []syntax.Inst {
	tests := make(map[string]syntax.Inst)
	for _, program := range programs {
		for _, instruction := range program.Inst {
			if consumes(instruction.Op) {
				tests[fmt.Sprint(instruction.Op, instruction.Arg, instruction.Rune)] = instruction
			}
		}
	}
	return slices.Collect(maps.Values(tests))
}

// classOf returns a text that is equal for runes with which everything goes on in the same
// way: after them and before them too.
func classOf(symbol rune, tests []syntax.Inst) string {
	class := []byte{byte(syntax.EmptyOpContext(symbol, endOfText)), byte(syntax.EmptyOpContext(endOfText, symbol))}
	for i := range tests {
		if accepts(&tests[i], symbol) {
			class = append(class, 1)
		} else {
			class = append(class, 0)
		}
	}
	return string(class)
}

// intervals returns the first and the last rune of the intervals within which all tests,
// and all assertions, come out the same. They cover all runes that a text may have.
func intervals(tests []syntax.Inst) [][2]rune {
	// Each interval begins at one of these.
	starts := map[rune]bool{0: true, '\n': true, '\n' + 1: true, surrogateMin: true, surrogateMax + 1: true}
	divide := func(first, last rune) { starts[first], starts[last+1] = true, true }
	for _, word := range [][2]rune{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}} {
		divide(word[0], word[1])
	}
	for _, test := range tests {
		if len(test.Rune) == 1 {
			for r := unicode.SimpleFold(test.Rune[0]); r != test.Rune[0]; r = unicode.SimpleFold(r) {
				divide(r, r)
			}
			divide(test.Rune[0], test.Rune[0])
			continue
		}
		for i := 0; i+1 < len(test.Rune); i += 2 {
			divide(test.Rune[i], test.Rune[i+1])
		}
	}
	sorted := slices.Sorted(maps.Keys(starts))
	var all [][2]rune
	for i, first := range sorted {
		last := rune(utf8.MaxRune)
		if i+1 < len(sorted) {
			last = sorted[i+1] - 1
		}
		if first <= utf8.MaxRune && (first < surrogateMin || first > surrogateMax) {
			all = append(all, [2]rune{first, last})
		}
	}
	return all
}

// pleasures are intervals of runes, the most pleasant to read first.
func pleasures() [][2]rune {
	return [][2]rune{{'0', '9'}, {'a', 'z'}, {'A', 'Z'}, {'!', '~'}, {' ', ' '}, {'\n', '\n'}, {0xA1, utf8.MaxRune}, {1, utf8.MaxRune}, {0, 0}}
}

// pleasantest returns the most pleasant rune of an interval.
func pleasantest(first, last rune) rune {
	for _, pleasure := range pleasures() {
		if from, to := max(first, pleasure[0]), min(last, pleasure[1]); from <= to {
			return from
		}
	}
	return first
}

func byPleasure(a, b rune) int {
	rank := func(r rune) int {
		return slices.IndexFunc(pleasures(), func(p [2]rune) bool { return p[0] <= r && r <= p[1] })
	}
	if byRank := rank(a) - rank(b); byRank != 0 {
		return byRank
	}
	return int(a - b)
}

func consumes(op syntax.InstOp) bool {
	switch op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}

// accepts reports whether an instruction that consumes a rune consumes this one.
func accepts(instruction *syntax.Inst, r rune) bool {
	switch instruction.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	default:
		return instruction.MatchRune(r)
	}
}
