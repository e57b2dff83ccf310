package provider_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// parrot is an HTTP service that answers in one of several ways with the credentials
// that it was given.
type parrot struct{ requests atomic.Int32 }

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.requests.Add(1)
	said := r.Header.Get("Authorization") + " " + r.Header.Get("X-Api-Key")
	switch r.URL.Path {
	case "/number":
		fmt.Fprint(w, `{"depth": 3}`)
	case "/error":
		http.Error(w, said, http.StatusInternalServerError)
	case "/page":
		fmt.Fprintf(w, "<html>%s</html>", said)
	case "/word":
		fmt.Fprintf(w, `{"depth": %q}`, said)
	case "/redirect":
		http.Redirect(w, r, "http://elsewhere.example/?token="+r.Header.Get("X-Api-Key"), http.StatusFound)
	case "/hangup":
		w.Header().Set("X-Api-Key", said)
		panic(http.ErrAbortHandler)
	}
}

// credentials returns a configuration in which a policy asks the service in every way,
// and the headers come from variables that Terraform doesn't store.
func credentials() string {
	var signals, rules []string
	for _, name := range []string{"number", "error", "page", "word", "redirect", "hangup"} {
		signals = append(signals, fmt.Sprintf("%s = { source = \"api\", path = %q, value = \"depth\" }", name, name))
		rules = append(rules, fmt.Sprintf("%s = { target = { signal = %q, target_value = 1 } }", name, name))
	}
	policy := blueprint{policyAddress: {
		"server_configuration": webConfiguration + ".name", "min_servers": "1", "max_servers": "9",
		"signals": "{ " + strings.Join(signals, ", ") + " }", "rules": "{ " + strings.Join(rules, ", ") + " }",
	}}
	return sizedByPolicy(policy.String()) + fmt.Sprintf(`
variable "token" {
  type      = string
  ephemeral = true
  sensitive = true
}
variable "api_key" {
  type      = string
  ephemeral = true
  sensitive = true
}
output "evaluation" {
  value = %s.evaluation
}
`, policyAddress)
}

// The credentials of a metric source are sent to its service and written nowhere.
func TestAccMetricSource_credentialsAreNowhere(t *testing.T) {
	t.Parallel()
	service := &parrot{}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	w := acctest.NewWorkspace(t)
	write(t, w.Path("sources_override.tf"), fmt.Sprintf("provider \"muster\" {\n  metric_sources = { api = { http = {\n"+
		"    base_url = %q\n    headers = { Authorization = \"Bearer ${var.token}\", X-Api-Key = var.api_key }\n  } } }\n}\n", server.URL))
	token, key := "canary-"+rand.Text(), "canary-"+rand.Text()
	w.Setenv("TF_VAR_token", token)
	w.Setenv("TF_VAR_api_key", key)
	watch := newWatch(t, w, []string{token, key})
	w.Write(credentials())
	for _, command := range [][]string{{"apply", "-auto-approve"}, {"plan", "-out=plan"}, {"show", "-json", "plan"}, {"apply", "plan"}, {"apply", "-refresh-only", "-auto-approve"}, {"output"}} {
		watch.said.WriteString(w.MustRun(command...))
		watch.lookAround()
	}
	if service.requests.Load() == 0 {
		t.Fatal("the service has not been asked")
	}
	if !strings.Contains(watch.said.String(), "has no data (api: status 500 Internal Server Error)") {
		t.Errorf("nothing was said of the signals:\n%s", watch.said.String())
	}

	// A header that is refused is not quoted.
	w.Setenv("TF_VAR_token", token+"\n")
	refused := w.Run("plan")
	watch.said.WriteString(refused.Output)
	if want := message("metric_sources.api.headers.Authorization: has a control character"); refused.ExitCode != acctest.Refused || !want.MatchString(refused.Output) {
		t.Errorf("the plan ends with exit code %d:\n%s", refused.ExitCode, refused.Output)
	}
	w.Setenv("TF_VAR_token", token)
	watch.lookAround()
	for _, exposure := range watch.exposures() {
		t.Error(exposure)
	}
}
