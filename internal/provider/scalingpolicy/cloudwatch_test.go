package scalingpolicy_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/cloudwatchfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// sky is a world with CloudWatch, in which time passes as a test says.
type sky struct {
	*world

	fake *cloudwatchfake.Service

	mu  sync.Mutex
	now time.Time
}

func newSky(t *testing.T) *sky {
	t.Helper()
	s := &sky{world: newWorld(t), now: time.Date(2026, 3, 8, 12, 0, 30, 0, time.UTC)}
	s.world.clock = s.clock
	s.fake = cloudwatchfake.New(cloudwatchfake.Options{Now: s.clock})
	s.cloudwatch = cloudwatch.New(cloudwatch.Options{Client: s.fake.Client(), Now: s.clock})
	return s
}

func (s *sky) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pass lets an hour pass. In the last minute of which CloudWatch must know, the metric
// has a value.
func (s *sky) pass(values map[string]float64) {
	s.mu.Lock()
	s.now = s.now.Add(time.Hour)
	at := s.now.Add(-3 * time.Minute)
	s.mu.Unlock()
	for server, value := range values {
		measured := cloudwatchfake.Metric{Namespace: "App", Name: "Load"}
		if server != "" {
			measured.Dimensions = map[string]string{"InstanceId": server}
		}
		s.fake.Put(measured, cloudwatchfake.Point{At: at, Value: value})
	}
}

// serving returns a function that lets servers i-0, i-1, … run.
func (s *sky) serving(n int) {
	basis := manager.Basis{Exists: true, Group: "web", Intended: n, InService: n}
	for i := range n {
		server := policy.Server{ID: fmt.Sprintf("i-%d", i), State: policy.ServerInService}
		basis.Servers = append(basis.Servers, manager.BasisServer{Server: server})
	}
	s.set(func(w *world) { w.basis = basis })
}

// watching returns a policy on the signal with the arguments, of which a server is to
// have 10.
func watching(kind, arguments string) string {
	return config(fmt.Sprintf(`
  min_servers = 1
  max_servers = 20
  signals     = { load = { cloudwatch = { %s } } }
  rules       = { load = { target = { signal = "load", target_value = 10, target_type = %q } } }`, arguments, kind))
}

const load = `namespace = "App", metric_name = "Load"`

func TestScalingPolicy_cloudWatch(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	total := watching("average", load+`, statistic = "Sum"`)
	edited := watching("average", load+`, statistic = "Sum", period = "5m"`)
	run(t, s.world,
		resource.TestStep{Config: total, ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 1)},
		resource.TestStep{
			PreConfig:         func() { s.serving(1); s.pass(map[string]float64{"": 35}) },
			Config:            total,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 4),
			ConfigStateChecks: holds(4, "1 -> 4: load 35 over 10 per server (x3.50, tolerance 0.10)"),
			// The group hasn't followed, so the next refresh asks for the same again.
		},
		resource.TestStep{
			PreConfig:        func() { s.serving(4) },
			Config:           edited,
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 4),
			ConfigStateChecks: holds(4,
				"4: held: load has no data yet (it was edited since the last refresh), scale-in is not done without it"),
		},
		resource.TestStep{ // An hour without data.
			PreConfig:        func() { s.pass(nil) },
			Config:           edited,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 4),
			Check:            evaluates(`"missing":[{"signal":"load","cause":"cloudwatch: CloudWatch has no data in the window"}]`),
		},
	)
}

// All signals of a policy are asked for in one call, and only a refresh makes it.
func TestScalingPolicy_cloudWatchOneCall(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	s.serving(3)
	policy := config(`
  min_servers     = 1
  max_servers     = 20
  initial_servers = 3
  signals = {
    total   = { cloudwatch = { namespace = "App", metric_name = "Load", statistic = "Sum" } }
    servers = { cloudwatch = { namespace = "App", metric_name = "Load", per_server = { dimension = "InstanceId", aggregation = "sum" } } }
    ratio = { cloudwatch = {
      expression = "100 * a / b"
      queries    = { a = { namespace = "App", metric_name = "Load" }, b = { expression = "a + 1" } }
    } }
  }
  rules = { total = { value = { signal = "total" } }, servers = { value = { signal = "servers" } }, ratio = { target = { signal = "ratio", target_value = 100 } } }`)
	run(t, s.world, resource.TestStep{
		PreConfig: func() { s.pass(map[string]float64{"": 2, "i-0": 1, "i-1": 1, "i-2": 1}) },
		Config:    policy,
	})
	for _, request := range s.fake.Requests() {
		if len(request.Queries) != 7 {
			t.Errorf("a call asks for %d entries, want 7: one, three servers, three of the expression", len(request.Queries))
		}
	}
	// The creation looks at the group too, and asks for no signal.
	if got, want := s.fake.Calls(), s.looks-1; got != want || want == 0 {
		t.Errorf("%d calls in %d refreshes, want one each", got, want)
	}
}

