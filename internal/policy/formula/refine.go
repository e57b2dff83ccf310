package formula

import (
	"fmt"
	"maps"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// shape is what a part of a formula gives.
type shape int

const (
	// broken is the shape of what has a fault.
	broken shape = iota
	number
	list
	// nested is a list that holds lists.
	nested
	truth
)

// String returns the shape in a few words.
func (s shape) String() string {
	switch s {
	case broken:
		return "nothing"
	case number:
		return "a number"
	case list:
		return "a list"
	case nested:
		return "a list of lists"
	case truth:
		return "true or false"
	}
	return fmt.Sprintf("shape(%d)", int(s))
}

// refiner allows the parts of a tree that it knows, and puts guards around those that may
// fail.
type refiner struct {
	source    string
	variables map[string]Kind
	functions map[string]function
	// used are the variables that occur.
	used map[string]Kind
	// named are the numbers that let has named.
	named map[string]bool
	// seen are the nodes that have been looked at. The parser uses some nodes twice.
	seen map[ast.Node]bool
	// inside is true where # is known.
	inside bool
	fault  *Error
}

// refine checks the tree, changes it, and returns the variables that it uses.
func refine(source string, tree *parser.Tree, variables map[string]Kind) (map[string]Kind, *Error) {
	r := &refiner{
		source: source, variables: variables, functions: functions(),
		used: make(map[string]Kind), named: make(map[string]bool), seen: make(map[ast.Node]bool),
	}
	node := &tree.Node
	for {
		let, ok := (*node).(*ast.VariableDeclaratorNode)
		if !ok {
			break
		}
		r.let(let)
		node = &let.Expr
	}
	switch got := r.refine(node); got {
	case truth:
		r.refuse(*node, "the formula gives true or false and not a number; write condition ? 1 : 0")
	case number, broken:
	default:
		r.refuse(*node, "the formula gives %v and not a number; write mean(...), max(...) or sum(...)", got)
	}
	return r.used, r.fault
}

// refuse notes the first fault.
func (r *refiner) refuse(node ast.Node, format string, args ...any) shape {
	if r.fault == nil {
		r.fault = newError(r.source, node.Location(), fmt.Sprintf(format, args...))
	}
	return broken
}

func (r *refiner) mismatch(node ast.Node, got, want shape) {
	hint := ""
	switch {
	case got == list && want == number:
		hint = "; write mean(...), max(...) or sum(...) of it"
	case got == truth && want == number:
		hint = "; write condition ? 1 : 0"
	case got == number && want == truth:
		hint = "; compare it, as in jobs > 0"
	case got == nested:
		hint = "; write flatten(...) of it"
	}
	r.refuse(node, "this is %v where %v is needed%s", got, want, hint)
}

// want refines a node that must give the shape.
func (r *refiner) want(node *ast.Node, want shape) {
	if got := r.refine(node); got != want {
		r.mismatch(*node, got, want)
	}
}

func (r *refiner) let(let *ast.VariableDeclaratorNode) {
	_, variable := r.variables[let.Name]
	_, function := r.functions[let.Name]
	if variable || function || reserved(let.Name) || r.named[let.Name] {
		r.refuse(let, "%q has a meaning already; choose another name", let.Name)
		return
	}
	// A number only: lists that are put together of lists would grow without limit.
	r.want(&let.Value, number)
	r.named[let.Name] = true
}

// refine returns what the node gives.
func (r *refiner) refine(node *ast.Node) shape {
	if r.fault != nil {
		return broken
	}
	if r.seen[*node] {
		return r.refuse(*node, "comparisons can't be chained; write a < b && b < c")
	}
	r.seen[*node] = true
	switch n := (*node).(type) {
	case *ast.IntegerNode:
		// Whole numbers would overflow without a sign.
		ast.Patch(node, &ast.FloatNode{Value: float64(n.Value)})
		return number
	case *ast.FloatNode:
		return number
	case *ast.BoolNode:
		return truth
	case *ast.IdentifierNode:
		return r.identifier(node, n)
	case *ast.PointerNode:
		return r.pointer(n)
	case *ast.UnaryNode:
		return r.unary(n)
	case *ast.BinaryNode:
		return r.binary(node, n)
	case *ast.ConditionalNode:
		return r.conditional(n)
	case *ast.ArrayNode:
		return r.array(n)
	case *ast.BuiltinNode:
		return r.builtin(node, n)
	default:
		return r.foreign(n)
	}
}

// foreign says what to do about a node that no formula may have.
func (r *refiner) foreign(node ast.Node) shape {
	switch n := node.(type) {
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return r.refuse(n, "there is no function %s; the functions are %s", callee.Value, listed(r.functions))
		}
	case *ast.NilNode:
		return r.refuse(n, "nil can only be compared with a variable, as in jobs == nil")
	case *ast.MemberNode, *ast.SliceNode:
		return r.refuse(n, "the numbers of a list can't be picked; write min(...), max(...), mean(...) or median(...)")
	case *ast.VariableDeclaratorNode:
		return r.refuse(n, "let can only be used before the whole formula, as in let busy = mean(cpu); busy / 80")
	case *ast.SequenceNode:
		return r.refuse(n, `";" can only be used after let, as in let busy = mean(cpu); busy / 80`)
	}
	return r.refuse(node, "this can't be used in a formula")
}

