package provider_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

const policyAddress = "muster_scaling_policy.web"

// queue is an HTTP service with a number that tests move; a negative one makes it
// answer with an error.
type queue struct{ depth atomic.Int64 }

func (q *queue) ServeHTTP(response http.ResponseWriter, _ *http.Request) {
	depth := q.depth.Load()
	if depth < 0 {
		http.Error(response, "out of order", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(response, `{"queue": {"depth": %d}}`, depth)
}

// newQueue returns a workspace whose provider knows the queue as "api".
func newQueue(t *testing.T, depth int64) (*acctest.Workspace, *queue) {
	t.Helper()
	signal := &queue{}
	signal.depth.Store(depth)
	server := httptest.NewServer(signal)
	t.Cleanup(server.Close)
	w := acctest.NewWorkspace(t)
	override := fmt.Sprintf("provider \"muster\" {\n  metric_sources = { api = { http = { base_url = %q } } }\n}\n", server.URL)
	if err := os.WriteFile(w.Path("sources_override.tf"), []byte(override), 0o600); err != nil {
		t.Fatal(err)
	}
	return w, signal
}

// queuePolicy sizes the group "web" so that every server has 10 jobs; arguments
// are further text.
func queuePolicy(arguments string) string {
	return `
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 2
  max_servers          = 10
  signals              = { queue = { source = "api", path = "/metrics", value = "queue.depth" } }
  rules                = { queue = { target = { signal = "queue", target_value = 10 } } }
` + arguments + "\n}\n"
}

// sizedByPolicy is a stack of one group, sized by the policy of the text.
func sizedByPolicy(policy string) string {
	return stack{
		configurations: []configuration{{name: "web", boot: "true"}},
		extra:          policy,
	}.groupOf("web", policyAddress+".desired_servers")
}

// groupOf returns the stack's text with a group whose size is an expression.
func (s stack) groupOf(name, size string) string {
	s.unready = true
	return s.String() + fmt.Sprintf("resource \"muster_server_group\" %q {\n  server_configuration = %s.handle\n  desired_servers = %s\n}\n"+
		"resource \"muster_server_readiness\" \"all\" {\n  groups = [%s.handle]\n  timeouts = { create = \"90s\", update = \"90s\" }\n}\n",
		name, configurationAddress(name), size, groupAddress(name))
}

func desiredServers(t *testing.T, w *acctest.Workspace) int {
	t.Helper()
	var desired int
	w.Attribute(policyAddress, "desired_servers", &desired)
	return desired
}

func memberCount(t *testing.T, w *acctest.Workspace) int {
	t.Helper()
	var members map[string]any
	w.Attribute(groupAddress("web"), "members", &members)
	return len(members)
}

func TestAccPolicy_savedPlan(t *testing.T) {
	t.Parallel()
	w, signal := newQueue(t, 20)
	w.Write(sizedByPolicy(queuePolicy("")))
	first := w.Plan()
	var desired int
	first.After(t, policyAddress, "desired_servers", &desired)
	if desired != 2 {
		t.Fatalf("the first plan asks for %d servers, want min_servers, 2", desired)
	}
	w.ApplyPlan()

	signal.depth.Store(41)
	plan := w.Plan()
	var decision string
	plan.After(t, policyAddress, "decision", &decision)
	if !strings.HasPrefix(decision, "2 -> 5: queue") {
		t.Errorf("the plan's sentence is %q", decision)
	}
	signal.depth.Store(95)
	w.MustRun("apply", "plan")
	if got := memberCount(t, w); got != 5 {
		t.Errorf("the saved plan makes %d members, want the 5 that it said", got)
	}
	if result := w.Run("plan", "-refresh=false", "-detailed-exitcode"); result.ExitCode != acctest.NothingToDo {
		t.Errorf("after the scaling, a plan without refresh ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	next := w.Plan()
	next.After(t, policyAddress, "desired_servers", &desired)
	if desired != 10 {
		t.Errorf("the next plan asks for %d servers, want 10", desired)
	}
}

func TestAccPolicy_stillAndMoving(t *testing.T) {
	t.Parallel()
	w, signal := newQueue(t, 30)
	w.Write(sizedByPolicy(queuePolicy("initial_servers = 3")))
	w.Plan()
	w.ApplyPlan()
	if got := desiredServers(t, w); got != 3 {
		t.Fatalf("desired_servers is %d, want initial_servers, 3", got)
	}

	// With a still signal, two plans are equal apart from their timestamp.
	one, two := planDocument(t, w), planDocument(t, w)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("two plans with a still signal (-first +second):\n%s", diff)
	}

	// Within the tolerance, only the observation changes.
	signal.depth.Store(31)
	if result := w.Run("plan", "-detailed-exitcode"); result.ExitCode != acctest.NothingToDo {
		t.Errorf("a plan in which only the observation changes ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	w.MustRun("apply", "-refresh-only", "-auto-approve")
	var evaluation string
	w.Attribute(policyAddress, "evaluation", &evaluation)
	if !strings.Contains(evaluation, "31") {
		t.Errorf("the evaluation doesn't show the new observation: %s", evaluation)
	}
}

// planDocument returns a plan as JSON without its timestamp.
func planDocument(t *testing.T, w *acctest.Workspace) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal(w.Plan().Document, &document); err != nil {
		t.Fatal(err)
	}
	delete(document, "timestamp")
	return document
}

func TestAccPolicy_killedMembersComeBackUnderAHold(t *testing.T) {
	t.Parallel()
	w, signal := newQueue(t, 30)
	w.Write(sizedByPolicy(queuePolicy("initial_servers = 3")))
	w.Plan()
	w.ApplyPlan()
	before := serverIDs(t, w)

	signal.depth.Store(-1)
	servers := acctest.Servers(t, w.Directory())
	for _, server := range servers[1:] {
		server.Kill(t)
	}
	plan := w.Plan()
	if diff := cmp.Diff(map[string]string{groupAddress("web"): "update", readinessAddress: "update"}, plan.Changes()); diff != "" {
		t.Errorf("planned changes (-want +got):\n%s", diff)
	}
	w.ApplyPlan()
	after := serverIDs(t, w)
	if len(after) != 3 || after["web-0"] != before["web-0"] {
		t.Errorf("members after the kill: %v, before: %v; want three, web-0 untouched", after, before)
	}
	if got := desiredServers(t, w); got != 3 {
		t.Errorf("without data, desired_servers is %d, want 3", got)
	}
}

// serverIDs returns the IDs of the members of "web" by key.
func serverIDs(t *testing.T, w *acctest.Workspace) map[string]string {
	t.Helper()
	var members map[string]struct{ ID string }
	w.Attribute(groupAddress("web"), "members", &members)
	ids := make(map[string]string)
	for key, member := range members {
		ids[key] = member.ID
	}
	return ids
}

func TestAccPolicy_onARunningGroup(t *testing.T) {
	t.Parallel()
	w, _ := newQueue(t, 70)
	fixed := stack{configurations: []configuration{{name: "web", boot: "true"}}}.groupOf("web", "7")
	w.Apply(fixed)
	before := serverIDs(t, w)

	// The bare policy would start with min_servers: it is refused, and nothing is
	// terminated.
	w.Write(sizedByPolicy(queuePolicy("")))
	result := w.Run("apply", "-auto-approve")
	if result.ExitCode == 0 || !message("7").MatchString(result.Output) || !message("muster_server_group").MatchString(result.Output) {
		t.Errorf("a policy that would shrink the group ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	if diff := cmp.Diff(ids(before), runningIDs(t, w)); diff != "" {
		t.Errorf("servers after the refusal (-want +got):\n%s", diff)
	}

	// With the size taken from the data source, the seven stay.
	data := "data \"muster_server_group\" \"web\" {\n  name = \"web\"\n}\n"
	w.Write(sizedByPolicy(queuePolicy("initial_servers = data.muster_server_group.web.size") + data))
	plan := w.Plan()
	if diff := cmp.Diff(map[string]string{policyAddress: "create"}, plan.Changes()); diff != "" {
		t.Errorf("planned changes (-want +got):\n%s", diff)
	}
	w.ApplyPlan()

	// So they do where the policy is imported.
	w.MustRun("state", "rm", policyAddress)
	w.Write(sizedByPolicy(queuePolicy("")))
	w.MustRun("import", policyAddress, "web")
	w.MustRun("apply", "-auto-approve")
	w.ExpectNothingToDo()
	if diff := cmp.Diff(ids(before), runningIDs(t, w)); diff != "" {
		t.Errorf("servers after the import (-want +got):\n%s", diff)
	}
}

func ids(members map[string]string) []string {
	var ids []string
	for _, id := range members {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func runningIDs(t *testing.T, w *acctest.Workspace) []string {
	t.Helper()
	var ids []string
	for _, server := range acctest.Servers(t, w.Directory()) {
		ids = append(ids, server.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestAccPolicy_countOfAnotherResource(t *testing.T) {
	t.Parallel()
	w, signal := newQueue(t, 20)
	config := sizedByPolicy(queuePolicy("")) + "resource \"terraform_data\" \"each\" {\n  count = " + policyAddress + ".desired_servers\n}\n"
	w.Apply(config)
	signal.depth.Store(30)
	plan := w.Plan()
	if got := plan.Changes()["terraform_data.each[2]"]; got != "create" {
		t.Errorf("the count of another resource follows the policy: got %q for the third, want create", got)
	}
	w.ApplyPlan()
}
