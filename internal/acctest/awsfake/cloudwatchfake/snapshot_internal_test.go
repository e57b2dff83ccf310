package cloudwatchfake

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"
)

// snapshot returns what the SDK's own tests hold against its wire format: the first
// line, the headers and the body.
func snapshot(t *testing.T, path string) (first string, headers http.Header, body []byte) {
	t.Helper()
	const module = "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	directory, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("looking for the module %s: %v", module, err)
	}
	content, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(directory)), path))
	if err != nil {
		t.Fatal(err)
	}
	const last = "X-Amzn-Query-Mode: true"
	head, body, found := bytes.Cut(content, []byte(last+"\n\n"))
	if !found {
		t.Fatalf("%s has another form", path)
	}
	first, rest, _ := strings.Cut(string(head)+last, "\n")
	headers = make(http.Header)
	for line := range strings.Lines(strings.TrimSpace(rest)) {
		name, value, _ := strings.Cut(line, ": ")
		headers.Set(name, strings.TrimSpace(value))
	}
	return first, headers, body
}

func y2k() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// The SDK's tests say how it writes every member of a request.
func TestServeHTTP_readsWhatTheSDKWrites(t *testing.T) {
	t.Parallel()
	first, headers, body := snapshot(t, "request_snapshot/GetMetricData.request.snap")
	method, path, _ := strings.Cut(first, " ")
	request := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	request.Header = headers
	service := New(Options{Now: y2k})
	recorder := httptest.NewRecorder()
	service.ServeHTTP(recorder, request)
	if len(service.Requests()) != 1 {
		t.Fatalf("the request was not understood: %q", recorder.Body)
	}
	query := Query{
		ID: "__Id__", Label: "__Label__", Expression: "__Expression__", AccountID: "__AccountId__", Period: 1,
		Stat: &Stat{
			Metric: Metric{Namespace: "__Namespace__", Name: "__MetricName__", Dimensions: map[string]string{"__Name__": "__Value__"}},
			Period: 1, Stat: "__Stat__", Unit: "Seconds",
		},
	}
	want := Request{
		Start: y2k(), End: y2k(), Queries: []Query{query, query}, NextToken: "__NextToken__",
		ScanBy: "TimestampDescending", MaxDatapoints: 1, Timezone: "__Timezone__",
	}
	if diff := cmp.Diff(want, service.Requests()[0]); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// They say too what it reads.
func TestPage_isWhatTheSDKReads(t *testing.T) {
	t.Parallel()
	_, headers, body := snapshot(t, "response_snapshot/GetMetricData.response.snap")
	want, err := cbor.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := want.(cbor.Map)
	results, _ := answer["MetricDataResults"].(cbor.List)
	for _, result := range results {
		members, _ := result.(cbor.Map)
		delete(members, "Messages") // There are none of one result here.
	}
	delete(answer, "Messages")
	one := result{id: "__Id__", label: "__Label__", status: complete, times: []time.Time{y2k(), y2k()}, values: []float64{1, 1}}
	recorder := httptest.NewRecorder()
	write(recorder, http.StatusOK, page{results: []result{one, one}, token: "__NextToken__"}.encode())
	got, err := cbor.Decode(recorder.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	for _, name := range []string{"Content-Type", "Smithy-Protocol"} {
		if got, want := recorder.Header().Get(name), headers.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
