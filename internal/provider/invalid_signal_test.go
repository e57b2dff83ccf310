package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// answers are those of an HTTP service by path, and why each is of no use.
func answers(t *testing.T) map[string]struct {
	handler http.HandlerFunc
	cause   string
} {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"depth": 3}`, code) }
	}
	return map[string]struct {
		handler http.HandlerFunc
		cause   string
	}{
		"silence":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer in time"},
		"elsewhere": {http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, "redirect refused: it leads to another scheme, host or port"},
		"error":     {status(http.StatusInternalServerError), "status 500 Internal Server Error"},
		"denial":    {status(http.StatusUnauthorized), "status 401 Unauthorized"},
		"page":      {body("<html><body>Sign in</body></html>"), "the answer is not JSON"},
		"flood":     {body(`{"depth": 3, "pad": "` + strings.Repeat("x", 2<<20) + `"}`), "the answer has more than 1048576 bytes"},
		"nan":       {body(`{"depth": NaN}`), "the answer is not JSON"},
		"nan_word":  {body(`{"depth": "NaN"}`), "the value is text that is not a number"},
		"infinity":  {body(`{"depth": 1e999}`), "the value is too large"},
		"nothing":   {body(""), "the answer is empty"},
		"null":      {body(`{"depth": null}`), "the value is null"},
		"another":   {body(`{"length": 3}`), "the answer doesn't have the value"},
		"word":      {body(`{"depth": "many"}`), "the value is text that is not a number"},
		"truth":     {body(`{"depth": true}`), "the value is not a number"},
		"list":      {body(`{"depth": [3]}`), "the value is a list without times; set time to where in the answer they are"},
	}
}

// A signal that can't be read holds the number of servers, and says why.
func TestAccInvalid_signals(t *testing.T) {
	t.Parallel()
	table := answers(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		table[strings.TrimPrefix(r.URL.Path, "/")].handler(w, r)
	}))
	t.Cleanup(server.Close)
	w := acctest.NewWorkspace(t)
	write(t, w.Path("sources_override.tf"), fmt.Sprintf("provider \"muster\" {\n  metric_sources = {\n    api = { http = { base_url = %[1]q } }\n    hasty = { http = { base_url = %[1]q, timeout = \"100ms\" } }\n  }\n}\n", server.URL))
	var signals, rules []string
	want := make(map[string]string)
	for name, answer := range table {
		source := "api"
		if name == "silence" {
			source = "hasty"
		}
		signals = append(signals, fmt.Sprintf("%s = { source = %q, path = %q, value = \"depth\" }", name, source, name))
		rules = append(rules, fmt.Sprintf("%s = { target = { signal = %q, target_value = 1 } }", name, name))
		want[name] = source + ": " + answer.cause
	}
	policy := blueprint{policyAddress: {
		"server_configuration": webConfiguration + ".name", "min_servers": "1", "max_servers": "9", "initial_servers": "3",
		"signals": "{ " + strings.Join(signals, ", ") + " }", "rules": "{ " + strings.Join(rules, ", ") + " }",
	}}
	w.Write(sizedByPolicy(policy.String()))
	w.MustRun("apply", "-auto-approve")
	before := acctest.IDs(t, w.Directory())

	expectHeld(t, w, want)
	w.MustRun("apply", "-auto-approve")
	localSite(t, w).expectSurvivors(t, before)
	expectEvaluation(t, w, want)
	if desired, servers := desiredServers(t, w), acctest.Servers(t, w.Directory()); desired != 3 || len(servers) != 3 {
		t.Errorf("%d servers are desired and %d run, want 3", desired, len(servers))
	}
}

// expectHeld expects a plan that changes nothing, and a warning that names each
// signal with the cause.
func expectHeld(t *testing.T, w *acctest.Workspace, causes map[string]string) {
	t.Helper()
	result := w.Run("plan", "-detailed-exitcode", "-json")
	if result.ExitCode != acctest.NothingToDo {
		t.Errorf("the plan ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	var said string
	for _, warning := range parseDiagnoses(t, result.Output, "warning")[""] {
		if warning.Summary == "Scaling Policy Without Data" {
			said = warning.Detail
			t.Log(warning)
		}
	}
	for name, cause := range causes {
		if line := fmt.Sprintf("Signal %q has no data (%s).\n", name, cause); !strings.Contains(said, line) {
			t.Errorf("the warning doesn't say %q", line)
		}
	}
	for _, text := range []string{
		"\nThe policy for server configuration \"web\" has come to this: 3: held: another has no data (api: the answer doesn't have the value), scale-in is not done without it; ",
		"\nIf that doesn't pass by itself, correct the metric source in the provider's configuration, or what the signal asks for. The signal's on_missing says what is done meanwhile.",
	} {
		if !strings.Contains(said, text) {
			t.Errorf("the warning doesn't say %q", text)
		}
	}
}

func expectEvaluation(t *testing.T, w *acctest.Workspace, causes map[string]string) {
	t.Helper()
	var text string
	w.Attribute(policyAddress, "evaluation", &text)
	var evaluation struct {
		Desired int
		Missing []struct{ Signal, Cause string }
	}
	if err := json.Unmarshal([]byte(text), &evaluation); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, missing := range evaluation.Missing {
		got[missing.Signal] = missing.Cause
	}
	if diff := cmp.Diff(causes, got); diff != "" || evaluation.Desired != 3 {
		t.Errorf("the evaluation desires %d servers, want 3; what is missing (-want +got):\n%s", evaluation.Desired, diff)
	}
}

// A negative number is a number: less than no load asks for the fewest servers.
func TestAccInvalid_negativeSignal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"queue": {"depth": -5}}`) }))
	t.Cleanup(server.Close)
	w := acctest.NewWorkspace(t)
	write(t, w.Path("sources_override.tf"), fmt.Sprintf("provider \"muster\" {\n  metric_sources = { api = { http = { base_url = %q } } }\n}\n", server.URL))
	w.Write(sizedByPolicy(queuePolicy("initial_servers = 3")))
	w.MustRun("apply", "-auto-approve")
	plan := w.Plan()
	var decision string
	plan.After(t, policyAddress, "decision", &decision)
	t.Log(decision)
	if want := "3 -> 2: queue"; !strings.HasPrefix(decision, want) {
		t.Errorf("the plan's sentence is %q, want %q", decision, want)
	}
}
