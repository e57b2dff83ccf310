package prometheus

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/client_golang/api"
	promapi "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// canned gives the same answer to every request.
type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Body: io.NopCloser(strings.NewReader(c.body)), Request: req, Header: make(http.Header)}, nil
}

// Whatever a server answers gives samples or one short line, and never a panic.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []struct {
		status int
		body   string
	}{
		{200, `{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"instance": "a:1"}, "values": [[1772971200, "1"], [1772971140.5, "NaN"]]}]}}`},
		{200, `{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "histograms": [[1, {"count": "1", "sum": "2", "buckets": [[1, "0", "1", "1"]]}]]}]}}`},
		{200, `{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1e300, "1e300"]}, null]}}`},
		{200, `{"status": "success", "data": {"resultType": "scalar", "result": [-9e18, "0"]}}`},
		{200, `{"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}`},
		{200, `{"status": "success", "data": null, "warnings": ["PromQL info", "x"]}`},
		{200, `{"status": "error"}`},
		{400, `{"status": "error", "errorType": "bad_data", "error": "1:1: parse\nerror \u0000"}`},
		{422, `{"status": "error", "errorType": "execution", "error": "many-to-many matching not allowed"}`},
		{503, `{"status": "error", "errorType": "timeout", "error": "x"}`},
		{204, ""},
		{999, "<html>"},
	} {
		f.Add(seed.status, seed.body)
	}
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	perServer := &metric.PerServer{Dimension: "instance", Servers: []string{"a"}}
	f.Fuzz(func(t *testing.T, status int, body string) {
		client, err := api.NewClient(api.Config{Address: "http://prometheus.example", RoundTripper: canned{status, body}})
		if err != nil {
			t.Fatal(err)
		}
		s := &Source{api: promapi.NewAPI(client), timeout: time.Minute, now: func() time.Time { return now }}
		for _, result := range s.Fetch(t.Context(), []metric.Query{{Query: "depth"}, {Query: "depth", PerServer: perServer}}) {
			if err := sound(result, now); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// sound says how a result breaks the port's contract.
func sound(result metric.Result, now time.Time) error {
	if err := result.Err; err != nil {
		said := err.Error()
		if _, ok := errors.AsType[*metric.FetchError](err); !ok || said == "" || len(said) > 200 || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
			return fmt.Errorf("the error is %q", said)
		}
		if result.Samples != nil || result.Servers != nil {
			return errors.New("there are samples and an error")
		}
		return nil
	}
	series := append([]metric.Sample{}, result.Samples...)
	series = append(series, result.Servers["a"]...)
	if len(series) == 0 {
		return errors.New("there is nothing")
	}
	for i, sample := range series {
		if math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0) || sample.At.IsZero() || sample.At.After(now) || i > 0 && sample.At.Before(series[i-1].At) {
			return fmt.Errorf("sample %d is %+v", i, sample)
		}
	}
	return nil
}