func TestScalingPolicy_cloudWatchPerServer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		aggregation, kind string
		values            map[string]float64
		want              int64
	}{
		"average by default":             {``, "utilization", map[string]float64{"i-0": 10, "i-1": 20, "i-2": 30}, 6},
		"the load of the group":          {``, "average", map[string]float64{"i-0": 10, "i-1": 20, "i-2": 30}, 6},
		"sum":                            {`, aggregation = "sum"`, "value", map[string]float64{"i-0": 10, "i-1": 20, "i-2": 0}, 9},
		"one of three says nothing, out": {``, "utilization", map[string]float64{"i-0": 20, "i-1": 20}, 4},
		"one of three says nothing, in":  {``, "utilization", map[string]float64{"i-0": 1, "i-1": 1}, 3},
		"what others say doesn't count":  {``, "utilization", map[string]float64{"i-0": 0, "i-1": 0, "i-2": 0, "i-9": 99, "": 99}, 1},
		"nobody says anything":           {``, "utilization", nil, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSky(t)
			policy := watching(test.kind, load+`, per_server = { dimension = "InstanceId"`+test.aggregation+` }`)
			action := plancheck.ResourceActionUpdate
			if test.want == 3 {
				action = plancheck.ResourceActionNoop
			}
			run(t, s.world,
				resource.TestStep{Config: strings.Replace(policy, "max_servers", "initial_servers = 3\n  max_servers", 1)},
				resource.TestStep{
					PreConfig:        func() { s.serving(3); s.pass(test.values) },
					Config:           policy,
					ConfigPlanChecks: plans(action, test.want),
				},
			)
		})
	}
}

func TestScalingPolicy_cloudWatchSilentServer(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	policy := watching("utilization", load+`, per_server = { dimension = "InstanceId" }`)
	start := strings.Replace(policy, "max_servers", "initial_servers = 3\n  max_servers", 1)
	run(t, s.world,
		resource.TestStep{Config: start},
		resource.TestStep{
			PreConfig:        func() { s.serving(3); s.pass(map[string]float64{"i-0": 1}) },
			Config:           policy,
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 3),
			Check:            evaluates(`3: held: load 1 % near 10 % (x6.70, in doubt: 2 of 3 servers without a sample)`),
		},
		resource.TestStep{
			PreConfig:         func() { s.pass(map[string]float64{"i-0": 1, "i-1": 1, "i-2": 1}) },
			Config:            policy,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 1),
			ConfigStateChecks: holds(1, "3 -> 1: load 1 % under 10 % (x0.10, tolerance 0.10)"),
		},
	)
}

// Nobody knows whether the one server that says nothing needs the others: other rules
// don't take them away either.
func TestScalingPolicy_cloudWatchSilentServerAndOtherRules(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	policy := func(onMissing string) string {
		return config(`
  min_servers     = 1
  max_servers     = 20
  initial_servers = 3
  signals = {
    cpu   = { cloudwatch = { namespace = "App", metric_name = "Load", per_server = { dimension = "InstanceId" } }, ` + onMissing + ` }
    floor = { literal = 2 }
  }
  rules = { cpu = { target = { signal = "cpu", target_value = 10, target_type = "utilization" } }, floor = { value = { signal = "floor" } } }`)
	}
	run(t, s.world,
		resource.TestStep{Config: policy("")},
		resource.TestStep{
			PreConfig:        func() { s.serving(3); s.pass(map[string]float64{"i-0": 1, "i-1": 1}) },
			Config:           policy(""),
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 3),
		},
		resource.TestStep{ // Nothing is wrong with the signal, so the plan doesn't fail.
			Config:           policy(`on_missing = "fail"`),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 3),
		},
		resource.TestStep{
			Config:           policy(`on_missing = "ignore"`),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 3),
		},
	)
}