// load returns the shape of a variable that may be missing.
func (r *refiner) load(n *ast.IdentifierNode) shape {
	switch kind := r.variables[n.Value]; {
	case kind == KindNumber:
		r.used[n.Value] = kind
		return number
	case kind == KindList && r.inside:
		return r.refuse(n, "a list can't be used inside another list's condition; name what is needed of it first, as in let busy = mean(%[1]s); count(%[1]s, # > busy)", n.Value)
	case kind == KindList:
		r.used[n.Value] = kind
		return list
	}
	if function, ok := r.functions[n.Value]; ok {
		return r.refuse(n, "%s is a function; write %s", n.Value, function.usage)
	}
	known := maps.Clone(r.named)
	for name := range r.variables {
		known[name] = true
	}
	if len(known) == 0 {
		return r.refuse(n, "there is no variable %s; the formula can use none", n.Value)
	}
	return r.refuse(n, "there is no variable %s; the formula can use %s", n.Value, listed(known))
}

func (r *refiner) identifier(node *ast.Node, n *ast.IdentifierNode) shape {
	if r.named[n.Value] {
		return number
	}
	missing := guardNumber
	got := r.load(n)
	if got == list {
		missing = guardList
	}
	ast.Patch(node, &ast.BinaryNode{Operator: "??", Left: n, Right: call(missing, &ast.StringNode{Value: n.Value})})
	return got
}

func (r *refiner) pointer(n *ast.PointerNode) shape {
	if n.Name != "" {
		return r.refuse(n, "#%s can't be used; # is the list's number", n.Name)
	}
	return number
}

func (r *refiner) unary(n *ast.UnaryNode) shape {
	want := number
	if n.Operator == "!" || n.Operator == "not" {
		want = truth
	}
	r.want(&n.Node, want)
	return want
}

func (r *refiner) binary(node *ast.Node, n *ast.BinaryNode) shape {
	switch n.Operator {
	case "+", "-", "*", "/", "**", "^":
		return r.arithmetic(node, n)
	case "<", "<=", ">", ">=":
		r.want(&n.Left, number)
		r.want(&n.Right, number)
		return truth
	case "&&", "and", "||", "or":
		r.want(&n.Left, truth)
		r.want(&n.Right, truth)
		return truth
	case "==", "!=":
		return r.equality(n)
	case "??":
		return r.coalesce(n, false)
	}
	return r.refuse(n, "%q can't be used in a formula", n.Operator)
}

