package formula_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/policy/formula"
)

func BenchmarkFormula_Evaluate(b *testing.B) {
	list := make([]float64, 1000)
	for i := range list {
		list[i] = float64(i % 100)
	}
	given := values()
	given["cpu"] = formula.List(list)
	for name, source := range map[string]string{
		"numbers":   "ceil((jobs ?? 0) / 10) + max(rate, 1)",
		"condition": "jobs > 100 ? jobs / 2 : rate",
		"mean":      "mean(cpu) / 80",
		"busy":      "let busy = mean(cpu); count(cpu, # > busy)",
	} {
		f := compile(b, source)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := f.Evaluate(given); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFormula_Evaluate_missing(b *testing.B) {
	f := compile(b, "jobs / 10")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Evaluate(nil); err == nil {
			b.Fatal("no error")
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, source := range map[string]string{
		"short": "ceil((jobs ?? 0) / 10) + max(rate, 1)", "brackets": hostile()["open brackets"].source,
		"signs": hostile()["as many signs as may be"].source, "powers": hostile()["as many powers as may be"].source,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = formula.Compile(source, variables())
			}
		})
	}
}
