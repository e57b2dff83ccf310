package http

import (
	"errors"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

// causes are all that lookup ever says: none of them holds a part of the document or
// of a path.
func causes() map[string]error {
	return map[string]error{
		"the answer is empty":                                                         metric.ErrNoData,
		"the answer doesn't have the value":                                           metric.ErrNoData,
		"the value is null":                                                           metric.ErrNoData,
		"the value is a list without a number":                                        metric.ErrNoData,
		"the answer is not JSON":                                                      metric.ErrMalformed,
		"the value is an object, not a number":                                        metric.ErrMalformed,
		"the value is a list, not a number":                                           metric.ErrMalformed,
		"the value is not a number":                                                   metric.ErrMalformed,
		"the value is text that is not a number":                                      metric.ErrMalformed,
		"the value is too large":                                                      metric.ErrMalformed,
		"the value's path can't be applied to the answer":                             metric.ErrMalformed,
		"the value has more than 10000 points":                                        metric.ErrMalformed,
		"there are N times for N values":                                              metric.ErrMalformed,
		"a time is neither a number nor text":                                         metric.ErrMalformed,
		"a time is neither in Unix seconds nor in milliseconds":                       metric.ErrMalformed,
		"a time is text that is not one; it must be as in 2006-01-02T15:04:05Z":       metric.ErrMalformed,
		"the value is a list without times; set time to where in the answer they are": metric.ErrMalformed,
		"the value is a list of lists, not all of which are a time and a number":      metric.ErrMalformed,
	}
}

// counted is what depends on the lengths of lists in what lookup says.
var counted = regexp.MustCompile(`^there are [0-9]+ times for [0-9]+ values$`)

func FuzzLookup(f *testing.F) {
	seeds := []struct{ body, path, times string }{
		{"17\n", "", ""},
		{"-1.5e3", "", ""},
		{".5", "", ""},
		{`"17"`, "", ""},
		{"", "", ""},
		{" \t\r\n", "a", ""},
		{"null", "", ""},
		{"NaN", "", ""},
		{`{"a": NaN}`, "a", ""},
		{`{"a": 1e999}`, "a", ""},
		{`{"a": -0}`, "a", ""},
		{`{"a": {"b": [1, 2.5]}}`, "a.b.1", ""},
		{`{"jobs": [1, 2, 3]}`, "jobs.#", ""},
		{`{"jobs": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]}`, `jobs.#(n=="y").v`, ""},
		{`{"jobs": [{"n": "x", "v": 1}]}`, `jobs.#(n%"*").v`, ""},
		{`{"a.b": 3}`, `a\.b`, ""},
		{`{"a": [[1], [2, 3]]}`, "a|@flatten|#", ""},
		{`{"a": 1, "b": 2}`, "{a,b}|@values|0", ""},
		{`{"a": "\ud800"}`, "a", ""},
		{"{\"a\": \"caf\xe9\"}", "a", ""},
		{`{"a": 1`, "a", ""},
		{"<html>many</html>", "a", ""},
		{`{"a": 1, "a": 2}`, "a", ""},
		{strings.Repeat("[", 2000) + "1" + strings.Repeat("]", 2000), strings.Repeat("0.", 1000) + "0", ""},
		{"\xef\xbb\xbf17", "", ""},
		{"\x1f\x8b\x08\x00", "a", ""},
		{`[1,2,3]`, "#", ""},
		{`{"a":1}`, "@this|@ugly|a", ""},
		{`{"a":1}`, "@fromstr|@tostr", ""},
		{`{"a":1}`, "#(", ""},
		{`{"a":1}`, "!\"7\"", ""},
		{`{"v": [1, null, "3"], "t": [1772971200, 0, 1772971320]}`, "v", "t"},
		{`{"v": [1], "t": ["2026-03-08T12:00:00+01:00"]}`, "v", "t"},
		{`{"v": 1, "t": 1772971200000}`, "v", "t"},
		{`{"points": [{"t": 2e9, "v": 1}, {"t": 1e9, "v": 2}]}`, "points.#.v", "points.#.t"},
		{`[[1772971260, 2], null, [1772971200.5, "1"], [1772971320, null]]`, "", ""},
		{`[[1], [1, 2, 3]]`, "", ""},
		{`[[1e300, 1]]`, "", ""},
		{`[[-1, 1], [1e14, 1]]`, "", ""},
	}
	for _, seed := range seeds {
		f.Add([]byte(seed.body), seed.path, seed.times)
	}
	known, now := causes(), time.Unix(1772971200, 0)
	f.Fuzz(func(t *testing.T, body []byte, path, times string) {
		before := slices.Clone(body)
		query := metric.Query{Value: path, Time: times}
		samples, err := lookup(body, query, now)
		if !slices.Equal(before, body) {
			t.Fatal("the document was altered, which other queries share")
		}
		again, errAgain := lookup(body, query, now)
		if !slices.Equal(samples, again) || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("one document gives %v, %v and then %v, %v", samples, err, again, errAgain)
		}
		if err != nil {
			said := counted.ReplaceAllString(err.Error(), "there are N times for N values")
			if kind := known[said]; kind == nil || !errors.Is(err, kind) || samples != nil {
				t.Fatalf("got %v and the error %q", samples, err)
			}
			return
		}
		checkSeries(t, samples)
		if plain, err := strconv.ParseFloat(strings.TrimSpace(string(body)), 64); path == "" && times == "" && err == nil && plain != samples[0].Value {
			t.Fatalf("got %v of a document that is the number %v", samples, plain)
		}
	})
}

