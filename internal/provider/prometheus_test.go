package provider_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/promserver"
)

// newPrometheus returns a workspace whose provider knows a Prometheus server as "prom".
func newPrometheus(t *testing.T) (*acctest.Workspace, *promserver.Target, *promserver.Server) {
	t.Helper()
	target := promserver.NewTarget(t)
	server := promserver.Start(t, promserver.Options{Targets: []string{target.Address}})
	w := acctest.NewWorkspace(t)
	write(t, w.Path("sources_override.tf"), fmt.Sprintf(
		"provider \"muster\" {\n  metric_sources = { prom = { prometheus = { url = %q } } }\n}\n", server.URL))
	return w, target, server
}

// jobsOf sizes the group "web" by a sum of Prometheus.
const jobsOf = `
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 2
  max_servers          = 10
  signals              = { jobs = { source = "prom", query = "sum(jobs)", period = "1s", window = "2m" } }
  rules                = { jobs = { target = { signal = "jobs", target_value = 10 } } }
  behavior             = { scale_in = { stabilization_window = "1m" } }
}
`

// A saved plan is carried out as it is, though the data of Prometheus move on; and the
// servers that were needed within the stabilization window stay, because Prometheus
// remembers it.
func TestAccPrometheus_movesBetweenPlanAndApply(t *testing.T) {
	t.Parallel()
	w, target, server := newPrometheus(t)
	set := func(jobs float64) {
		target.Set(`jobs{queue="a"}`, jobs-5)
		target.Set(`jobs{queue="b"}`, 5)
		// A query ends at a whole second, which may be up to one ago.
		server.Await(t, fmt.Sprintf("sum(jobs offset 1s) == %v", jobs))
	}
	set(20)
	w.Apply(sizedByPolicy(jobsOf))
	set(45)
	plan := w.Plan()
	var planned int
	plan.After(t, policyAddress, "desired_servers", &planned)
	set(90)
	w.MustRun("apply", "plan")
	if got := memberCount(t, w); planned != 5 || got != 5 {
		t.Errorf("planned %d servers and applied %d, want 5", planned, got)
	}
	w.Plan()
	w.MustRun("apply", "plan")
	if got := memberCount(t, w); got != 9 {
		t.Errorf("the next plan makes %d servers, want 9", got)
	}
	set(10)
	w.ExpectNothingToDo()
	w.MustRun("refresh")
	var evaluation string
	w.Attribute(policyAddress, "evaluation", &evaluation)
	if want := "9: held: jobs 10 under 10 per server (x0.11, tolerance 0.10); scale_in.stabilization_window 1m raised 1 -> 9"; !strings.Contains(evaluation, want) {
		t.Errorf("the evaluation is %s, want %s", evaluation, want)
	}
}

// loadOf sizes the group "web" by the load of each of its servers, known by address.
const loadOf = `
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 2
  max_servers          = 10
  signals = {
    load = { source = "prom", query = "load", per_server = { label = "address" }, period = "1s" }
    busy = { expression = "100 * count(load, # > 80) / in_service" }
  }
  rules = {
    load = { target = { signal = "load", target_value = 60, target_type = "utilization" } }
    vote = { step = { signal = "busy", threshold = 51, comparison = "greater_than_or_equal", steps = [{ adjustment = 2 }] } }
  }
  behavior = { scale_in = { stabilization_window = "0s" } }
}
`

