package cloudwatchfake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// lexeme is a piece of an expression of metric math.
var lexeme = regexp.MustCompile(`\s*('[^']*'|[0-9.]+(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|[-+*/()\[\],])`)

var errSyntax = errors.New("the expression is not understood")

// parser evaluates an expression while it reads it.
type parser struct {
	*evaluation

	query  Query
	tokens []string
}

func (e *evaluation) math(query Query) (value, error) {
	p := &parser{evaluation: e, query: query}
	rest := query.Expression
	for strings.TrimSpace(rest) != "" {
		at := lexeme.FindStringSubmatchIndex(rest)
		if at == nil || at[0] != 0 {
			return value{}, errSyntax
		}
		p.tokens = append(p.tokens, rest[at[2]:at[3]])
		rest = rest[at[1]:]
	}
	found, err := p.sum()
	if err == nil && len(p.tokens) > 0 {
		err = errSyntax
	}
	return found, err
}

// next takes the next token; empty at the end.
func (p *parser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

// accept takes the next token if it is one of those.
func (p *parser) accept(tokens ...string) (string, bool) {
	if len(p.tokens) > 0 && slices.Contains(tokens, p.tokens[0]) {
		return p.next(), true
	}
	return "", false
}

func (p *parser) sum() (value, error) { return p.chain(p.product, "+", "-") }

func (p *parser) product() (value, error) { return p.chain(p.unary, "*", "/") }

// chain reads operands with operators of one precedence between them.
func (p *parser) chain(operand func() (value, error), operators ...string) (value, error) {
	left, err := operand()
	for err == nil {
		operator, ok := p.accept(operators...)
		if !ok {
			break
		}
		var right value
		if right, err = operand(); err == nil {
			left, err = combine(left, right, operator)
		}
	}
	return left, err
}

func (p *parser) unary() (value, error) {
	if _, ok := p.accept("-"); ok {
		operand, err := p.unary()
		if err != nil {
			return value{}, err
		}
		return combine(numeric(-1), operand, "*")
	}
	return p.primary()
}

func (p *parser) primary() (value, error) {
	switch token := p.next(); {
	case token == "(":
		return p.until(")", p.sum)
	case token == "[":
		return p.until("]", p.elements)
	case token == "":
		return value{}, errSyntax
	case token[0] >= '0' && token[0] <= '9' || token[0] == '.':
		number, err := strconv.ParseFloat(token, 64)
		return numeric(number), err
	case token[0] >= 'a' && token[0] <= 'z':
		return p.reference(token)
	default:
		return p.call(token)
	}
}

func (p *parser) until(end string, read func() (value, error)) (value, error) {
	found, err := read()
	if _, ok := p.accept(end); err == nil && !ok {
		err = errSyntax
	}
	return found, err
}

// elements reads what is between brackets.
func (p *parser) elements() (value, error) {
	found := value{list: true}
	for {
		element, err := p.sum()
		if err != nil {
			return value{}, err
		}
		if element.number != nil {
			return value{}, errSyntax
		}
		found.series = append(found.series, element.series...)
		if _, ok := p.accept(","); !ok {
			return found, nil
		}
	}
}

func (p *parser) reference(id string) (value, error) {
	for _, query := range p.request.Queries {
		if query.ID == id {
			return p.evaluation.query(query)
		}
	}
	return value{}, fmt.Errorf("undefined variable %s", id)
}
