package metrictest

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func testCheckAsksNobody(t *testing.T, f Fixture) {
	before := f.Asked()
	for _, query := range []metric.Query{f.Number, f.Senseless, f.Slow} {
		// What it finds is testCheck's concern.
		_ = f.Source.Check(query)
	}
	if got := f.Asked() - before; got != 0 {
		t.Errorf("Check has asked the service %d times", got)
	}
	if err := f.Down.Check(f.Number); err != nil {
		t.Errorf("the check of a source that can't be reached: %v", err)
	}
}

func testAsksOnce(t *testing.T, f Fixture) {
	for _, query := range []metric.Query{f.Failing, f.Number, f.Number} {
		before := f.Asked()
		fetch(t.Context(), t, f.Source, query)
		if got := f.Asked() - before; got != 1 {
			t.Errorf("%+v: the service was asked %d times, want once", query, got)
		}
	}
}

func testEqualQueries(t *testing.T, f Fixture) {
	before := f.Asked()
	for _, result := range fetch(t.Context(), t, f.Source, f.Number, f.Number, f.Number) {
		newestIs(t, result, f.Want)
	}
	if got := f.Asked() - before; got != 1 {
		t.Errorf("the service was asked %d times, want once", got)
	}
}
