package formula_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/musterhq/terraform-provider-muster/internal/policy/formula"
)

// hostile are sources that make parsers, checkers and machines slow, and whether they are
// accepted, because they are small enough.
func hostile() map[string]struct {
	source   string
	accepted bool
} {
	nest := func(n int, before, middle, after string) string {
		return strings.Repeat(before, n) + middle + strings.Repeat(after, n)
	}
	return map[string]struct {
		source   string
		accepted bool
	}{
		"open brackets":                  {nest(1024, "(", "", ""), false},
		"brackets":                       {nest(511, "(", "1", ")"), false},
		"as many brackets as may be":     {nest(50, "(", "1", ")"), true},
		"open lists":                     {nest(1024, "[", "", ""), false},
		"lists":                          {nest(50, "[", "1", "]"), false},
		"signs":                          {nest(1023, "-", "1", ""), false},
		"as many signs as may be":        {nest(498, "-", "1", ""), true},
		"as many nots as may be":         {nest(494, "!", "true?1:0", ""), true},
		"as many powers as may be":       {nest(249, "1**", "1", ""), true},
		"as many sums as may be":         {nest(249, "1+", "1", ""), true},
		"as many conditions as may be":   {nest(124, "true?1:", "1", ""), true},
		"conditions on the left":         {nest(49, "(", "true", "?true:true)") + "?1:0", true},
		"conditions with half the words": {nest(50, "(", "1", "?:1)"), false},
		"chained comparisons":            {nest(50, "1<(", "1", ")<1"), false},
		"functions in functions":         {nest(50, "max(", "1", ")"), true},
		"lists in lists":                 {"len(" + nest(24, "flatten([", "cpu", "])") + ")", true},
		"maps of maps":                   {"len(" + nest(49, "map(", "cpu", ",#)") + ")", true},
		"conditions in conditions":       {nest(40, "sum(cpu,", "#", ")"), false},
		"names for names":                {"let a=jobs;let b=a*a;let c=b*b;let d=c*c;let e=d*d;let f=e*e;f", true},
		"others":                         {nest(168, "jobs??", "1", ""), true},
		"many lists":                     {"len(flatten([" + nest(240, "cpu,", "cpu", "") + "]))", true},
		"much to compute of each":        {"sum(cpu," + nest(245, "#+", "1", "") + ")", true},
	}
}

// Whatever the source, nothing takes long.
func TestCompile_hostile(t *testing.T) {
	t.Parallel()
	long := formula.List(make([]float64, 10_000))
	for name, test := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := formula.Compile(test.source, variables())
			if (err == nil) != test.accepted {
				t.Fatalf("got %v", err)
			}
			if err == nil {
				start := time.Now()
				number, err := f.Evaluate(map[string]formula.Value{"cpu": long, "jobs": formula.Number(2)})
				t.Log(number, err, time.Since(start))
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	for _, test := range hostile() {
		f.Add(test.source)
	}
	for _, source := range sources() {
		f.Add(source)
	}
	for _, function := range builtin.Names {
		f.Add(function + "(cpu, # > 1)")
	}
	kinds := variables()
	f.Fuzz(func(t *testing.T, source string) {
		start := time.Now()
		compiled, err := formula.Compile(source, kinds)
		if took := time.Since(start); took > 2*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			var fault *formula.Error
			switch {
			case !errors.As(err, &fault) || compiled != nil:
				t.Fatalf("got %v and the error %v", compiled, err)
			case strings.Contains(err.Error(), "\n"):
				t.Fatalf("the error has several lines: %v", err)
			case strings.HasPrefix(fault.Message, "is not a formula that can be computed"):
				t.Fatalf("what passes all checks can't be compiled")
			case fault.Column < 1 && len(source) <= 1024 && strings.TrimSpace(source) != "":
				t.Fatalf("the error has no place: %v", err)
			}
			return
		}
		refused(t, source)
	})
}

// refused fails for a source that was accepted and calls a function that isn't allowed, or
// has words and signs that it should not have.
func refused(t *testing.T, source string) {
	t.Helper()
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		t.Fatal(err)
	}
	for i, token := range tokens {
		called := i+1 < len(tokens) && tokens[i+1].Is(lexer.Bracket, "(")
		switch {
		case token.Kind == lexer.String, token.Kind == lexer.Bytes, token.Is(lexer.Operator, "|", "..", "matches", ".", "?.", "::", "%", "in"):
			t.Fatalf("%v is accepted", token)
		case token.Kind == lexer.Identifier && called:
			if !slices.Contains(allowed(), token.Value) {
				t.Fatalf("a call of %s is accepted", token.Value)
			}
		}
	}
}

