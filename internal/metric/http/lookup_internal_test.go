package http

import (
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// causes are all that lookup ever says: none of them holds a part of the document or
// of the path.
func causes() map[string]error {
	return map[string]error{
		"the answer is empty":                             metric.ErrNoData,
		"the answer doesn't have the value":               metric.ErrNoData,
		"the value is null":                               metric.ErrNoData,
		"the answer is not JSON":                          metric.ErrMalformed,
		"the value is an object, not a number":            metric.ErrMalformed,
		"the value is a list, not a number":               metric.ErrMalformed,
		"the value is not a number":                       metric.ErrMalformed,
		"the value is text that is not a number":          metric.ErrMalformed,
		"the value is too large":                          metric.ErrMalformed,
		"the value's path can't be applied to the answer": metric.ErrMalformed,
	}
}

func FuzzLookup(f *testing.F) {
	seeds := []struct{ body, path string }{
		{"17\n", ""},
		{"-1.5e3", ""},
		{".5", ""},
		{`"17"`, ""},
		{"", ""},
		{" \t\r\n", "a"},
		{"null", ""},
		{"NaN", ""},
		{`{"a": NaN}`, "a"},
		{`{"a": 1e999}`, "a"},
		{`{"a": -0}`, "a"},
		{`{"a": {"b": [1, 2.5]}}`, "a.b.1"},
		{`{"jobs": [1, 2, 3]}`, "jobs.#"},
		{`{"jobs": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]}`, `jobs.#(n=="y").v`},
		{`{"jobs": [{"n": "x", "v": 1}]}`, `jobs.#(n%"*").v`},
		{`{"a.b": 3}`, `a\.b`},
		{`{"a": [[1], [2, 3]]}`, "a|@flatten|#"},
		{`{"a": 1, "b": 2}`, "{a,b}|@values|0"},
		{`{"a": "\ud800"}`, "a"},
		{"{\"a\": \"caf\xe9\"}", "a"},
		{`{"a": 1`, "a"},
		{"<html>many</html>", "a"},
		{`{"a": 1, "a": 2}`, "a"},
		{strings.Repeat("[", 2000) + "1" + strings.Repeat("]", 2000), strings.Repeat("0.", 1000) + "0"},
		{"\xef\xbb\xbf17", ""},
		{"\x1f\x8b\x08\x00", "a"},
		{`[1,2,3]`, "#"},
		{`{"a":1}`, "@this|@ugly|a"},
		{`{"a":1}`, "@fromstr|@tostr"},
		{`{"a":1}`, "#("},
		{`{"a":1}`, "!\"7\""},
	}
	for _, seed := range seeds {
		f.Add([]byte(seed.body), seed.path)
	}
	known := causes()
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		before := slices.Clone(body)
		value, err := lookup(body, path)
		if !slices.Equal(before, body) {
			t.Fatal("the document was altered, which other queries share")
		}
		again, errAgain := lookup(body, path)
		if value != again || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
			t.Fatalf("one document gives %v, %v and then %v, %v", value, err, again, errAgain)
		}
		if err != nil {
			if kind := known[err.Error()]; kind == nil || !errors.Is(err, kind) || value != 0 {
				t.Fatalf("got %v and the error %q", value, err)
			}
			return
		}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			t.Fatalf("got %v, which is no measurement", value)
		}
		if plain, err := strconv.ParseFloat(strings.TrimSpace(string(body)), 64); path == "" && err == nil && plain != value {
			t.Fatalf("got %v of a document that is the number %v", value, plain)
		}
	})
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
			if sent.Scheme != source.base.Scheme || sent.Host != source.base.Host || sent.User != nil || !below || climbs(sent.Path) {
				t.Fatalf("%q leads from %s to %s", path, bases[i], sent)
			}
		}
	})
}
