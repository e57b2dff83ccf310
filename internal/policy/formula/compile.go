package formula

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/expr-lang/expr/vm"
)

// Compile checks the source against the variables that it may use, whose names have
// letters, digits and underscores. The error is an [*Error].
func Compile(source string, variables map[string]Kind) (*Formula, error) {
	formula, fault := rescue(func() (*Formula, *Error) { return compile(source, variables) })
	if fault != nil {
		return nil, fault
	}
	return formula, nil
}

// rescue makes an error of a panic. The library panics where it meets what it doesn't
// expect, and a panic would end the provider, and with it all that it has done so far.
func rescue(compile func() (*Formula, *Error)) (formula *Formula, fault *Error) {
	defer func() {
		if recover() != nil {
			formula, fault = nil, unforeseen()
		}
	}()
	return compile()
}

// compile does in steps what expr.Compile does at once. The library would look at some
// nodes twice for each of their levels, and so take forever, if refine didn't look first.
func compile(source string, variables map[string]Kind) (*Formula, *Error) {
	s := scanner{source: source, variables: variables}
	tokens, fault := s.scan()
	if fault != nil {
		return nil, fault
	}
	config := newConfig()
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, syntax(source, tokens, err)
	}
	kinds, fault := refine(source, tree, variables)
	if fault != nil {
		return nil, fault
	}
	program, err := build(tree, config, kinds)
	if err != nil {
		return nil, unforeseen()
	}
	return newFormula(program, kinds), nil
}

func unforeseen() *Error {
	return &Error{Message: "is not a formula that can be computed; simplify it"}
}

// newConfig limits the tree, and disables every function of the library that a formula
// can't call. That is the second line: scan counts the words, and refine knows the functions
// by name. The parser ignores the list for functions that take a condition.
func newConfig() *conf.Config {
	config := conf.CreateNew()
	config.MaxNodes = maxTokens
	config.Expect, config.ExpectAny = reflect.Float64, true
	// The optimizer would save little, and has much that can go wrong.
	config.Optimize = false
	allowed := functions()
	for _, name := range builtin.Names {
		if _, ok := allowed[name]; !ok {
			config.Disabled[name] = true
			delete(config.Builtins, name)
		}
	}
	return config
}

// build compiles a refined tree.
func build(tree *parser.Tree, config *conf.Config, kinds map[string]Kind) (*vm.Program, error) {
	// The parser must not have seen the variables: it would take max(jobs) for a call
	// of a variable that is called max.
	environment := make(map[string]any, len(kinds))
	for name, kind := range kinds {
		environment[name] = 0.0
		if kind == KindList {
			environment[name] = []float64{}
		}
	}
	config.WithEnv(environment)
	for _, guard := range guards() {
		config.Functions[guard.Name] = guard
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, config)
}

// syntax makes an error of the parser's.
func syntax(source string, tokens []lexer.Token, err error) *Error {
	parse, ok := errors.AsType[*file.Error](err)
	if !ok {
		return unforeseen()
	}
	return newError(source, parse.Location, plain(tokens, parse))
}

// plain says in other words what the library says most.
func plain(tokens []lexer.Token, parse *file.Error) string {
	for _, token := range tokens {
		switch {
		case token.From != parse.From:
		case parse.Message == "unexpected token "+token.String() && token.Kind == lexer.EOF:
			return "the formula ends too early; something is missing here"
		case parse.Message == "unexpected token "+token.String():
			return fmt.Sprintf("%q is not expected here", token.Value)
		case strings.Contains(parse.Message, "coalesce"):
			return fmt.Sprintf(`"??" and %q can't be mixed; write brackets, as in (jobs ?? 8) / 10`, token.Value)
		}
	}
	return parse.Message
}

// listed returns the names in alphabetical order, for a message.
func listed[V any](names map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
