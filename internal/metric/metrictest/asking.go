package metrictest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
			t.Errorf("%s: the service was asked %d times, want once", text(t, query), got)
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

func testPerServer(t *testing.T, f Fixture) {
	if f.PerServer == nil {
		query := f.Number
		query.PerServer = &metric.PerServer{Dimension: "server", Servers: []string{"a"}}
		if err := f.Source.Check(query); err == nil {
			t.Error("the source takes a query per server; the fixture has none")
		}
		return
	}
	results := fetch(t.Context(), t, f.Source, *f.PerServer, f.Number)
	newestIs(t, results[1], f.Want)
	if results[0].Err != nil {
		t.Fatal(results[0].Err)
	}
	got := make(map[string]float64)
	for id, samples := range results[0].Servers {
		got[id] = samples[len(samples)-1].Value
	}
	if diff := cmp.Diff(f.Servers, got); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
	nobody := *f.PerServer
	nobody.PerServer = &metric.PerServer{Dimension: f.PerServer.PerServer.Dimension}
	if err := f.Source.Check(nobody); err != nil {
		t.Errorf("the check of a query whose servers aren't known yet: %v", err)
	}
	errorIs(t, fetch(t.Context(), t, f.Source, nobody)[0], metric.ErrNoData)
}
