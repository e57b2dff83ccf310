package decision_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/musterhq/terraform-provider-muster/internal/provider"
)

func run(t *testing.T, step resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"muster": providerserver.NewProtocol6WithError(provider.New("test")),
		},
		Steps: []resource.TestStep{step},
	})
}

const jobs = `{
    min_servers = 1, max_servers = 9
    server_configuration = "web", desired_servers = 4, evaluation = null
    mode    = "recommend"
    signals = { jobs = { source = "api", path = "/jobs", on_missing = "fail" }, cpu = { query = "cpu", per_server = { label = "instance" } } }
    rules   = { jobs = { target = { signal = "jobs", target_value = 10 } } }
  }`

func TestFunction(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy, snapshot string
		want             map[string]knownvalue.Check
	}{
		"a recommendation": {jobs, `{ current = 4, signals = { jobs = 60 } }`, map[string]knownvalue.Check{
			"desired": knownvalue.Int64Exact(4), "recommended": knownvalue.Int64Exact(6),
			"direction": knownvalue.StringExact("out"), "reason": knownvalue.StringExact("RecommendOnly"),
			"sentence": knownvalue.StringExact("4: held: jobs 60 over 10 per server (x1.50, tolerance 0.10); mode recommend holds 4, it would be 6"),
			"error":    knownvalue.Null(),
		}},
		"a refusal": {jobs, `{ current = 4, signals = { jobs = { error = "timeout" } } }`, map[string]knownvalue.Check{
			"desired": knownvalue.Int64Exact(4), "recommended": knownvalue.Null(),
			"reason": knownvalue.StringExact("SignalRequired"),
			"error":  knownvalue.StringExact(`signal "jobs" has no data (timeout); its on_missing is "fail"`),
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, resource.TestStep{
				Config:            call(test.policy, test.snapshot),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("decision", knownvalue.ObjectPartial(test.want))},
			})
		})
	}
}

func call(policy, snapshot string) string {
	return "output \"decision\" {\n  value = provider::muster::decide(" + policy + ", " + snapshot + ")\n}\n"
}

func TestFunction_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ policy, snapshot, want string }{
		"faults of form, all of them": {
			`{ min_servers = "few", max_servers = 1.5, rule = {} }`, `{ current = 1 }`,
			`(?s)"policy".*has no argument rule.*max_servers: must be a whole\s+number.*min_servers: must be a number`,
		},
		"faults of meaning":                {strings.Replace(jobs, `"jobs", target_value = 10`, `"job", target_value = 0`, 1), `{ current = 1 }`, `(?s)rules\.jobs\.target\.signal: signal "job"\s+is not declared.*target_value: must be a\s+number above 0`},
		"a snapshot without a number":      {jobs, `{ signals = {} }`, `(?s)"snapshot".*current: is needed`},
		"a signal that isn't the policy's": {jobs, `{ current = 1, signals = { job = 3 } }`, `signals\.job: is not a signal of the\s+policy`},
		"a sample that is null":            {jobs, `{ current = 1, signals = { jobs = { samples = [{ age = "10s", value = null }] } } }`, `signals\.jobs\.samples\.0\.value:\s+is\s+needed:\s+zero\s+is\s+a\s+value`},
		"a step that does nothing": {
			`{ min_servers = 1, max_servers = 9, signals = { x = {} }, rules = { x = { step = { signal = "x", threshold = 5, comparison = "greater_than", steps = [{ lower = 0 }] } } } }`, `{ current = 1 }`,
			`(?s)"policy".*rules\.x\.step\.steps\.0\.adjustment:\s+is\s+needed`,
		},
		"a list of limits that is none": {`{ min_servers = 1, max_servers = 9, behavior = { scale_in = { max_change = { count = 1 } } } }`, `{ current = 1 }`, `scale_in\.max_change:\s+must\s+be\s+a\s+list`},
		"an argument that is none":      {jobs, `{ speed = 1 }`, `has\s+no\s+argument\s+speed;\s+there\s+is\s+now,\s+current`},
		"no object":                     {`"policy"`, `{ current = 1 }`, `a policy must be an object`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, resource.TestStep{Config: call(test.policy, test.snapshot), ExpectError: regexp.MustCompile(test.want)})
		})
	}
}

// What the documentation shows gives the sentence that it shows.
func TestFunction_example(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../../examples/functions/decide/function.tf")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`(?m)^# (.*)$`).FindStringSubmatch(string(example))
	run(t, resource.TestStep{
		Config:            string(example),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("rush_hour", knownvalue.StringExact(sentence[1]))},
	})
}