func TestScalingPolicy_cloudWatchFaults(t *testing.T) {
	t.Parallel()
	const arguments = `namespace = "App", metric_name = "Load"`
	one := watching("average", arguments)
	with := func(extra string) string { return watching("average", arguments+", "+extra) }
	tests := map[string]struct{ config, want string }{
		"with a source":        {strings.Replace(one, "load = { cloudwatch", `load = { source = "api", cloudwatch`, 1), `signals\.load\.source: can't be combined with cloudwatch`},
		"with a literal":       {strings.Replace(one, "load = { cloudwatch", `load = { literal = 1, cloudwatch`, 1), `signals\.load\.cloudwatch: can't be combined with literal`},
		"with a path":          {strings.Replace(one, "load = { cloudwatch", `load = { path = "x", value = "y", cloudwatch`, 1), `(?s)signals\.load\.path: can't be.*signals\.load\.value: can't be`},
		"a period":             {with(`period = "often"`), `signals\.load\.cloudwatch\.period: "often" is not a duration`},
		"a window of nothing":  {with(`window = "0s"`), `signals\.load\.cloudwatch\.window: must be above 0`},
		"an odd period":        {with(`period = "7m"`), `signals\.load\.cloudwatch\.period: must divide a day evenly`},
		"a statistic":          {with(`statistic = "avg"`), `signals\.load\.cloudwatch\.statistic: "avg" is not a statistic`},
		"an aggregation":       {with(`per_server = { dimension = "InstanceId", aggregation = "median" }`), `aggregation: must be one of average,\s+maximum, minimum, sum`},
		"no metric":            {watching("average", `namespace = "App"`), `signals\.load\.cloudwatch\.metric_name: is missing`},
		"an unknown name":      {watching("average", `expression = "a + b", queries = { a = { `+arguments+` } }`), `signals\.load\.cloudwatch\.expression: refers to "b"`},
		"a fault in a query":   {watching("average", `expression = "a", queries = { a = { namespace = "App" } }`), `signals\.load\.cloudwatch\.queries\.a\.metric_name: is missing`},
		"a query that is null": {watching("average", `expression = "a", queries = { a = null }`), `signals\.load\.cloudwatch\.queries\.a\.metric_name: is missing`},
		"a dimension that is null": {
			with(`dimensions = { Queue = null }`), `signals\.load\.cloudwatch\.dimensions: has a name or a value that is empty`,
		},
		"the name of the source": {strings.Replace(requests(1, 2, ""), `source = "api"`, `source = "cloudwatch"`, 1), `signals\.requests\.source: CloudWatch isn't one of the metric_sources`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, newSky(t).world, resource.TestStep{Config: test.config, PlanOnly: true, ExpectError: regexp.MustCompile(test.want)})
		})
	}
	t.Run("without an aws block", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config: one, PlanOnly: true,
			ExpectError: regexp.MustCompile(`(?s)CloudWatch Without Account.*signals\.load\.cloudwatch:\sthe\sprovider's\sconfiguration\shas\sno\saws\sblock.*aws\s=\s\{\sregion\s=\s"eu-central-1"\s\}`),
		})
	})
}

func TestScalingPolicy_cloudWatchNotKnownYet(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	policy := watching("average", load)
	const name = "resource \"terraform_data\" \"queue\" {\n  input = \"jobs\"\n}\n"
	unknown := name + watching("average", load+`, dimensions = { Queue = terraform_data.queue.output }`)
	run(t, s.world,
		resource.TestStep{
			PreConfig: func() { s.serving(1); s.set(func(w *world) { w.unknown = true }) },
			Config:    policy, ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 1),
		},
		resource.TestStep{Config: policy, Check: evaluates(`load has no data yet (the metric source \"cloudwatch\" was not known at the last refresh)`)},
		resource.TestStep{
			PreConfig: func() { s.set(func(w *world) { w.unknown = false }); s.pass(map[string]float64{"": 50}) },
			Config:    unknown,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue(address, at("desired_servers")),
			}},
		},
	)
}

// The sources fail apart.
func TestScalingPolicy_cloudWatchAndOthers(t *testing.T) {
	t.Parallel()
	s := newSky(t)
	s.set(func(w *world) { w.err = errors.New("out of order") })
	policy := config(`
  min_servers = 1
  max_servers = 20
  signals     = { load = { cloudwatch = { namespace = "App", metric_name = "Load" } }, jobs = { source = "api" } }
  rules       = { load = { target = { signal = "load", target_value = 10 } }, jobs = { target = { signal = "jobs", target_value = 10 } } }`)
	run(t, s.world,
		resource.TestStep{Config: policy},
		resource.TestStep{
			PreConfig:         func() { s.serving(1); s.pass(map[string]float64{"": 50}) },
			Config:            policy,
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 5),
			ConfigStateChecks: holds(5, "1 -> 5: load 50 over 10 per server (x5.00, tolerance 0.10); jobs has no data (api: out of order)"),
		},
	)
}

// What the guide shows is what the resource takes.
func TestGuide_cloudWatchSignals(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../templates/guides/cloudwatch-signals.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```terraform\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) != 1 {
		t.Fatalf("the guide has %d blocks, want one", len(blocks))
	}
	shown := strings.Replace(blocks[0][1], "muster_server_configuration.web.name", `"web"`, 1)
	run(t, newSky(t).world, resource.TestStep{Config: shown, PlanOnly: true, ExpectNonEmptyPlan: true})
}
