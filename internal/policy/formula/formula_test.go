package formula_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/expr-lang/expr/builtin"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy/formula"
)

// variables are those of all tests.
func variables() map[string]formula.Kind {
	return map[string]formula.Kind{
		"jobs": formula.KindNumber, "rate": formula.KindNumber, "zero": formula.KindNumber,
		"cpu": formula.KindList, "disk": formula.KindList,
		// Names that the library has for other things.
		"count": formula.KindNumber, "now": formula.KindNumber,
	}
}

// values are those of all variables.
func values() map[string]formula.Value {
	return map[string]formula.Value{
		"jobs": formula.Number(101), "rate": formula.Number(0.5), "zero": formula.Number(0),
		"cpu": formula.List([]float64{90, 40, 50}), "disk": formula.List([]float64{10}),
		"count": formula.Number(3), "now": formula.Number(4),
	}
}

// without returns the values of all but some variables.
func without(names ...string) map[string]formula.Value {
	some := values()
	for _, name := range names {
		delete(some, name)
	}
	return some
}

func compile(t testing.TB, source string) *formula.Formula {
	t.Helper()
	f, err := formula.Compile(source, variables())
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return f
}

func TestFormula_Evaluate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source string
		want   float64
	}{
		"a number":   {"8", 8},
		"a variable": {"jobs", 101},
		"a whole number is divided with its remainder":   {"jobs / 2", 50.5},
		"whole numbers are divided with their remainder": {"101 / 2", 50.5},
		"whole numbers don't overflow":                   {"9223372036854775807 + 9223372036854775807", 2 * float64(math.MaxInt64)},
		"lengths don't overflow":                         {"len(cpu) * 9223372036854775807", 3 * float64(math.MaxInt64)},
		"counts don't overflow":                          {"count(cpu, true) * 9223372036854775807", 3 * float64(math.MaxInt64)},
		"products go before sums":                        {"1 + 2 * 3", 7},
		"brackets go first":                              {"(1 + 2) * 3", 9},
		"powers go before signs":                         {"-2 ** 2", -4},
		"another sign for powers":                        {"2 ^ 3", 8},
		"signs":                                          {"+1 - -jobs", 102},
		"numbers of all forms":                           {"1_000 + 0.5 + .25 + 1e3", 2000.75},
		"several lines with comments":                    {"jobs // all of them\n  / 2 /* two per server */", 50.5},

		"a comparison":                      {"jobs > 100 ? 1 : 0", 1},
		"both comparisons":                  {"jobs > 100 && rate >= 1 ? 1 : 0", 0},
		"one of two comparisons, in words":  {"jobs > 100 or rate >= 1 ? 1 : 0", 1},
		"not":                               {"not (jobs < 100) && !(jobs == 3) ? 1 : 0", 1},
		"equal and not equal":               {"jobs == 101 && rate != 1 && true != false ? 1 : 0", 1},
		"conditions in conditions":          {"jobs > 200 ? 3 : jobs > 100 ? 2 : 1", 2},
		"what isn't chosen isn't computed":  {"zero == 0 ? 7 : jobs / zero", 7},
		"what isn't needed isn't looked at": {"jobs > 100 || jobs / zero > 1 ? 1 : 0", 1},

		"rounding":                      {"ceil(0.2) + floor(1.8) + round(2.5) + abs(-4)", 9},
		"the least and the greatest":    {"min(jobs, 10) + max(cpu) + max(1, 2, 3)", 103},
		"numbers and lists":             {"max(cpu, jobs) + min(disk, cpu)", 111},
		"mean and median":               {"mean(cpu) + median(cpu) + mean(1, 2) + median(1, 2, 9)", 113.5},
		"a sum":                         {"sum(cpu)", 180},
		"a sum of what is computed":     {"sum(cpu, # / 100)", 1.8},
		"how many":                      {"len(cpu) + count(cpu, # > 45)", 5},
		"any and all":                   {"any(cpu, # > 80) && !all(cpu, # > 80) ? 1 : 0", 1},
		"a filter":                      {"mean(filter(cpu, # >= 50))", 70},
		"a map":                         {"max(map(cpu, 100 - #))", 60},
		"lists in one list":             {"len(flatten([cpu, disk, 3, [4, 5]]))", 7},
		"flattening a flat list":        {"sum(flatten(cpu))", 180},
		"a list of numbers":             {"median([jobs, 3, rate])", 3},
		"nothing is left to count":      {"len(filter(cpu, # > 100)) + sum(filter(cpu, # > 100))", 0},
		"a mean only if there is one":   {"any(cpu, # > 100) ? mean(filter(cpu, # > 100)) : 0", 0},
		"numbers in a condition":        {"count(cpu, # > jobs / 2 && # < max(jobs, rate))", 1},
		"a condition in braces":         {"count(cpu, { # > 45 })", 2},
		"the library's pointless comma": {"max(cpu, jobs,)", 101},

		"a name for a number":        {"let busy = mean(cpu); count(cpu, # > busy)", 1},
		"several names":              {"let a = jobs + 1; let b = a / 2; b * b", 2601},
		"a variable called count":    {"count + count(cpu, # > count)", 6},
		"a variable called now":      {"now * 2", 8},
		"a name that is disabled":    {"let type = 3; type", 3},
		"a semicolon that is no use": {"jobs;", 101},

		"nothing is missing":                         {"jobs ?? 8", 101},
		"nothing is nil":                             {"jobs == nil || nil == cpu ? 1 : 0", 0},
		"the other of two variables is never needed": {"jobs ?? rate", 101},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := compile(t, test.source)
			for range 2 { // the second time with the memory of the first
				got, err := f.Evaluate(values())
				if err != nil || math.Abs(got-test.want) > 1e-12*math.Abs(test.want) {
					t.Errorf("%s: got %v, %v, want %v", test.source, got, err, test.want)
				}
			}
		})
	}
}

