package cloudwatch

import (
	"regexp"
	"slices"
	"strings"
)

// lexeme matches what a name in an expression could be taken for: texts in quotes,
// numbers such as 1e-9, and names.
var lexeme = regexp.MustCompile(`'[^']*'|"[^"]*"|[0-9.][0-9.]*(?:[eE][+-]?[0-9]+)?[A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*`)

// rename returns the expression with every reference to a query replaced. Several
// signals share a call, in which an Id must be unique.
func rename(expression string, to func(name string) string) string {
	if isInsights(expression) {
		return expression // It can't refer to anything.
	}
	var renamed strings.Builder
	copied := 0
	for _, at := range lexeme.FindAllStringIndex(expression, -1) {
		name, rest := expression[at[0]:at[1]], expression[at[1]:]
		if !isReference(name, rest) {
			continue
		}
		renamed.WriteString(expression[copied:at[0]])
		renamed.WriteString(to(name))
		copied = at[1]
	}
	renamed.WriteString(expression[copied:])
	return renamed.String()
}

// isReference reports whether a lexeme refers to a query: it begins with a small
// letter and isn't called like a function.
func isReference(name, rest string) bool {
	return name[0] >= 'a' && name[0] <= 'z' && !isCalled(rest)
}

func isCalled(rest string) bool {
	return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), "(")
}

// references returns the names of the queries that an expression refers to, sorted.
func references(expression string) []string {
	var names []string
	rename(expression, func(name string) string {
		names = append(names, name)
		return name
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// callsMetrics reports whether an expression calls the function METRICS, which returns
// everything in a call.
func callsMetrics(expression string) bool {
	for _, at := range lexeme.FindAllStringIndex(expression, -1) {
		if strings.EqualFold(expression[at[0]:at[1]], "METRICS") && isCalled(expression[at[1]:]) {
			return true
		}
	}
	return false
}
