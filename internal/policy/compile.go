package policy

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// MaxNameBytes is the longest name of a signal, rule or schedule.
const MaxNameBytes = 64

// identifier is the form of names: one that an expression can use as a variable.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Policy is a compiled [Spec]. It is immutable and may be used concurrently.
type Policy struct {
	min, max int
	mode     Mode
	// signals, rules and schedules are sorted by name, so that no decision depends
	// on the order of a map.
	signals   []signal
	rules     []rule
	schedules []timetable
	behavior  behavior
	// order has the indexes of signals with each expression after what it uses.
	order []int
	// replay says at which instants of the past the rules are asked too.
	replay replay
}

// rule is a compiled [Rule].
type rule struct {
	name string
	// signal is the index of the one that the rule looks at, -1 if there is none.
	signal int
	kind   kind
	// gates are the indexes of the schedules that make it active.
	gates []int
}

// kind is what tells one kind of rule from another.
type kind interface {
	// propose says what the rule makes of what there is to see at an instant. It writes
	// no text: it is called for many instants.
	propose(v view) proposal
	// explain writes the clause for the proposal that propose made of the view.
	explain(p proposal, v view) string
	// formula writes the arithmetic of the proposal; empty where there is none.
	formula(p proposal, v view) string
	// change says in a few words which values of the signal would give another
	// number.
	change(v view) string
}

// Compile checks the spec. The error is a [*SpecError] with every fault.
func Compile(spec Spec) (*Policy, error) {
	c := compiler{spec: spec}
	c.bounds()
	policy := &Policy{min: spec.Min, max: spec.Max, mode: c.mode()}
	policy.schedules = c.schedules()
	policy.signals = c.signals()
	policy.order = c.expressions(policy.signals)
	policy.rules = c.rules(policy.signals)
	policy.behavior = c.behavior()
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return slices.Compare(a.Path, b.Path) })
		return nil, &SpecError{Faults: c.faults}
	}
	policy.replay = policy.planReplay()
	return policy, nil
}

type compiler struct {
	spec   Spec
	faults []Fault
}

func (c *compiler) fault(path []string, format string, args ...any) {
	c.faults = append(c.faults, Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

// at copies, because two appends to one path may share their memory.
func at(path []string, names ...string) []string { return slices.Concat(path, names) }

func (c *compiler) bounds() {
	switch {
	case c.spec.Min < 0:
		c.fault([]string{"min_servers"}, "must be 0 or more, not %d", c.spec.Min)
	case c.spec.Max < c.spec.Min:
		c.fault([]string{"max_servers"}, "must not be below min_servers: %d is below %d", c.spec.Max, c.spec.Min)
	case c.spec.Max > maxCount:
		c.fault([]string{"max_servers"}, "must be at most %d", maxCount)
	}
}

func (c *compiler) mode() Mode {
	return choice(c, []string{"mode"}, c.spec.Mode, ModeOn, Modes())
}

func (c *compiler) named(path []string, text string) {
	if !identifier.MatchString(text) || len(text) > MaxNameBytes {
		c.fault(path, "%q is not a valid name: use 1 to %d letters, digits and underscores, and don't begin with a digit", text, MaxNameBytes)
	}
}

// choice returns the value, or its default where it is empty.
func choice[T ~string](c *compiler, path []string, value, otherwise T, allowed []string) T {
	switch {
	case value == "":
		return otherwise
	case !slices.Contains(allowed, string(value)):
		c.fault(path, "must be one of %s, not %q", strings.Join(allowed, ", "), value)
	}
	return value
}

func (c *compiler) notNegative(path []string, value time.Duration) {
	if value < 0 {
		c.fault(path, "must not be negative")
	}
}

// servers checks a number of servers.
func (c *compiler) servers(path []string, value *int) {
	switch {
	case value == nil:
	case *value < 0:
		c.fault(path, "must be 0 or more, not %d", *value)
	case *value > maxCount:
		c.fault(path, "must be at most %d", maxCount)
	}
}

// keys returns the names in a map in their order.
func keys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// declared reports a name that the spec doesn't declare; what is the argument that
// would.
func (c *compiler) declared(path []string, noun, name, what string, known []string) {
	switch {
	case slices.Contains(known, name):
	case len(known) == 0:
		c.fault(path, "%s %q is not declared: %s is empty", noun, name, what)
	default:
		c.fault(path, "%s %q is not declared in %s, which has %s", noun, name, what, strings.Join(known, ", "))
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