func TestFormula_Evaluate_missing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source string
		values map[string]formula.Value
		want   float64
	}{
		"another number":              {"jobs ?? 8", without("jobs"), 8},
		"another number for each":     {"(jobs ?? 0) + (rate ?? 0.25)", without("jobs", "rate"), 0.25},
		"another number for one":      {"(jobs ?? 0) + (rate ?? 0)", without("jobs"), 0.5},
		"another number goes first":   {"12 / jobs ?? 3", without("jobs"), 4},
		"another variable":            {"jobs ?? rate", without("jobs"), 0.5},
		"another variable's other":    {"jobs ?? rate ?? 3", without("jobs", "rate"), 3},
		"in brackets":                 {"jobs ?? (rate ?? 3)", without("jobs", "rate"), 3},
		"in brackets on the left":     {"((jobs ?? rate) ?? 3) * 2", without("jobs"), 1},
		"something computed":          {"jobs ?? 2 ?? 3", without("jobs"), 2},
		"another list":                {"max(cpu ?? [1, 2])", without("cpu"), 2},
		"the other list":              {"max(cpu ?? disk)", without("cpu"), 10},
		"asked for":                   {"jobs == nil ? rate * 4 : jobs", without("jobs"), 2},
		"asked for, the other way":    {"nil != jobs ? jobs : rate * 4", without("jobs"), 2},
		"a list asked for":            {"cpu == nil ? 1 : max(cpu)", without("cpu"), 1},
		"where it isn't needed":       {"rate < 1 ? rate : jobs", without("jobs"), 0.5},
		"and not used":                {"rate", without("jobs", "cpu"), 0.5},
		"an explicitly missing value": {"jobs ?? 8", map[string]formula.Value{"jobs": {}}, 8},
		"an empty list":               {"max(cpu ?? [3])", map[string]formula.Value{"cpu": formula.List(nil)}, 3},
		"in a condition":              {"count(cpu, # > (jobs ?? 45))", without("jobs"), 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := compile(t, test.source).Evaluate(test.values)
			if err != nil || got != test.want {
				t.Errorf("%s: got %v, %v, want %v", test.source, got, err, test.want)
			}
		})
	}
}

