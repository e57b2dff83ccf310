// Package metrictest holds the suite that every implementation of
// [metric.Source] passes.
package metrictest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// prompt is how long an answer may take that needs no waiting. It is generous:
// the suite shares its machine.
const prompt = 10 * time.Second

// maxErrorBytes is generous: a few words are meant.
const maxErrorBytes = 200

// Fixture is a source under test, and queries to it.
type Fixture struct {
	Source metric.Source
	// Number is a query whose newest sample is Want, not zero; Zero one whose
	// newest sample is a true zero.
	Number, Zero metric.Query
	Want         float64
	// Empty is a query for which the source has no value.
	Empty metric.Query
	// Words is a query whose answer isn't a number.
	Words metric.Query
	// Senseless is a query that the source can't understand; Foreign are queries for
	// sources of other kinds.
	Senseless metric.Query
	Foreign   []metric.Query
	// PerServer is a query for the samples of every server by itself, and Servers the
	// newest of each by its ID. Among the IDs of the query is one without samples, which
	// Servers doesn't have. Nil: the source knows no servers.
	PerServer *metric.Query
	Servers   map[string]float64
	// Slow is a query that isn't answered before its context ends.
	Slow metric.Query
	// Failing is a query that the service answers with an error.
	Failing metric.Query
	// Down is a source of the same kind that can't be reached, for Number.
	Down metric.Source
	// Asked returns how often the service behind Source has been asked so far.
	Asked func() int
	// Secrets are texts that no error may hold: the addresses and the credentials of
	// both sources, and what the service answers to Words and Failing.
	Secrets []string
}

// Run runs the suite. setUp is called once for every test.
func Run(t *testing.T, setUp func(t *testing.T) Fixture) {
	t.Helper()
	tests := map[string]func(*testing.T, Fixture){
		"answers in the order of the queries":      testOrder,
		"nothing asked, nothing answered":          testNone,
		"one failing query leaves the others":      testIsolation,
		"failures are told apart":                  testErrors,
		"check and fetch agree":                    testCheck,
		"an unreachable source is unavailable":     testDown,
		"the end of the context ends the fetch":    testCancel,
		"a context that has ended allows nothing":  testEnded,
		"fetches run at the same time":             testConcurrent,
		"the same failure is told in equal words":  testStable,
		"a slow query doesn't take the quick ones": testSlow,
		"a check asks nobody":                      testCheckAsksNobody,
		"nothing is retried, and all asked anew":   testAsksOnce,
		"equal queries cost one call":              testEqualQueries,
		"errors tell no secrets":                   testSecrets,
		"queries for other kinds are refused":      testForeign,
		"servers are told apart":                   testPerServer,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setUp(t))
		})
	}
}

// fetch fetches and checks what holds for every answer.
func fetch(ctx context.Context, t *testing.T, source metric.Source, queries ...metric.Query) []metric.Result {
	t.Helper()
	before := text(t, queries)
	results := source.Fetch(ctx, queries)
	if diff := cmp.Diff(before, text(t, queries)); diff != "" {
		t.Errorf("the queries were altered:\n%s", diff)
	}
	if len(results) != len(queries) {
		t.Fatalf("%d results for %d queries", len(results), len(queries))
	}
	for i, result := range results {
		checkResult(t, queries[i], result)
	}
	return results
}

// text returns all that a value holds, whatever it points to.
func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func checkResult(t *testing.T, query metric.Query, result metric.Result) {
	t.Helper()
	answers := 0
	for _, there := range []bool{len(result.Samples) > 0, len(result.Servers) > 0, result.Err != nil} {
		if there {
			answers++
		}
	}
	if answers != 1 || len(result.Servers) > 0 && query.PerServer == nil {
		t.Errorf("%s: %d samples, %d servers and error %v; want one of them", text(t, query), len(result.Samples), len(result.Servers), result.Err)
	}
	if result.Err != nil {
		checkError(t, query, result.Err)
	}
	checkSamples(t, query, result.Samples)
	for id, samples := range result.Servers {
		if len(samples) == 0 || !slices.Contains(query.PerServer.Servers, id) {
			t.Errorf("%s: server %q has %d samples", text(t, query), id, len(samples))
		}
		checkSamples(t, query, samples)
	}
}

