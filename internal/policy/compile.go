package policy

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// MaxNameBytes is the longest name of a signal or rule.
const MaxNameBytes = 64

// identifier is the form of a signal's and a rule's name: one that an expression can
// use as a variable.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Policy is a compiled [Spec]. It is immutable and may be used concurrently.
type Policy struct {
	min, max int
	// signals and rules are sorted by name, so that no decision depends on the
	// order of a map.
	signals []signal
	rules   []rule
}

type signal struct {
	Signal

	name string
}

type rule struct {
	name string
	// signal is the one that the rule looks at, empty if there is none.
	signal string
	kind   kind
}

// kind is what tells one kind of rule from another: what it makes of a value.
type kind interface {
	propose(value float64, basis Basis) proposal
	// change says in a few words which values of the signal would give another
	// number.
	change(basis Basis) string
}

// Compile checks the spec. The error is a [*SpecError] with every fault.
func Compile(spec Spec) (*Policy, error) {
	c := compiler{spec: spec}
	c.bounds()
	policy := &Policy{min: spec.Min, max: spec.Max, signals: c.signals(), rules: c.rules()}
	if len(c.faults) > 0 {
		slices.SortStableFunc(c.faults, func(a, b Fault) int { return slices.Compare(a.Path, b.Path) })
		return nil, &SpecError{Faults: c.faults}
	}
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

func (c *compiler) named(path []string, text string) {
	if !identifier.MatchString(text) || len(text) > MaxNameBytes {
		c.fault(path, "%q is not a valid name: use 1 to %d letters, digits and underscores, and don't begin with a digit", text, MaxNameBytes)
	}
}

func (c *compiler) signals() []signal {
	var signals []signal
	for _, key := range slices.Sorted(maps.Keys(c.spec.Signals)) {
		path := []string{"signals", key}
		c.named(path, key)
		s := c.spec.Signals[key]
		if s.Literal != nil {
			c.literal(path, s)
		} else {
			s.OnMissing = c.onMissing(path, s)
		}
		if s.MaxAge < 0 {
			c.fault(at(path, "max_age"), "must not be negative")
		}
		signals = append(signals, signal{name: key, Signal: s})
	}
	return signals
}

func (c *compiler) literal(path []string, s Signal) {
	if !finite(*s.Literal) {
		c.fault(at(path, "literal"), "must be a finite number")
	}
	const never = "has no meaning for a literal, which is never missing; remove it"
	if s.OnMissing != "" {
		c.fault(at(path, "on_missing"), never)
	}
	if s.Fallback != nil {
		c.fault(at(path, "fallback"), never)
	}
	if s.MaxAge != 0 {
		c.fault(at(path, "max_age"), "has no meaning for a literal, which has no age; remove it")
	}
}

func (c *compiler) onMissing(path []string, s Signal) OnMissing {
	switch {
	case s.OnMissing != "" && !slices.Contains(OnMissingValues(), string(s.OnMissing)):
		c.fault(at(path, "on_missing"), "must be one of %s, not %q", strings.Join(OnMissingValues(), ", "), s.OnMissing)
	case s.OnMissing == OnMissingFallback && s.Fallback == nil:
		c.fault(at(path, "fallback"), "is needed with on_missing = %q: the number of servers to ask for", OnMissingFallback)
	case s.OnMissing != OnMissingFallback && s.Fallback != nil:
		c.fault(at(path, "fallback"), "is used only with on_missing = %q", OnMissingFallback)
	case s.Fallback != nil && *s.Fallback < 0:
		c.fault(at(path, "fallback"), "must be 0 or more, not %d", *s.Fallback)
	}
	if s.OnMissing == "" {
		return OnMissingHoldScaleIn
	}
	return s.OnMissing
}

func (c *compiler) rules() []rule {
	var rules []rule
	for _, key := range slices.Sorted(maps.Keys(c.spec.Rules)) {
		path := []string{"rules", key}
		c.named(path, key)
		r := c.spec.Rules[key]
		switch {
		case r.Target != nil && r.Value != nil:
			c.fault(path, "must have one of target and value, not both")
		case r.Target != nil:
			rules = append(rules, rule{name: key, signal: r.Target.Signal, kind: c.target(at(path, "target"), *r.Target)})
		case r.Value != nil:
			rules = append(rules, rule{name: key, signal: r.Value.Signal, kind: c.value(at(path, "value"), key, *r.Value)})
		default:
			c.fault(path, "must have one of target and value")
		}
	}
	return rules
}

func (c *compiler) declared(path []string, signal string) {
	if _, ok := c.spec.Signals[signal]; ok {
		return
	}
	declared := strings.Join(slices.Sorted(maps.Keys(c.spec.Signals)), ", ")
	if declared == "" {
		c.fault(path, "signal %q is not declared: signals is empty", signal)
		return
	}
	c.fault(path, "signal %q is not declared in signals, which has %s", signal, declared)
}

func (c *compiler) target(path []string, spec Target) target {
	c.declared(at(path, "signal"), spec.Signal)
	if !finite(spec.Value) || spec.Value <= 0 {
		c.fault(at(path, "target_value"), "must be a number above 0")
	}
	t := target{
		signal: spec.Signal, value: spec.Value, kind: spec.Type,
		out: c.tolerance(at(path, "tolerance", "out"), spec.ToleranceOut, math.MaxFloat64),
		in:  c.tolerance(at(path, "tolerance", "in"), spec.ToleranceIn, 1),
	}
	if t.kind == "" {
		t.kind = TargetAverage
	}
	if !slices.Contains(TargetTypes(), string(t.kind)) {
		c.fault(at(path, "target_type"), "must be one of %s, not %q", strings.Join(TargetTypes(), ", "), t.kind)
	}
	return t
}

func (c *compiler) tolerance(path []string, given *float64, most float64) float64 {
	if given == nil {
		return DefaultTolerance
	}
	switch {
	case !finite(*given) || *given < 0:
		c.fault(path, "must be a number of 0 or more")
	case *given > most:
		c.fault(path, "must be at most %s: no signal is further below its target than that", number(most))
	}
	return *given
}

func (c *compiler) value(path []string, ruleName string, spec Value) kind {
	switch {
	case spec.Number != nil && spec.Signal != "":
		c.fault(path, "must have one of signal and number, not both")
	case spec.Number == nil && spec.Signal == "":
		c.fault(path, "must have one of signal and number")
	case spec.Number == nil:
		c.declared(at(path, "signal"), spec.Signal)
		return passed{signal: spec.Signal}
	case !finite(*spec.Number) || *spec.Number < 0:
		c.fault(at(path, "number"), "must be a number of 0 or more")
	}
	if spec.Number == nil {
		return passed{}
	}
	return fixed{rule: ruleName, number: *spec.Number}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