// Series of single servers are told apart by their addresses; others don't count.
func TestAccPrometheus_perServer(t *testing.T) {
	t.Parallel()
	w, target, server := newPrometheus(t)
	w.Apply(sizedByPolicy(loadOf))
	set := func(loads ...float64) {
		var members map[string]struct {
			Address string `json:"private_ip"`
		}
		w.Attribute(groupAddress("web"), "members", &members)
		keys := slices.Sorted(maps.Keys(members))
		target.Set(`load{address="192.0.2.1:80"}`, 99)
		for i, load := range loads {
			series := fmt.Sprintf(`load{address="%s:9100"}`, members[keys[i]].Address)
			target.Set(series, load)
			server.Await(t, fmt.Sprintf("%s offset 1s == %v", series, load))
		}
	}
	sentence := func() string {
		var decision string
		w.Plan().After(t, policyAddress, "decision", &decision)
		return decision
	}
	set(90, 30)
	w.ExpectNothingToDo()
	set(90, 100)
	if got, want := sentence(), "2 -> 4: load 95 % over 60 % (x1.58, tolerance 0.10)"; got != want {
		t.Errorf("two busy servers: %q, want %q", got, want)
	}
	w.MustRun("apply", "plan")
	// Two of the four say nothing yet: idle ones wouldn't do for a change either way.
	w.ExpectNothingToDo()
	set(10, 10, 10, 10)
	if got, want := sentence(), "4 -> 2: busy 0 is not"; strings.HasPrefix(got, want) {
		t.Errorf("four idle servers: %q", got)
	}
	w.MustRun("apply", "plan")
	if got := memberCount(t, w); got != 2 {
		t.Errorf("%d servers remain of four idle ones, want 2", got)
	}
}

// weekday is what a site has counted in a time of even load: 1,300 requests per second,
// of which 9 of 10 take less than half a second.
func weekday(from, to time.Time) []promserver.Point {
	const requests, interval = 1300, 15 * time.Second
	var counted []promserver.Point
	for at := from; at.Before(to); at = at.Add(interval) {
		total := requests * at.Sub(from).Seconds()
		for series, share := range map[string]float64{
			`http_requests_total{job="web"}`:                                1,
			`http_request_duration_seconds_bucket{job="web",le="0.5"}`:      0.9,
			`http_request_duration_seconds_bucket{job="web",le="1.0"}`:      1,
			`http_request_duration_seconds_bucket{job="web",le="+Inf"}`:     1,
			`http_requests_total{job="somebody else"}`:                      2,
			`node_cpu_seconds_total{instance="192.0.2.1:9100",mode="idle"}`: 0,
		} {
			counted = append(counted, promserver.Point{Series: series, At: at, Value: total * share})
		}
	}
	return counted
}

// What the guide shows is understood by Prometheus and does what the guide says.
func TestAccPrometheus_guide(t *testing.T) {
	t.Parallel()
	guide := string(read(t, "../../templates/guides/prometheus-signals.md.tmpl"))
	blocks := regexp.MustCompile("(?s)```terraform\n(.*?)```").FindAllStringSubmatch(guide, -1)
	if len(blocks) != 2 {
		t.Fatalf("the guide has %d configurations, want 2", len(blocks))
	}
	source, sized := blocks[0][1], blocks[1][1]
	now := time.Now()
	server := promserver.Start(t, promserver.Options{History: weekday(now.Add(-20*time.Minute), now.Add(10*time.Minute))})
	front := server.Front(t, "the guide's token")
	w := acctest.NewWorkspace(t)
	w.Setenv("TF_VAR_prometheus_token", "the guide's token")
	tls := fmt.Sprintf("%q\n        tls = { ca_certificate = %q }", front.URL, front.CACertificate)
	write(t, w.Path("sources_override.tf"), strings.Replace(source, `"https://prometheus.example.com"`, tls, 1))
	write(t, w.Path("variables.tf"), "variable \"prometheus_token\" {\n  type      = string\n  sensitive = true\n}\n")
	w.Write(sizedByPolicy(sized))
	w.MustRun("apply", "-auto-approve")
	var decision string
	w.Plan().After(t, policyAddress, "decision", &decision)
	if want := "2 -> 7: requests 1300 over 200 per server (x3.25, tolerance 0.10); cpu has no data"; !strings.HasPrefix(decision, want) {
		t.Errorf("the decision is %q, want %q", decision, want)
	}
	w.MustRun("refresh")
	var evaluation string
	w.Attribute(policyAddress, "evaluation", &evaluation)
	for _, want := range []string{"latency 0.75 is above 0.5 (5 of 5 periods, 3 needed), +1", "no series of the query is of a server of the group by its label instance"} {
		if !strings.Contains(evaluation, want) {
			t.Errorf("the evaluation is %s, want %s", evaluation, want)
		}
	}
}