func (r *refiner) arithmetic(node *ast.Node, n *ast.BinaryNode) shape {
	r.want(&n.Left, number)
	r.want(&n.Right, number)
	if n.Operator == "/" {
		if literal, ok := n.Right.(*ast.FloatNode); !ok {
			guard(&n.Right, guardDivisor)
		} else if literal.Value == 0 {
			return r.refuse(n, "division by zero")
		}
	}
	guard(node, guardFinite)
	return number
}

func (r *refiner) equality(n *ast.BinaryNode) shape {
	left, right := n.Left, n.Right
	if _, ok := left.(*ast.NilNode); ok {
		left, right = right, left
	}
	if _, ok := right.(*ast.NilNode); ok {
		variable, ok := left.(*ast.IdentifierNode)
		if !ok || r.named[variable.Value] {
			return r.refuse(n, "only a variable can be nil, as in jobs == nil")
		}
		r.load(variable)
		return truth
	}
	switch got := r.refine(&n.Left); got {
	case number, truth:
		r.want(&n.Right, got)
	default:
		r.mismatch(n.Left, got, number)
	}
	return truth
}

// coalesce refines left ?? right, which may itself be missing or not.
func (r *refiner) coalesce(n *ast.BinaryNode, missing bool) shape {
	left := r.maybe(&n.Left)
	if left == broken {
		return r.refuse(n, "only a variable can be missing; write ?? right after its name, as in (jobs ?? 8) / 10")
	}
	right := broken
	if missing {
		right = r.maybe(&n.Right)
	}
	if right == broken {
		right = r.refine(&n.Right)
	}
	if left != right {
		return r.refuse(n, `"??" has %v on its left and %v on its right; both must be numbers, or both lists`, left, right)
	}
	return left
}

// maybe returns what a node gives that may be missing, or broken if it can't.
func (r *refiner) maybe(node *ast.Node) shape {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if !r.named[n.Value] {
			return r.load(n)
		}
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return r.coalesce(n, true)
		}
	}
	return broken
}

func (r *refiner) conditional(n *ast.ConditionalNode) shape {
	if n.Cond == n.Exp1 {
		return r.refuse(n.Cond, `"?:" can't be used; write condition ? this : that`)
	}
	r.want(&n.Cond, truth)
	this, that := r.refine(&n.Exp1), r.refine(&n.Exp2)
	if this != that {
		return r.refuse(n.Exp2, `":" has %v on its left and %v on its right; both must be of one kind`, this, that)
	}
	return this
}

func (r *refiner) array(n *ast.ArrayNode) shape {
	switch {
	case r.inside:
		return r.refuse(n, "a list can't be used inside another list's condition; write min(#, 10) for min([#, 10])")
	case len(n.Nodes) == 0:
		return r.refuse(n, "a list needs at least one number")
	}
	got := list
	for i := range n.Nodes {
		switch element := r.refine(&n.Nodes[i]); element {
		case number:
		case list, nested:
			got = nested
		default:
			r.mismatch(n.Nodes[i], element, number)
		}
	}
	return got
}

func (r *refiner) builtin(node *ast.Node, n *ast.BuiltinNode) shape {
	function, ok := r.functions[n.Name]
	if !ok {
		return r.refuse(n, "there is no function %s; the functions are %s", n.Name, listed(r.functions))
	}
	if !function.takes(r, n) {
		return r.refuse(n, "%s has arguments that it can't use; write %s", n.Name, function.usage)
	}
	if function.guarded {
		guard(node, guardFinite)
	}
	return function.gives
}

// predicate refines what is computed of each number of a list.
func (r *refiner) predicate(node ast.Node, want shape) {
	predicate, ok := node.(*ast.PredicateNode)
	if !ok {
		r.refuse(node, "this can't be computed of each number of a list")
		return
	}
	r.inside = true
	r.want(&predicate.Node, want)
	r.inside = false
}
