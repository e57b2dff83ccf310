package formula

import (
	"errors"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/parser"
)

// These tests are of the lines of defense that no source comes to, because of those
// before.

func TestRescue(t *testing.T) {
	t.Parallel()
	formula, fault := rescue(func() (*Formula, *Error) { panic("the library") })
	if formula != nil || fault == nil || strings.Contains(fault.Message, "library") {
		t.Errorf("got %v, %v", formula, fault)
	}
}

// The library's machine panics without a program, while it makes an error of its panic.
func TestMachine_run_panics(t *testing.T) {
	t.Parallel()
	if result, err := new(machine).run(nil); result != nil || !errors.Is(err, errUnforeseen) {
		t.Errorf("got %v, %v", result, err)
	}
}

func TestNewConfig_functions(t *testing.T) {
	t.Parallel()
	allowed := functions()
	for _, function := range builtin.Builtins {
		_, ok := allowed[function.Name]
		if ok || function.Predicate {
			continue
		}
		for _, source := range []string{function.Name + "()", function.Name + "(1)", function.Name + "(1, 2)"} {
			config := newConfig()
			tree, err := parser.ParseWithConfig(source, config)
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			if _, err := build(tree, config, nil); err == nil || !strings.Contains(err.Error(), "unknown name "+function.Name) {
				t.Errorf("%s: got %v", source, err)
			}
		}
	}
}

func TestNewConfig_nodes(t *testing.T) {
	t.Parallel()
	if _, err := parser.ParseWithConfig(strings.Repeat("1+", maxTokens/2)+"1", newConfig()); err == nil {
		t.Error("a tree of more nodes than words may be is accepted")
	}
}