func TestFormula_Evaluate_fails(t *testing.T) {
	t.Parallel()
	long := formula.List(make([]float64, 10_000))
	tests := map[string]struct {
		source string
		values map[string]formula.Value
		want   string
	}{
		"a missing number":               {"jobs / 10", without("jobs"), "jobs has no data"},
		"the one that is missing":        {"(rate ?? 1) + jobs", without("jobs", "rate"), "jobs has no data"},
		"the first that is missing":      {"rate + jobs", without("jobs", "rate"), "rate has no data"},
		"a missing number by itself":     {"jobs", without("jobs"), "jobs has no data"},
		"a missing list":                 {"len(cpu)", without("cpu"), "cpu has no data"},
		"an empty list":                  {"sum(cpu)", map[string]formula.Value{"cpu": formula.List([]float64{})}, "cpu has no data"},
		"missing, in a comparison":       {"jobs == 3 ? 1 : 0", without("jobs"), "jobs has no data"},
		"missing, in another comparison": {"jobs != 3 ? 1 : 0", without("jobs"), "jobs has no data"},
		"missing, among others":          {"max(rate, jobs)", without("jobs"), "jobs has no data"},
		"missing, in a list":             {"max([rate, jobs])", without("jobs"), "jobs has no data"},
		"missing, under a name":          {"let x = jobs; 3", without("jobs"), "jobs has no data"},
		"missing, in a condition":        {"count(cpu, # > jobs)", without("jobs"), "jobs has no data"},
		"the other is missing too":       {"jobs ?? rate", without("jobs", "rate"), "rate has no data"},
		"all others are missing too":     {"jobs ?? rate ?? now", without("jobs", "rate", "now"), "now has no data"},
		"no values at all":               {"max(cpu)", nil, "cpu has no data"},

		"division by zero":               {"jobs / zero", values(), "division by zero"},
		"zero by zero":                   {"zero / zero", values(), "division by zero"},
		"by less than nothing":           {"jobs / -zero", values(), "division by zero"},
		"nothing hides division by zero": {"min(jobs / zero, 10)", values(), "division by zero"},
		"nor does a comparison":          {"jobs / zero > 5 ? 1 : 0", values(), "division by zero"},
		"nor does a division":            {"1 / (1 / zero)", values(), "division by zero"},
		"nor does a condition":           {"count(cpu, # / zero > 5)", values(), "division by zero"},
		"by a length of nothing":         {"1 / len(filter(cpu, # > 100))", values(), "division by zero"},
		"too large":                      {"1e308 * 10", values(), "the result is not a finite number"},
		"nothing hides what is too large": {
			"min(1e308 + 1e308, 10)", values(), "the result is not a finite number",
		},
		"no real number":        {"(-1) ** rate > 0 ? 1 : 0", values(), "the result is not a finite number"},
		"zero to a negative":    {"zero ** -1", values(), "the result is not a finite number"},
		"too large a sum":       {"min(sum([1e308, 1e308]), 1)", values(), "the result is not a finite number"},
		"too large for a mean":  {"min(mean([1e308, 1e308]), 1)", values(), "the result is not a finite number"},
		"too large in a median": {"min(median([1e308, 1e308]), 1)", values(), "the result is not a finite number"},

		"the mean of nothing":     {"mean(filter(cpu, # > 100))", values(), "mean of an empty list"},
		"the median of nothing":   {"median(filter(cpu, # > 100))", values(), "median of an empty list"},
		"the least of nothing":    {"min(filter(cpu, # > 100))", values(), "min of an empty list"},
		"the greatest of nothing": {"max(map(filter(cpu, # > 100), # + 1), 3)", values(), "max of an empty list"},

		"too many numbers": {"len(cpu)", map[string]formula.Value{"cpu": formula.List(make([]float64, 10_001))}, "cpu has more than 10000 numbers"},
		"too many numbers in between": {
			"0" + strings.Repeat(" + len(map(cpu, #))", 20), map[string]formula.Value{"cpu": long}, "the lists are too long for the formula",
		},
		"a list for a number":      {"jobs", map[string]formula.Value{"jobs": formula.List([]float64{1})}, "jobs is a list and not a number"},
		"a number for a list":      {"len(cpu)", map[string]formula.Value{"cpu": formula.Number(1)}, "cpu is a number and not a list"},
		"no number":                {"jobs ?? 3", map[string]formula.Value{"jobs": formula.Number(math.NaN())}, "jobs is not a finite number"},
		"an infinite number":       {"min(jobs, 3)", map[string]formula.Value{"jobs": formula.Number(math.Inf(1))}, "jobs is not a finite number"},
		"an infinite number among": {"min(cpu)", map[string]formula.Value{"cpu": formula.List([]float64{1, math.Inf(1)})}, "cpu has what is not a finite number"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := compile(t, test.source)
			for range 2 {
				got, err := f.Evaluate(test.values)
				if err == nil || got != 0 || err.Error() != test.want {
					t.Errorf("%s: got %v, %v, want the error %q", test.source, got, err, test.want)
				}
			}
			// A failure leaves nothing behind.
			if _, err := f.Evaluate(values()); err != nil && err.Error() != test.want {
				t.Errorf("%s: got %v with all values", test.source, err)
			}
		})
	}
}

