package formula

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm/runtime"
)

// Guards are functions that refine puts into a formula around what may fail. No formula
// can name them.
const (
	// guardFinite returns a number as a float64, if it is finite.
	guardFinite = "(finite)"
	// guardDivisor returns a number that isn't 0.
	guardDivisor = "(divisor)"
	// guardFilled returns a list that isn't empty. The second argument is the function
	// that needs it.
	guardFilled = "(filled)"
	// guardNumber and guardList stand for a variable that is missing. The argument is
	// its name.
	guardNumber, guardList = "(number)", "(list)"
)

func guards() []*builtin.Function {
	missing := func(arguments ...any) (any, error) {
		name, _ := arguments[0].(string)
		return nil, &MissingError{Name: name}
	}
	return []*builtin.Function{
		{Name: guardFinite, Func: checkFinite, Types: []reflect.Type{reflect.TypeFor[func(any) float64]()}},
		{Name: guardDivisor, Func: checkDivisor, Types: []reflect.Type{reflect.TypeFor[func(any) float64]()}},
		{Name: guardFilled, Func: checkFilled, Types: []reflect.Type{reflect.TypeFor[func(any, string) any]()}},
		{Name: guardNumber, Func: missing, Types: []reflect.Type{reflect.TypeFor[func(string) float64]()}},
		{Name: guardList, Func: missing, Types: []reflect.Type{reflect.TypeFor[func(string) []float64]()}},
	}
}

func checkFinite(arguments ...any) (any, error) {
	number, isFloat := arguments[0].(float64)
	if !isFloat {
		// The library counts in whole numbers.
		number = runtime.ToFloat64(arguments[0])
	}
	if !finite(number) {
		return nil, errInfinite
	}
	if isFloat {
		return arguments[0], nil
	}
	return number, nil
}

func checkDivisor(arguments ...any) (any, error) {
	if arguments[0] == 0.0 {
		return nil, errDivision
	}
	return arguments[0], nil
}

func checkFilled(arguments ...any) (any, error) {
	if runtime.Len(arguments[0]) == 0 {
		function, _ := arguments[1].(string)
		return nil, emptyError(function)
	}
	return arguments[0], nil
}

// guard puts the node into a call of a guard.
func guard(node *ast.Node, name string, more ...ast.Node) {
	ast.Patch(node, call(name, append([]ast.Node{*node}, more...)...))
}

func call(name string, arguments ...ast.Node) *ast.CallNode {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments}
}
