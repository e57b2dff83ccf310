package formula

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// memoryBudget limits the lists that one evaluation makes, in numbers.
const memoryBudget = 200_000

// Formula is a compiled formula. It may be used by several goroutines at the same time.
type Formula struct {
	program *vm.Program
	names   []string
	kinds   map[string]Kind
	// machines are for one evaluation at a time. They spare the memory that each would
	// take; the library forgets one run, failed or not, as the next begins.
	machines sync.Pool
}

// machine runs a program.
type machine struct {
	vm vm.VM
	// environment holds a value, or nil, of each variable that the formula uses.
	environment map[string]any
}

func newFormula(program *vm.Program, kinds map[string]Kind) *Formula {
	return &Formula{program: program, names: slices.Sorted(maps.Keys(kinds)), kinds: kinds}
}

// Names returns the variables that the formula uses, sorted.
func (f *Formula) Names() []string { return slices.Clone(f.names) }

// Evaluate computes the formula. Variables that are not among the values are missing.
//
// The number is finite. The error says in a few words why there is none, the same for the
// same values; it is a [*MissingError] for a variable that is needed and missing.
func (f *Formula) Evaluate(values map[string]Value) (float64, error) {
	m, ok := f.machines.Get().(*machine)
	if !ok {
		m = &machine{vm: vm.VM{MemoryBudget: memoryBudget}, environment: make(map[string]any, len(f.names))}
	}
	defer f.machines.Put(m)
	for _, name := range f.names {
		value := values[name]
		if err := value.check(name, f.kinds[name]); err != nil {
			return 0, err
		}
		m.environment[name] = value.native()
	}
	result, err := m.run(f.program)
	if err != nil {
		return 0, reason(err)
	}
	number, ok := result.(float64)
	if !ok {
		return 0, errUnforeseen
	}
	// The guards have seen to this already, each at its place.
	if !finite(number) {
		return 0, errInfinite
	}
	return number, nil
}

func (m *machine) run(program *vm.Program) (result any, err error) {
	defer func() {
		// The library makes errors of most of its own panics. Any other would end the
		// provider, and with it all that it has done so far.
		if recover() != nil {
			result, err = nil, errUnforeseen
		}
	}()
	return m.vm.Run(program, m.environment)
}

// reason returns what a guard has said, without the library's wrapping, which quotes the
// source over several lines.
func reason(err error) error {
	if missing, ok := errors.AsType[*MissingError](err); ok {
		return missing
	}
	if empty, ok := errors.AsType[emptyError](err); ok {
		return empty
	}
	for _, known := range []error{errDivision, errInfinite} {
		if errors.Is(err, known) {
			return known
		}
	}
	// The library has nothing but a text for this one.
	if failure, ok := errors.AsType[*file.Error](err); ok && failure.Message == "memory budget exceeded" {
		return errMemory
	}
	return errUnforeseen
}
