package metrictest

import (
	"errors"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func testErrors(t *testing.T, f Fixture) {
	results := fetch(t.Context(), t, f.Source, f.Empty, f.Words, f.Senseless, f.Failing)
	errorIs(t, results[0], metric.ErrNoData)
	errorIs(t, results[1], metric.ErrMalformed)
	errorIs(t, results[2], metric.ErrQuery)
	errorIs(t, results[3], metric.ErrUnavailable)
}

func testCheck(t *testing.T, f Fixture) {
	for _, query := range []metric.Query{f.Number, f.Zero, f.Empty, f.Words, f.Slow, f.Failing} {
		if err := f.Source.Check(query); err != nil {
			t.Errorf("%s: %v", text(t, query), err)
		}
	}
	refused(t, f, f.Senseless)
}

func testForeign(t *testing.T, f Fixture) {
	if len(f.Foreign) == 0 {
		t.Fatal("the fixture has no queries for other kinds")
	}
	for _, query := range f.Foreign {
		refused(t, f, query)
	}
}

// refused checks that Check and Fetch refuse a query in the same words.
func refused(t *testing.T, f Fixture, query metric.Query) {
	t.Helper()
	err := f.Source.Check(query)
	var queryError *metric.QueryError
	if !errors.As(err, &queryError) || !errors.Is(err, metric.ErrQuery) || queryError.Field == "" || queryError.Message == "" {
		t.Fatalf("%s: got %v, want a QueryError that wraps ErrQuery and says what is wrong with which field", text(t, query), err)
	}
	if got := fetch(t.Context(), t, f.Source, query)[0].Err; got == nil || got.Error() != err.Error() {
		t.Errorf("Check says %v and Fetch %v", err, got)
	}
}

func testStable(t *testing.T, f Fixture) {
	for _, query := range []metric.Query{f.Empty, f.Words, f.Senseless, f.Failing} {
		first, second := fetch(t.Context(), t, f.Source, query)[0], fetch(t.Context(), t, f.Source, query)[0]
		sameText(t, first, second)
	}
	sameText(t, fetch(t.Context(), t, f.Down, f.Number)[0], fetch(t.Context(), t, f.Down, f.Number)[0])
}

func sameText(t *testing.T, first, second metric.Result) {
	t.Helper()
	if first.Err == nil || second.Err == nil {
		t.Errorf("got %v and %v, want two errors", first.Err, second.Err)
		return
	}
	if first.Err.Error() != second.Err.Error() {
		t.Errorf("one failure has two texts: %q and %q", first.Err, second.Err)
	}
}

func testSecrets(t *testing.T, f Fixture) {
	if len(f.Secrets) == 0 {
		t.Fatal("the fixture names no secrets")
	}
	results := fetch(t.Context(), t, f.Source, f.Empty, f.Words, f.Senseless, f.Failing)
	results = append(results, fetch(t.Context(), t, f.Down, f.Number)...)
	for _, result := range results {
		for _, secret := range f.Secrets {
			if result.Err != nil && strings.Contains(result.Err.Error(), secret) {
				t.Errorf("the error tells %q: %v", secret, result.Err)
			}
		}
	}
}
