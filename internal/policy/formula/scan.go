package formula

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

const (
	// maxSourceBytes is the longest source.
	maxSourceBytes = 1 << 10
	// maxTokens limits the work for a source: every node of its tree, and every call of
	// the parser to itself, takes one.
	maxTokens = 500
	// maxNesting is how deep brackets may be nested.
	maxNesting = 50
)

// scanner checks the words and signs of a source, before the library parses it.
type scanner struct {
	source    string
	variables map[string]Kind
	nesting   int
}

// scan returns the tokens of the source, if it is worth parsing.
func (s *scanner) scan() ([]lexer.Token, *Error) {
	switch {
	case len(s.source) > maxSourceBytes:
		return nil, &Error{Message: fmt.Sprintf("is longer than %d bytes; divide it among several signals", maxSourceBytes)}
	case strings.TrimSpace(s.source) == "":
		return nil, &Error{Message: "is empty; write a formula, for example jobs / 10"}
	}
	tokens, err := lexer.Lex(file.NewSource(s.source))
	if err != nil {
		return nil, s.lexical(err)
	}
	if len(tokens) > maxTokens {
		return nil, s.fault(tokens[maxTokens], "more than %d words and signs; divide the formula among several signals", maxTokens)
	}
	for _, token := range tokens {
		if err := s.token(token); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

func (s *scanner) fault(token lexer.Token, format string, args ...any) *Error {
	return newError(s.source, token.Location, fmt.Sprintf(format, args...))
}

func (s *scanner) lexical(err error) *Error {
	if lexical, ok := errors.AsType[*file.Error](err); ok {
		return newError(s.source, lexical.Location, lexical.Message)
	}
	return &Error{Message: "can't be read"}
}

func (s *scanner) token(token lexer.Token) *Error {
	if _, taken := s.variables[token.Value]; taken && reserved(token.Value) {
		return s.fault(token, "%q is a word of the formula language and can't be a variable; rename it", token.Value)
	}
	switch token.Kind {
	case lexer.Identifier:
		// Expr gives a meaning to $env.
		if strings.Contains(token.Value, "$") {
			return s.fault(token, "%q can't be a name; names have letters, digits and underscores", token.Value)
		}
	case lexer.Number:
		return s.number(token)
	case lexer.Operator:
		return s.operator(token)
	case lexer.Bracket:
		return s.bracket(token)
	case lexer.EOF:
	default:
		return s.fault(token, "text can't be used; a formula has only numbers and names of variables")
	}
	return nil
}

// number accepts decimal numbers that the library can parse.
func (s *scanner) number(token lexer.Token) *Error {
	digits := strings.ReplaceAll(token.Value, "_", "")
	var err error
	if strings.ContainsAny(digits, ".eE") {
		_, err = strconv.ParseFloat(digits, 64)
	} else {
		_, err = strconv.ParseInt(digits, 10, 64)
	}
	if err != nil {
		return s.fault(token, "%q can't be used as a number; write one such as 1000, 0.5 or 2.5e6", token.Value)
	}
	return nil
}

func (s *scanner) operator(token lexer.Token) *Error {
	switch token.Value {
	case "+", "-", "*", "/", "**", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "and", "||", "or", "!", "not", "??", "?", ":", ",", "#", "let", "=", ";":
		return nil
	case "%":
		return s.fault(token, `"%%" can't be used; write x - y * floor(x / y)`)
	case "if", "else":
		return s.fault(token, "%q can't be used; write condition ? this : that", token.Value)
	case "|":
		return s.fault(token, `"|" can't be used; write max(cpu) for cpu | max(), and || for or`)
	case ".", "?.":
		return s.fault(token, "%q can't be used; a formula has only numbers and names of variables", token.Value)
	}
	return s.fault(token, "%q can't be used; the operators are + - * / ** == != < <= > >= && || ! ?? and ? :", token.Value)
}

func (s *scanner) bracket(token lexer.Token) *Error {
	if slices.Contains([]string{")", "]", "}"}, token.Value) {
		s.nesting--
		return nil
	}
	s.nesting++
	if s.nesting > maxNesting {
		return s.fault(token, "more than %d brackets inside one another; take some away, or name a part with let", maxNesting)
	}
	return nil
}

// reserved reports whether the library takes a name for something else than a variable.
func reserved(name string) bool {
	switch name {
	case "true", "false", "nil", "let", "if", "else", "not", "and", "or", "in", "matches", "contains", "startsWith", "endsWith":
		return true
	}
	return false
}