func FuzzEvaluate(f *testing.F) {
	for i, source := range sources() {
		f.Add(source, 101.0, 0.5, 90.0, 40.0, uint8(i))
		f.Add(source, 101.0, 0.5, 90.0, 40.0, uint8(0xFF))
	}
	f.Add("1 / jobs", 0.0, math.Inf(1), math.NaN(), 1e308, uint8(0xFF))
	kinds := variables()
	f.Fuzz(func(t *testing.T, source string, jobs, rate, one, two float64, present uint8) {
		compiled, err := formula.Compile(source, kinds)
		if err != nil {
			return
		}
		given := map[string]formula.Value{
			"jobs": formula.Number(jobs), "rate": formula.Number(rate), "zero": formula.Number(0), "count": formula.Number(two), "now": formula.Number(-one),
			"cpu": formula.List([]float64{one, two, jobs}), "disk": formula.List([]float64{two}),
		}
		for i, name := range []string{"jobs", "rate", "zero", "count", "now", "cpu", "disk"} {
			if present&(1<<i) == 0 {
				delete(given, name)
			}
		}
		got, err := compiled.Evaluate(given)
		again, errAgain := compiled.Evaluate(given)
		if got != again || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("got %v, %v and then %v, %v", got, err, again, errAgain)
		}
		if err != nil {
			explained(t, compiled, given, got, err)
			return
		}
		if math.IsNaN(got) || math.IsInf(got, 0) {
			t.Fatalf("got %v", got)
		}
		if len(given) == 7 {
			agrees(t, source, got, map[string]any{
				"jobs": jobs, "rate": rate, "zero": 0.0, "count": two, "now": -one, "cpu": []float64{one, two, jobs}, "disk": []float64{two},
			})
		}
	})
}

// explained checks an error of an evaluation.
func explained(t *testing.T, compiled *formula.Formula, given map[string]formula.Value, got float64, err error) {
	t.Helper()
	var missing *formula.MissingError
	switch {
	case got != 0:
		t.Fatalf("got %v and the error %v", got, err)
	case strings.Contains(err.Error(), "can't be computed"):
		t.Fatal("what passes all checks can't be computed")
	case errors.As(err, &missing):
		if _, ok := given[missing.Name]; ok {
			t.Fatalf("%v, but it was given", err)
		}
		if !slices.Contains(compiled.Names(), missing.Name) {
			t.Fatalf("%v, but the formula doesn't use it", err)
		}
	}
}

// agrees fails unless the library gives the same number where nothing is locked down.
func agrees(t *testing.T, source string, got float64, environment map[string]any) {
	t.Helper()
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i, token := range tokens {
		value := token.Value
		switch {
		case token.Kind == lexer.Number && !strings.ContainsAny(value, ".eE"):
			value += ".0" // whole numbers of the library overflow
		case token.Is(lexer.Identifier, "len") || token.Is(lexer.Identifier, "count"):
			if i+1 < len(tokens) && tokens[i+1].Is(lexer.Bracket, "(") {
				return // and so do these
			}
		case token.Is(lexer.Operator, "#"):
			text.WriteString(value)
			continue
		}
		text.WriteString(value + " ")
	}
	program, err := expr.Compile(text.String(), expr.Env(environment), expr.AsFloat64(), expr.Optimize(false))
	if err != nil {
		// A name such as count is a variable here that hides the function.
		return
	}
	want, err := expr.Run(program, environment)
	if err != nil {
		t.Fatalf("got %v, but the library fails: %v", got, err)
	}
	if want != got {
		t.Fatalf("got %v, but the library gives %v", got, want)
	}
}

// sources are formulas of all sorts.
func sources() []string {
	return []string{
		"jobs / 2", "(jobs ?? 0) + (rate ?? 0)", "jobs ?? rate ?? 3", "max(cpu ?? disk ?? [1, 2.5e3])", "let busy = mean(cpu); count(cpu, # > busy) * 2",
		"jobs == nil ? 1 : jobs ** rate", "min(jobs / zero, 10)", "sum(map(filter(cpu, # >= 50 && # != jobs), { # / 100 }), # * 2)",
		"mean(filter(cpu, # > 100))", "median(flatten([cpu, disk, 3, [4, [5]]]))", "any(cpu, # > 80) and not all(cpu, # > 80) ? ceil(jobs) : floor(-rate)",
		"abs(jobs - rate) ^ 2 / len(cpu)", "round(jobs // all\n / 2 /* half */)", "let a = jobs; let b = a * a; b + count(cpu, true || # > b)",
		"now + count(disk, # < now)", "1 < 2 < 3 ? 1 : 0", "jobs ?: 3", "cpu | max()", "1_0.5e-3 * .5", "(jobs > 1) == (rate > 1) ? 1 : 2",
	}
}