func checkSeries(t *testing.T, samples []metric.Sample) {
	t.Helper()
	if len(samples) == 0 || len(samples) > maxPoints {
		t.Fatalf("got %d samples", len(samples))
	}
	for i, sample := range samples {
		if math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0) || sample.At.Unix() < 0 {
			t.Fatalf("got %+v, which is no measurement", sample)
		}
		if i > 0 && sample.At.Before(samples[i-1].At) {
			t.Fatalf("sample %d is older than the one before it", i)
		}
	}
}

// Whatever a query's path is, the request goes to the origin that the headers are for,
// below the base URL.
func FuzzResolve(f *testing.F) {
	for _, path := range []string{
		"", "/", "queue", "/queue?x=1", "a%2Fb", "a//b", "queue/", "..", "%2e%2e/admin", "a%2f..%2f..%2fadmin", `..\admin`, "//evil.example/x",
		"http://evil.example/", "@evil.example", ":80/", "a#b", "a%zz", "a\nb", "?", "?//evil.example", ";a=b", "a%00b", "é", "%E9", "[::1]", "a%5cb", "/%2f/evil.example",
	} {
		f.Add(path)
	}
	bases := []string{"http://api.example/v1", "https://api.example", "http://api.example:8080/v1/%2F/x/"}
	sources := make([]*Source, 0, len(bases))
	for _, base := range bases {
		source, err := New(Config{BaseURL: base}, func() time.Time { return time.Time{} })
		if err != nil {
			f.Fatal(err)
		}
		sources = append(sources, source)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for i, source := range sources {
			target, err := source.resolve(metric.Query{Path: path})
			if err != nil {
				if !errors.Is(err, metric.ErrQuery) {
					t.Fatalf("%q: %v", path, err)
				}
				continue
			}
			sent, err := url.Parse(target.String())
			if err != nil {
				t.Fatalf("%q gives a URL that isn't one: %v", path, err)
			}
			prefix := strings.TrimSuffix(source.base.EscapedPath(), "/")
			below := sent.EscapedPath() == prefix || strings.HasPrefix(sent.EscapedPath(), prefix+"/")
			if sent.Scheme != source.base.Scheme || sent.Host != source.base.Host || sent.User != nil || !below || origin.Climbs(sent.Path) {
				t.Fatalf("%q leads from %s to %s", path, bases[i], sent)
			}
		}
	})
}
