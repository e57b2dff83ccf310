package policy

import (
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy/formula"
)

// The names that an expression may use besides those of signals.
const (
	nameCurrent   = "current"
	nameInService = "in_service"
)

// signal is a compiled [Signal].
type signal struct {
	Signal

	name string
	// formula is nil unless the signal is an expression; operands are the indexes of
	// the signals that it uses.
	formula  *formula.Formula
	operands []int
	// listed: an expression uses the values of its servers.
	listed bool
}

func (s *signal) constant() bool { return s.Literal != nil }

func (c *compiler) signals() []signal {
	signals := make([]signal, 0, len(c.spec.Signals))
	for _, key := range keys(c.spec.Signals) {
		path := []string{"signals", key}
		c.named(path, key)
		s := c.spec.Signals[key]
		switch {
		case s.Literal != nil:
			c.literal(path, s)
		case s.Expression != "":
			c.computed(path, s)
		}
		s.Statistic = choice(c, at(path, "statistic"), s.Statistic, StatisticAverage, Statistics())
		if s.PerServer != nil {
			aggregation := choice(c, at(path, "per_server", "aggregation"), s.PerServer.Aggregation, AggregationAverage, Aggregations())
			s.PerServer = &PerServer{Aggregation: aggregation}
		}
		c.times(path, s)
		if s.Literal == nil {
			c.missing(path, &s)
		}
		signals = append(signals, signal{name: key, Signal: s})
	}
	return signals
}

func (c *compiler) times(path []string, s Signal) {
	c.notNegative(at(path, "period"), s.Period)
	c.notNegative(at(path, "offset"), s.Offset)
	c.notNegative(at(path, "max_age"), s.MaxAge)
	if s.Statistic != StatisticAverage && s.Period == 0 && s.Literal == nil && s.Expression == "" {
		c.fault(at(path, "statistic"), "needs a period: it is what becomes of the samples of one")
	}
}

func (c *compiler) literal(path []string, s Signal) {
	if !finite(*s.Literal) {
		c.fault(at(path, "literal"), "must be a finite number")
	}
	if s.Expression != "" {
		c.fault(at(path, "expression"), "can't be combined with literal; remove one of the two")
	}
	const never = "has no meaning for a literal, which is never missing; remove it"
	if s.OnMissing != "" {
		c.fault(at(path, "on_missing"), never)
	}
	if s.Fallback != nil {
		c.fault(at(path, "fallback"), never)
	}
	if s.FallbackAfter != 0 {
		c.fault(at(path, "fallback_after"), never)
	}
	if s.FallbackMode != "" {
		c.fault(at(path, "fallback_mode"), never)
	}
	if s.MaxAge != 0 {
		c.fault(at(path, "max_age"), "has no meaning for a literal, which has no age; remove it")
	}
	c.sampled(path, s, "a literal, which has no samples")
}

func (c *compiler) computed(path []string, s Signal) {
	if s.MaxAge != 0 {
		c.fault(at(path, "max_age"), "has no meaning for an expression, which is as old as what it uses; set it there")
	}
	c.sampled(path, s, "an expression, which has no samples of its own; set it for the signals that it uses")
}

// sampled refuses what is said of samples where there are none.
func (c *compiler) sampled(path []string, s Signal, whose string) {
	if s.PerServer != nil {
		c.fault(at(path, "per_server"), "has no meaning for %s", whose)
	}
	if s.Period != 0 {
		c.fault(at(path, "period"), "has no meaning for %s", whose)
	}
	if s.Offset != 0 {
		c.fault(at(path, "offset"), "has no meaning for %s", whose)
	}
	if s.Statistic != "" {
		c.fault(at(path, "statistic"), "has no meaning for %s", whose)
	}
}

func (c *compiler) missing(path []string, s *Signal) {
	s.OnMissing = choice(c, at(path, "on_missing"), s.OnMissing, OnMissingHoldScaleIn, OnMissingValues())
	c.servers(at(path, "fallback"), s.Fallback)
	c.notNegative(at(path, "fallback_after"), s.FallbackAfter)
	if s.OnMissing == OnMissingFallback {
		if s.Fallback == nil {
			c.fault(at(path, "fallback"), "is needed with on_missing = %q: the number of servers to ask for", OnMissingFallback)
		}
	} else {
		c.unusedFallback(path, *s)
	}
	s.FallbackMode = choice(c, at(path, "fallback_mode"), s.FallbackMode, FallbackStatic, FallbackModes())
}

func (c *compiler) unusedFallback(path []string, s Signal) {
	for name, given := range map[string]bool{
		"fallback": s.Fallback != nil, "fallback_after": s.FallbackAfter != 0, "fallback_mode": s.FallbackMode != "",
	} {
		if given {
			c.fault(at(path, name), "is used only with on_missing = %q", OnMissingFallback)
		}
	}
}

// expressions compiles them and returns the indexes of all signals in an order in
// which each comes after those that it uses.
func (c *compiler) expressions(signals []signal) []int {
	kinds := map[string]formula.Kind{nameCurrent: formula.KindNumber, nameInService: formula.KindNumber}
	index := make(map[string]int, len(signals))
	for i := range signals {
		index[signals[i].name] = i
		kinds[signals[i].name] = formula.KindNumber
		if signals[i].PerServer != nil {
			kinds[signals[i].name] = formula.KindList
		}
	}
	for i := range signals {
		s := &signals[i]
		if s.Expression == "" || s.Literal != nil {
			continue
		}
		compiled, err := formula.Compile(s.Expression, kinds)
		if err != nil {
			c.fault([]string{"signals", s.name, "expression"}, "%s", err)
			continue
		}
		s.formula = compiled
		for _, name := range compiled.Names() {
			if operand, ok := index[name]; ok {
				s.operands = append(s.operands, operand)
				signals[operand].listed = signals[operand].PerServer != nil
			}
		}
	}
	c.reserved(signals)
	return c.ordered(signals)
}

// reserved refuses signals that are called like what every expression knows.
func (c *compiler) reserved(signals []signal) {
	if !slices.ContainsFunc(signals, func(s signal) bool { return s.Expression != "" }) {
		return
	}
	for _, s := range signals {
		if s.name == nameCurrent || s.name == nameInService {
			c.fault([]string{"signals", s.name}, "in expressions, %s is a number of servers; give the signal another name", s.name)
		}
	}
}

// ordered sorts the signals by what they use, and reports those that use
// themselves.
func (c *compiler) ordered(signals []signal) []int {
	const (
		unseen = iota
		open
		done
	)
	order := make([]int, 0, len(signals))
	state := make([]int, len(signals))
	var path []string
	var visit func(i int)
	visit = func(i int) {
		s := &signals[i]
		path = append(path, s.name)
		defer func() { path = path[:len(path)-1] }()
		switch state[i] {
		case done:
			return
		case open:
			circle := path[slices.Index(path, s.name):]
			c.fault([]string{"signals", s.name, "expression"}, "uses itself: %s", strings.Join(circle, " uses "))
			return
		}
		state[i] = open
		for _, operand := range s.operands {
			visit(operand)
		}
		state[i] = done
		order = append(order, i)
	}
	for i := range signals {
		visit(i)
	}
	return order
}
