package formula

import "github.com/expr-lang/expr/ast"

// function is one that a formula may call.
type function struct {
	// usage shows how to call it.
	usage string
	// takes refines the arguments and reports whether there are as many as there
	// should be, or the refiner has a fault already.
	takes func(*refiner, *ast.BuiltinNode) bool
	gives shape
	// guarded: the result may be infinite, or one of the library's whole numbers.
	guarded bool
}

// functions are all that a formula may call, by their names in the library.
func functions() map[string]function {
	return map[string]function{
		"abs":     {usage: "abs(jobs)", takes: oneNumber, gives: number},
		"ceil":    {usage: "ceil(jobs / 10)", takes: oneNumber, gives: number},
		"floor":   {usage: "floor(jobs / 10)", takes: oneNumber, gives: number},
		"round":   {usage: "round(jobs / 10)", takes: oneNumber, gives: number},
		"min":     {usage: "min(cpu) or min(jobs, 10)", takes: numbersAndLists, gives: number},
		"max":     {usage: "max(cpu) or max(jobs, 10)", takes: numbersAndLists, gives: number},
		"mean":    {usage: "mean(cpu) or mean(jobs, 10)", takes: numbersAndLists, gives: number, guarded: true},
		"median":  {usage: "median(cpu) or median(jobs, 10)", takes: numbersAndLists, gives: number, guarded: true},
		"len":     {usage: "len(cpu)", takes: oneList, gives: number, guarded: true},
		"sum":     {usage: "sum(cpu) or sum(cpu, # / 100)", takes: listAndMaybe(number), gives: number, guarded: true},
		"count":   {usage: "count(cpu, # > 80)", takes: listAnd(truth), gives: number, guarded: true},
		"any":     {usage: "any(cpu, # > 80)", takes: listAnd(truth), gives: truth},
		"all":     {usage: "all(cpu, # > 80)", takes: listAnd(truth), gives: truth},
		"filter":  {usage: "filter(cpu, # > 80)", takes: listAnd(truth), gives: list},
		"map":     {usage: "map(cpu, # / 100)", takes: listAnd(number), gives: list},
		"flatten": {usage: "flatten([web, api])", takes: lists, gives: list},
	}
}

func oneNumber(r *refiner, n *ast.BuiltinNode) bool {
	if len(n.Arguments) != 1 {
		return false
	}
	r.want(&n.Arguments[0], number)
	return true
}

func oneList(r *refiner, n *ast.BuiltinNode) bool {
	if len(n.Arguments) != 1 {
		return false
	}
	r.want(&n.Arguments[0], list)
	return true
}

// lists takes one list, or one list of lists.
func lists(r *refiner, n *ast.BuiltinNode) bool {
	if len(n.Arguments) != 1 {
		return false
	}
	if got := r.refine(&n.Arguments[0]); got != list && got != nested {
		r.mismatch(n.Arguments[0], got, list)
	}
	return true
}

// numbersAndLists takes at least one number, and lists that aren't empty.
func numbersAndLists(r *refiner, n *ast.BuiltinNode) bool {
	for i := range n.Arguments {
		argument := &n.Arguments[i]
		sure := certainlyFilled(*argument)
		switch got := r.refine(argument); {
		case got == list && !sure:
			guard(argument, guardFilled, &ast.StringNode{Value: n.Name})
		case got != list && got != number:
			r.mismatch(*argument, got, number)
		}
	}
	return len(n.Arguments) > 0
}

// certainlyFilled reports whether a list isn't empty if it isn't missing.
func certainlyFilled(node ast.Node) bool {
	switch node.(type) {
	case *ast.IdentifierNode, *ast.ArrayNode:
		return true
	}
	return false
}

// listAnd takes a list and what is computed of each of its numbers.
func listAnd(each shape) func(*refiner, *ast.BuiltinNode) bool {
	return func(r *refiner, n *ast.BuiltinNode) bool {
		if len(n.Arguments) != 2 {
			return false
		}
		r.want(&n.Arguments[0], list)
		r.predicate(n.Arguments[1], each)
		return true
	}
}

func listAndMaybe(each shape) func(*refiner, *ast.BuiltinNode) bool {
	return func(r *refiner, n *ast.BuiltinNode) bool {
		if len(n.Arguments) == 1 {
			return oneList(r, n)
		}
		return listAnd(each)(r, n)
	}
}