func TestMissingError(t *testing.T) {
	t.Parallel()
	_, err := compile(t, "jobs + 1").Evaluate(nil)
	var missing *formula.MissingError
	if !errors.As(err, &missing) || missing.Name != "jobs" {
		t.Errorf("got %v, want a MissingError of jobs", err)
	}
}

func TestFormula_Names(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source string
		want   []string
	}{
		"none":                   {"3", nil},
		"sorted, each once":      {"rate + jobs * rate + max(cpu)", []string{"cpu", "jobs", "rate"}},
		"those that may be nil":  {"(jobs ?? rate ?? 1) + (now == nil ? 1 : 0)", []string{"jobs", "now", "rate"}},
		"those in a condition":   {"count(cpu, # > jobs)", []string{"cpu", "jobs"}},
		"no names of let":        {"let x = jobs; x", []string{"jobs"}},
		"those that are useless": {"true ? 1 : jobs", []string{"jobs"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := compile(t, test.source)
			got := f.Names()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.source, diff)
			}
			for i := range got {
				got[i] = "changed"
			}
			if diff := cmp.Diff(test.want, f.Names()); diff != "" {
				t.Errorf("a caller's change changes the formula:\n%s", diff)
			}
		})
	}
}

func TestFormula_Evaluate_concurrently(t *testing.T) {
	t.Parallel()
	f := compile(t, "sum(map(filter(cpu, # > (jobs ?? 0)), # + 1)) / (rate + 1)")
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 200 {
				x := float64(worker*1000 + i)
				got, err := f.Evaluate(map[string]formula.Value{
					"cpu": formula.List([]float64{x, x + 1, -1}), "jobs": formula.Number(0.5), "rate": formula.Number(1),
				})
				want := x + 1.5
				if x == 0 {
					want = 1 // 0 is not above 0.5
				}
				if err != nil || got != want {
					t.Errorf("got %v, %v, want %v", got, err, want)
				}
				if _, err := f.Evaluate(nil); err == nil || err.Error() != "cpu has no data" {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	group.Wait()
}

func TestFormula_Evaluate_leavesListsAlone(t *testing.T) {
	t.Parallel()
	cpu := []float64{3, 1, 2}
	before := slices.Clone(cpu)
	f := compile(t, "median(cpu) + mean(cpu) + sum(map(cpu, # + 1)) + median(flatten([cpu, cpu])) + max(filter(cpu, # > 1))")
	if _, err := f.Evaluate(map[string]formula.Value{"cpu": formula.List(cpu)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, cpu); diff != "" {
		t.Errorf("the list has changed:\n%s", diff)
	}
}

// allowed are the functions that a formula may call.
func allowed() []string {
	return []string{
		"abs", "all", "any", "ceil", "count", "filter", "flatten", "floor", "len", "map", "max", "mean", "median", "min", "round", "sum",
	}
}

// calls are calls of a function with arguments of all kinds.
func calls(function string) []string {
	var all []string
	for _, arguments := range []string{
		"", "1", "jobs", "cpu", "1, 2", "cpu, 1", "1, 2, 3", "cpu, # > 1", "cpu, #", "cpu, # > 1, 3", "cpu, #acc + #", "cpu, #, jobs", "cpu, {#}",
		"nil", "true", "[cpu]", "[1, 2], 0", "[[1, 2]]",
	} {
		call := function + "(" + arguments + ")"
		all = append(all, call, "jobs + "+call, "len("+call+")", call+" ? 1 : 0", "let x = "+call+"; 3", "::"+call)
	}
	return append(all, function, "cpu | "+function+"()", "jobs | "+function+"(1)", "jobs."+function+"()", "$env."+function, `$env["`+function+`"]()`)
}

// The library's own list is asked, so that no new version slips a function in.
func TestCompile_functions(t *testing.T) {
	t.Parallel()
	if len(builtin.Names) < 60 {
		t.Fatalf("the library has only %d functions: this test must find them elsewhere", len(builtin.Names))
	}
	kinds := variables()
	delete(kinds, "now")
	delete(kinds, "count")
	for _, function := range builtin.Names {
		if slices.Contains(allowed(), function) {
			continue
		}
		for _, source := range calls(function) {
			if _, err := formula.Compile(source, kinds); err == nil {
				t.Errorf("%s is accepted", source)
			}
		}
		_, err := formula.Compile(function+"(cpu, # > 1)", kinds)
		if _, plain := formula.Compile(function+"(1)", kinds); err != nil && plain != nil {
			const want = "column 1: there is no function "
			if !strings.HasPrefix(err.Error(), want) && !strings.HasPrefix(plain.Error(), want) {
				t.Errorf("%s: got %v and %v, want one that says %q", function, err, plain, want)
			}
		}
	}
	for _, function := range allowed() {
		if !slices.Contains(builtin.Names, function) {
			t.Errorf("the library has no %s any more", function)
		}
		if !slices.ContainsFunc(calls(function), func(source string) bool { _, err := formula.Compile(source, kinds); return err == nil }) {
			t.Errorf("no call of %s is accepted", function)
		}
	}
}

func TestCompile_fails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source, want string
	}{
		"nothing":                     {"", "is empty; write a formula, for example jobs / 10"},
		"only space":                  {" \n\t", "is empty; write a formula, for example jobs / 10"},
		"only a comment":              {"// jobs", "column 7: the formula ends too early; something is missing here"},
		"too long":                    {strings.Repeat(" ", 1024) + "1", "is longer than 1024 bytes; divide it among several signals"},
		"too many words":              {strings.Repeat("1+", 250) + "1", "column 501: more than 500 words and signs; divide the formula among several signals"},
		"too deep":                    {strings.Repeat("(", 51) + "1" + strings.Repeat(")", 51), "column 51: more than 50 brackets inside one another; take some away, or name a part with let"},
		"an unknown name":             {"1 + jbos", "column 5: there is no variable jbos; the formula can use count, cpu, disk, jobs, now, rate, zero"},
		"an unknown name beside let":  {"let x = 1; y", "column 12: there is no variable y; the formula can use count, cpu, disk, jobs, now, rate, x, zero"},
		"an unknown name with ??":     {"jbos ?? 3", "column 1: there is no variable jbos; the formula can use count, cpu, disk, jobs, now, rate, zero"},
		"an unknown name, line 2":     {"jobs +\n  jbos", "line 2, column 3: there is no variable jbos; the formula can use count, cpu, disk, jobs, now, rate, zero"},
		"an unknown name after é":     {"/* é */ jbos", "column 9: there is no variable jbos; the formula can use count, cpu, disk, jobs, now, rate, zero"},
		"an unknown function":         {"sqrt(jobs)", "column 1: there is no function sqrt; the functions are abs, all, any, ceil, count, filter, flatten, floor, len, map, max, mean, median, min, round, sum"},
		"a variable is no function":   {"jobs(3)", "column 1: there is no function jobs; the functions are abs, all, any, ceil, count, filter, flatten, floor, len, map, max, mean, median, min, round, sum"},
		"a function is no variable":   {"max + 1", "column 1: max is a function; write max(cpu) or max(jobs, 10)"},
		"wrong arguments":             {"ceil(jobs, 2)", "column 1: ceil has arguments that it can't use; write ceil(jobs / 10)"},
		"no arguments":                {"1 + max()", "column 5: max has arguments that it can't use; write max(cpu) or max(jobs, 10)"},
		"no condition":                {"count(cpu)", "column 1: count has arguments that it can't use; write count(cpu, # > 80)"},
		"no condition at all":         {"filter(cpu)", "column 11: expected at least 2 arguments"},
		"the end":                     {"jobs +", "column 6: the formula ends too early; something is missing here"},
		"an open bracket":             {"(jobs", "column 5: the formula ends too early; something is missing here"},
		"a closed bracket":            {"jobs)", `column 5: ")" is not expected here`},
		"two numbers":                 {"jobs 3", `column 6: "3" is not expected here`},
		"an unknown sign":             {"jobs @ 3", "column 6: unrecognized character: U+0040 '@'"},
		"a bad number":                {"3x", `column 2: bad number syntax: "3x"`},
		"a hexadecimal number":        {"0x10", `column 1: "0x10" can't be used as a number; write one such as 1000, 0.5 or 2.5e6`},
		"too large a whole number":    {"1 + 99999999999999999999", `column 5: "99999999999999999999" can't be used as a number; write one such as 1000, 0.5 or 2.5e6`},
		"too large a number":          {"1e999", `column 1: "1e999" can't be used as a number; write one such as 1000, 0.5 or 2.5e6`},
		"text":                        {`"a" + 1`, "column 1: text can't be used; a formula has only numbers and names of variables"},
		"text of another kind":        {"len(`a`)", "column 5: text can't be used; a formula has only numbers and names of variables"},
		"bytes":                       {"len(b'a')", "column 5: text can't be used; a formula has only numbers and names of variables"},
		"a regular expression":        {"jobs matches rate ? 1 : 0", `column 6: "matches" can't be used; the operators are + - * / ** == != < <= > >= && || ! ?? and ? :`},
		"a range":                     {"sum(1..1000000)", `column 6: ".." can't be used; the operators are + - * / ** == != < <= > >= && || ! ?? and ? :`},
		"in":                          {"jobs in cpu ? 1 : 0", `column 6: "in" can't be used; the operators are + - * / ** == != < <= > >= && || ! ?? and ? :`},
		"not in":                      {"jobs not in cpu ? 1 : 0", `column 10: "in" can't be used; the operators are + - * / ** == != < <= > >= && || ! ?? and ? :`},
		"a pipe":                      {"cpu | max()", `column 5: "|" can't be used; write max(cpu) for cpu | max(), and || for or`},
		"the rest of a division":      {"jobs % 3", `column 6: "%" can't be used; write x - y * floor(x / y)`},
		"if":                          {"if jobs > 3 { 1 } else { 2 }", `column 1: "if" can't be used; write condition ? this : that`},
		"a field":                     {"jobs.x", `column 5: "." can't be used; a formula has only numbers and names of variables`},
		"an optional field":           {"jobs?.x", `column 5: "?." can't be used; a formula has only numbers and names of variables`},
		"the environment":             {"$env", `column 1: "$env" can't be a name; names have letters, digits and underscores`},
		"the environment, disguised":  {"let $env = 3; 1", `column 5: "$env" can't be a name; names have letters, digits and underscores`},
		"an element":                  {"cpu[0]", "column 4: the numbers of a list can't be picked; write min(...), max(...), mean(...) or median(...)"},
		"a slice":                     {"len(cpu[1:])", "column 8: the numbers of a list can't be picked; write min(...), max(...), mean(...) or median(...)"},
		"a map":                       {"len({jobs: 1})", "column 5: this can't be used in a formula"},
		"an empty list":               {"len([])", "column 5: a list needs at least one number"},
		"a sequence":                  {"jobs; rate", `column 1: ";" can only be used after let, as in let busy = mean(cpu); busy / 80`},
		"let inside":                  {"1 + (let x = 1; x)", "column 10: let can only be used before the whole formula, as in let busy = mean(cpu); busy / 80"},
		"let of a list":               {"let x = cpu; 1", "column 9: this is a list where a number is needed; write mean(...), max(...) or sum(...) of it"},
		"let of a variable":           {"let jobs = 1; jobs", `column 5: "jobs" has a meaning already; choose another name`},
		"let of a function":           {"let max = 1; max", `column 5: "max" has a meaning already; choose another name`},
		"let of a name":               {"let x = 1; let x = 2; x", `column 16: "x" has a meaning already; choose another name`},
		"let of true":                 {"let true = 1; 2", `column 5: "true" has a meaning already; choose another name`},
		"let of itself":               {"let x = x; 1", "column 9: there is no variable x; the formula can use count, cpu, disk, jobs, now, rate, zero"},
		"# outside":                   {"# + 1", `column 1: "#" is not expected here`},
		"an index":                    {"sum(map(cpu, #index))", "column 14: #index can't be used; # is the list's number"},
		"lists in conditions":         {"count(cpu, # > mean(disk))", "column 21: a list can't be used inside another list's condition; name what is needed of it first, as in let busy = mean(disk); count(disk, # > busy)"},
		"conditions in conditions":    {"count(cpu, any([1, 2], # > 1))", "column 16: a list can't be used inside another list's condition; write min(#, 10) for min([#, 10])"},
		"a number for a list":         {"sum(jobs)", "column 5: this is a number where a list is needed"},
		"a list for a number":         {"cpu / 2", "column 1: this is a list where a number is needed; write mean(...), max(...) or sum(...) of it"},
		"a condition for a number":    {"1 + (jobs > 3)", "column 11: this is true or false where a number is needed; write condition ? 1 : 0"},
		"a number for a condition":    {"jobs ? 1 : 0", "column 1: this is a number where true or false is needed; compare it, as in jobs > 0"},
		"not a number":                {"!jobs ? 1 : 0", "column 2: this is a number where true or false is needed; compare it, as in jobs > 0"},
		"lists that are equal":        {"cpu == disk ? 1 : 0", "column 1: this is a list where a number is needed; write mean(...), max(...) or sum(...) of it"},
		"a list of lists":             {"max([cpu, disk])", "column 5: this is a list of lists where a number is needed; write flatten(...) of it"},
		"a list of conditions":        {"len([jobs > 3])", "column 11: this is true or false where a number is needed; write condition ? 1 : 0"},
		"a map of conditions":         {"len(map(cpu, # > 3))", "column 16: this is true or false where a number is needed; write condition ? 1 : 0"},
		"a filter of numbers":         {"len(filter(cpu, # + 3))", "column 19: this is a number where true or false is needed; compare it, as in jobs > 0"},
		"true":                        {"jobs > 3", "column 6: the formula gives true or false and not a number; write condition ? 1 : 0"},
		"a list":                      {"cpu", "column 1: the formula gives a list and not a number; write mean(...), max(...) or sum(...)"},
		"a conditional of two kinds":  {"jobs > 3 ? cpu : 1", `column 18: ":" has a list on its left and a number on its right; both must be of one kind`},
		"division by a written zero":  {"jobs / 0", "column 6: division by zero"},
		"nil":                         {"jobs + nil", "column 8: nil can only be compared with a variable, as in jobs == nil"},
		"nil without a variable":      {"jobs + 1 == nil ? 1 : 0", "column 10: only a variable can be nil, as in jobs == nil"},
		"nil is nil":                  {"nil == nil ? 1 : 0", "column 5: only a variable can be nil, as in jobs == nil"},
		"?? of what can't be missing": {"jobs / 10 ?? 8", "column 11: only a variable can be missing; write ?? right after its name, as in (jobs ?? 8) / 10"},
		"?? of a name":                {"let x = 1; x ?? 8", "column 14: only a variable can be missing; write ?? right after its name, as in (jobs ?? 8) / 10"},
		"?? of two kinds":             {"max(cpu ?? 8)", `column 9: "??" has a list on its left and a number on its right; both must be numbers, or both lists`},
		"?? and others":               {"jobs ?? 8 + 1", `column 11: "??" and "+" can't be mixed; write brackets, as in (jobs ?? 8) / 10`},
		"?? nil":                      {"jobs ?? nil", "column 9: nil can only be compared with a variable, as in jobs == nil"},
		"?:":                          {"jobs ?: 3", `column 1: "?:" can't be used; write condition ? this : that`},
		"a chain of comparisons":      {"1 < jobs < 3 ? 1 : 0", "column 5: comparisons can't be chained; write a < b && b < c"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := formula.Compile(test.source, variables())
			if _, ok := errors.AsType[*formula.Error](err); !ok {
				t.Fatalf("%s: got %v, want an Error", test.source, err)
			}
			if got := err.Error(); got != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.source, got, test.want)
			}
		})
	}
}

func TestCompile_variables(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		source    string
		variables map[string]formula.Kind
		want      string
	}{
		"none":                        {"jobs", nil, "column 1: there is no variable jobs; the formula can use none"},
		"one of no kind":              {"jobs", map[string]formula.Kind{"jobs": 0}, "column 1: there is no variable jobs; the formula can use jobs"},
		"one that the library takes":  {"in + 1", map[string]formula.Kind{"in": formula.KindNumber}, `column 1: "in" is a word of the formula language and can't be a variable; rename it`},
		"one that would be a value":   {"1 + nil", map[string]formula.Kind{"nil": formula.KindNumber}, `column 5: "nil" is a word of the formula language and can't be a variable; rename it`},
		"one that is the environment": {"$env", map[string]formula.Kind{"$env": formula.KindNumber}, `column 1: "$env" can't be a name; names have letters, digits and underscores`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := formula.Compile(test.source, test.variables); err == nil || err.Error() != test.want {
				t.Errorf("%s:\n got %v\nwant %s", test.source, err, test.want)
			}
		})
	}
}
