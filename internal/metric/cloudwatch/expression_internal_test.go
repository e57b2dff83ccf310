package cloudwatch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRename(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ expression, want string }{
		"names":                     {"a + b_2*a", "x_a + x_b_2*x_a"},
		"names that begin alike":    {"a + aa + aA", "x_a + x_aa + x_aA"},
		"functions stay":            {"SUM([a,b]) + avg (a)", "SUM([x_a,x_b]) + avg (x_a)"},
		"constants stay":            {"FILL(a, REPEAT) + FILL(b, LINEAR)", "FILL(x_a, REPEAT) + FILL(x_b, LINEAR)"},
		"numbers stay":              {"a * 1e3 + 1e-9 - 2.5E+1 / .5", "x_a * 1e3 + 1e-9 - 2.5E+1 / .5"},
		"a number and its neighbor": {"1e3a", "1e3a"},
		"texts stay":                {`SEARCH('{a,b} a="b"', 'Sum') + a`, `SEARCH('{a,b} a="b"', 'Sum') + x_a`},
		"texts in double quotes":    {`INSIGHT_RULE_METRIC("a", 'b') + b`, `INSIGHT_RULE_METRIC("a", 'b') + x_b`},
		"an open quote":             {`'a`, `'x_a`},
		"Metrics Insights stays":    {`SELECT AVG(a) FROM "b" WHERE c = 'd'`, `SELECT AVG(a) FROM "b" WHERE c = 'd'`},
		"line breaks":               {"SUM\n(\na\n)", "SUM\n(\nx_a\n)"},
		"other letters":             {"ä + a", "ä + x_a"},
		"nothing":                   {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rename(test.expression, func(name string) string { return "x_" + name })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("renamed (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is written, only names change, and what has been renamed refers to the new
// names and nothing else.
func FuzzRename(f *testing.F) {
	for _, seed := range []string{"a + b", `SUM(SEARCH('{a} b="c"', 'Sum', 60)) / m1`, "IF(m1 > 1e3, m1)", `SELECT a FROM "b"`, "'", `"a'b"c'd`, "1e", "METRICS()"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		if same := rename(expression, func(name string) string { return name }); same != expression {
			t.Errorf("%q became %q", expression, same)
		}
		names := references(expression)
		renamed := rename(expression, func(name string) string { return "muster7_" + name })
		var want []string
		for _, name := range names {
			want = append(want, "muster7_"+name)
		}
		if diff := cmp.Diff(want, references(renamed)); diff != "" {
			t.Errorf("references of %q (-want +got):\n%s", renamed, diff)
		}
		if back := strings.ReplaceAll(renamed, "muster7_", ""); !strings.Contains(expression, "muster7_") && back != expression {
			t.Errorf("%q became %q", expression, renamed)
		}
	})
}