func checkSamples(t *testing.T, query metric.Query, samples []metric.Sample) {
	t.Helper()
	for i, sample := range samples {
		if math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0) || sample.At.IsZero() {
			t.Errorf("%s: sample %+v is no measurement", text(t, query), sample)
		}
		if i > 0 && sample.At.Before(samples[i-1].At) {
			t.Errorf("%s: sample %d is older than the one before it", text(t, query), i)
		}
	}
}

// checkError checks that the text is fit to be stored in Terraform's state.
func checkError(t *testing.T, query metric.Query, err error) {
	t.Helper()
	if !known(err) {
		t.Errorf("%s: %v wraps no sentinel of the port", text(t, query), err)
	}
	if said := err.Error(); said == "" || len(said) > maxErrorBytes || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
		t.Errorf("%s: %q is not one short line of text", text(t, query), said)
	}
}

func known(err error) bool {
	sentinels := []error{metric.ErrNoData, metric.ErrUnavailable, metric.ErrMalformed, metric.ErrQuery}
	return slices.ContainsFunc(sentinels, func(sentinel error) bool { return errors.Is(err, sentinel) })
}

func newestIs(t *testing.T, result metric.Result, want float64) {
	t.Helper()
	if result.Err != nil {
		t.Errorf("got %v, want %v", result.Err, want)
		return
	}
	if got := result.Samples[len(result.Samples)-1].Value; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func errorIs(t *testing.T, result metric.Result, want error) {
	t.Helper()
	if !errors.Is(result.Err, want) {
		t.Errorf("got error %v, want %v", result.Err, want)
	}
}

func testOrder(t *testing.T, f Fixture) {
	results := fetch(t.Context(), t, f.Source, f.Number, f.Zero, f.Number)
	newestIs(t, results[0], f.Want)
	newestIs(t, results[1], 0)
	newestIs(t, results[2], f.Want)
}

func testNone(t *testing.T, f Fixture) { fetch(t.Context(), t, f.Source) }

func testIsolation(t *testing.T, f Fixture) {
	results := fetch(t.Context(), t, f.Source, f.Empty, f.Number, f.Senseless, f.Zero, f.Words)
	newestIs(t, results[1], f.Want)
	newestIs(t, results[3], 0)
}

func testDown(t *testing.T, f Fixture) {
	errorIs(t, fetch(t.Context(), t, f.Down, f.Number)[0], metric.ErrUnavailable)
}

func testCancel(t *testing.T, f Fixture) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	done := make(chan []metric.Result, 1)
	go func() { done <- fetch(ctx, t, f.Source, f.Slow) }()
	overdue, stop := context.WithTimeout(t.Context(), prompt)
	defer stop()
	select {
	case results := <-done:
		errorIs(t, results[0], metric.ErrUnavailable)
	case <-overdue.Done():
		t.Fatal("Fetch goes on after its context has ended")
	}
}

func testEnded(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, result := range fetch(ctx, t, f.Source, f.Number, f.Slow) {
		errorIs(t, result, metric.ErrUnavailable)
	}
}

func testConcurrent(t *testing.T, f Fixture) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			results := fetch(t.Context(), t, f.Source, f.Zero, f.Number)
			newestIs(t, results[0], 0)
			newestIs(t, results[1], f.Want)
			if err := f.Source.Check(f.Number); err != nil {
				t.Errorf("%s: %v", text(t, f.Number), err)
			}
		})
	}
	all.Wait()
}

func testSlow(t *testing.T, f Fixture) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	results := fetch(ctx, t, f.Source, f.Slow, f.Number)
	errorIs(t, results[0], metric.ErrUnavailable)
	newestIs(t, results[1], f.Want)
}
