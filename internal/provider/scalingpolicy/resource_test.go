package scalingpolicy_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

func at(attribute string) tfjsonpath.Path { return tfjsonpath.New(attribute) }

// plans checks the number that a plan knows.
func plans(action plancheck.ResourceActionType, desired int64) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(address, action),
		plancheck.ExpectKnownValue(address, at("desired_servers"), knownvalue.Int64Exact(desired)),
	}}
}

// holds checks the number and its sentence.
func holds(desired int64, decision string) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, at("desired_servers"), knownvalue.Int64Exact(desired)),
		statecheck.ExpectKnownValue(address, at("decision"), knownvalue.StringExact(decision)),
	}
}

// evaluates checks a part of the evaluation.
func evaluates(part string) resource.TestCheckFunc {
	return resource.TestCheckResourceAttrWith(address, "evaluation", func(value string) error {
		if !strings.Contains(value, part) {
			return fmt.Errorf("the evaluation %s lacks %s", value, part)
		}
		return nil
	})
}

func run(t *testing.T, w *world, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: factories(w), Steps: steps})
}

// promptly removes servers as soon as they aren't needed.
const promptly = `behavior = { scale_in = { stabilization_window = "0s" } }`

func TestScalingPolicy_scales(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{
			Config:            requests(2, 20, promptly),
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreate, 2),
			ConfigStateChecks: holds(2, "2: no group exists yet; it starts with min_servers"),
		},
		resource.TestStep{
			PreConfig:         func() { w.runs(4)(); w.set(func(w *world) { w.value = 5310 }) },
			Config:            requests(2, 20, promptly),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 6),
			ConfigStateChecks: holds(6, "4 -> 6: requests 5310 over 1000 per server (x1.33, tolerance 0.10)"),
		},
		resource.TestStep{ // The group follows; what is in force keeps its explanation.
			PreConfig:         w.runs(6),
			Config:            requests(2, 20, promptly),
			ConfigPlanChecks:  plans(plancheck.ResourceActionNoop, 6),
			ConfigStateChecks: holds(6, "4 -> 6: requests 5310 over 1000 per server (x1.33, tolerance 0.10)"),
			Check:             evaluates(`"sentence":"6: held: requests 5310 under 1000 per server (x0.88, tolerance 0.10), 5.31 servers are rounded up"`),
		},
		resource.TestStep{ // A killed member changes nothing.
			PreConfig:        func() { w.set(func(w *world) { w.basis.InService = 5 }) },
			Config:           requests(2, 20, promptly),
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 6),
		},
		resource.TestStep{ // Neither does a source that fails.
			PreConfig: func() {
				w.set(func(w *world) {
					w.err = &metric.FetchError{Kind: metric.ErrUnavailable, Message: "connection refused"}
				})
			},
			Config:           requests(2, 20, promptly),
			ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 6),
			Check:            evaluates(`"missing":[{"signal":"requests","cause":"api: connection refused"}]`),
		},
		resource.TestStep{ // The bounds hold all the same.
			Config:            requests(2, 5, promptly),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 5),
			ConfigStateChecks: holds(5, "6 -> 5: requests has no data (api: connection refused), scale-in is not done without it; max_servers limited 6 -> 5"),
		},
		resource.TestStep{
			PreConfig:         func() { w.runs(5)(); w.set(func(w *world) { w.value, w.err = 100, nil }) },
			Config:            requests(2, 5, promptly),
			ConfigStateChecks: holds(2, "5 -> 2: requests 100 under 1000 per server (x0.02, tolerance 0.10); min_servers raised 1 -> 2"),
		},
	)
}

// The signal moves with every look, so a plan that were made from a look of its
// own would not be what apply makes.
func TestScalingPolicy_savedPlanHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{Config: requests(1, 90, "")},
		resource.TestStep{
			PreConfig:          func() { w.runs(3)(); w.set(func(w *world) { w.drift = 7000 }) },
			Config:             requests(1, 90, ""),
			ConfigPlanChecks:   resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}},
			ExpectNonEmptyPlan: true,
		},
	)
}

func TestScalingPolicy_editedSignalIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edit := func(path string) string {
		return strings.Replace(requests(1, 20, ""), `path = "load"`, fmt.Sprintf(`on_missing = "fail", path = %q`, path), 1)
	}
	run(t, w,
		resource.TestStep{Config: edit("load")},
		resource.TestStep{
			PreConfig:        func() { w.runs(3)(); w.set(func(w *world) { w.value = 9000 }) },
			Config:           edit("other"),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 3),
			ConfigStateChecks: holds(3,
				"3: held: requests has no data yet (it was edited since the last refresh), scale-in is not done without it"),
			ExpectNonEmptyPlan: true, // The refresh after the apply knows the signal.
		},
		resource.TestStep{
			Config:           edit("other"),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 9),
		},
	)
}

func TestScalingPolicy_creation(t *testing.T) {
	t.Parallel()
	t.Run("refuses to shrink a running group", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.runs(7)()
		run(t, w, resource.TestStep{
			Config:      requests(2, 20, ""),
			ExpectError: regexp.MustCompile(`(?s)group\s"web"\sis\smeant\sto\shave\s7\sservers.*starts\swith\s2.*initial_servers`),
		})
	})
	t.Run("initial_servers counts at creation only", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.runs(7)()
		w.set(func(w *world) { w.value = 7000 })
		run(t, w,
			resource.TestStep{
				Config:            requests(2, 20, "initial_servers = 7"),
				ConfigPlanChecks:  plans(plancheck.ResourceActionCreate, 7),
				ConfigStateChecks: holds(7, "7: initial_servers"),
			},
			resource.TestStep{
				Config:            requests(2, 20, "initial_servers = 3"),
				ConfigPlanChecks:  plans(plancheck.ResourceActionNoop, 7),
				ConfigStateChecks: holds(7, "7: initial_servers"),
			},
			resource.TestStep{Config: requests(2, 20, ""), ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 7)},
		)
	})
	t.Run("initial_servers outside the bounds", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config:      requests(2, 20, "initial_servers = 21"),
			ExpectError: regexp.MustCompile(`can't start with 21 servers`),
		})
	})
	t.Run("a literal counts", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config: config(`
				min_servers = 2
				max_servers = 9
				signals = { floor = { literal = 2.5 } }
				rules = { floor = { value = { signal = "floor" } } }`),
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreate, 3),
			ConfigStateChecks: holds(3, "3: no group exists yet; floor 2.5 asks for 3"),
		})
	})
}

// The policy of a configuration that gets another name goes on in place, from the
// size that the group has.
func TestScalingPolicy_renamedConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{Config: requests(2, 20, "")},
		resource.TestStep{
			PreConfig:         func() { w.runs(4)(); w.set(func(w *world) { w.value = 9000 }) },
			Config:            strings.Replace(requests(2, 20, ""), `"web"`+"\n", `"app"`+"\n", 1),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, 4),
			ConfigStateChecks: holds(4, "4: held: the group has not been looked at yet"),
		},
	)
}

func TestScalingPolicy_unknownArguments(t *testing.T) {
	t.Parallel()
	const inputs = "resource \"terraform_data\" \"in\" {\n  input = { min = %d, initial = %d, signal = \"requests\" }\n}\n"
	unknown := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectUnknownValue(address, at("desired_servers")),
	}}
	t.Run("on creation and update", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		steps := func(minServers int) string {
			return fmt.Sprintf(inputs, minServers, 3) + strings.Replace(requests(0, 20, ""), "min_servers = 0", "min_servers = terraform_data.in.output.min", 1)
		}
		run(t, w,
			resource.TestStep{Config: steps(2), ConfigPlanChecks: unknown, ConfigStateChecks: holds(2, "2: no group exists yet; it starts with min_servers")},
			resource.TestStep{
				PreConfig: func() { w.runs(2)(); w.set(func(w *world) { w.value = 2000 }) },
				Config:    steps(3), ConfigPlanChecks: unknown,
				ConfigStateChecks: holds(3, "2 -> 3: requests 2000 at 1000 per server (x1.00, within tolerance 0.10); min_servers raised 2 -> 3"),
			},
		)
	})
	t.Run("initial_servers", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config:           fmt.Sprintf(inputs, 2, 3) + requests(2, 20, "initial_servers = terraform_data.in.output.initial"),
			ConfigPlanChecks: unknown, ConfigStateChecks: holds(3, "3: initial_servers"),
		})
	})
	t.Run("what doesn't matter is no reason not to know", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config:           fmt.Sprintf(inputs, 2, 3) + strings.Replace(requests(2, 20, ""), `"load"`, "terraform_data.in.id", 1),
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 2),
		})
	})
	t.Run("equal bounds leave nothing open", func(t *testing.T) {
		t.Parallel()
		run(t, newWorld(t), resource.TestStep{
			Config:           fmt.Sprintf(inputs, 2, 3) + strings.Replace(requests(4, 4, ""), `signal = "requests"`, "signal = terraform_data.in.output.signal", 1),
			ConfigPlanChecks: plans(plancheck.ResourceActionCreate, 4),
		})
	})
}

func TestScalingPolicy_requiredSignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	required := strings.Replace(requests(1, 20, ""), `path = "load"`, `on_missing = "fail"`, 1)
	run(t, w,
		resource.TestStep{Config: required},
		resource.TestStep{
			PreConfig: func() {
				w.runs(3)()
				w.set(func(w *world) { w.err = &metric.FetchError{Kind: metric.ErrNoData, Message: "the value is null"} })
			},
			Config:      required,
			ExpectError: regexp.MustCompile(`(?s)Signal Without Data.*Signal "requests" has no data \(api: the value is null\)`),
		},
		resource.TestStep{
			PreConfig: func() { w.set(func(w *world) { w.err, w.value = nil, 3000 }) },
			Config:    required, Check: evaluates(`"desired":3`),
		},
	)
}

func TestScalingPolicy_withoutRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noRefresh := &resource.AdditionalCLIOptions{Plan: resource.PlanOptions{NoRefresh: true}}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(w), AdditionalCLIOptions: noRefresh,
		Steps: []resource.TestStep{
			{Config: requests(1, 20, "")},
			{
				PreConfig:         func() { w.runs(3)(); w.set(func(w *world) { w.value = 9000 }) },
				Config:            requests(2, 20, ""),
				ConfigStateChecks: holds(2, "1 -> 2: the group has not been looked at yet; min_servers raised 1 -> 2"),
			},
		},
	})
	if w.fetches != 0 {
		t.Errorf("%d fetches without a refresh", w.fetches)
	}
}

func TestScalingPolicy_hiddenGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{PreConfig: w.runs(2), Config: requests(2, 20, "")},
		resource.TestStep{ // Several groups: held, so that server_group can be added.
			PreConfig: func() { w.set(func(w *world) { w.basisErr, w.value = errors.New("several groups"), 9000 }) },
			Config:    requests(2, 20, ""), ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2),
			Check: evaluates(`2: held: the group could not be looked at`),
		},
		resource.TestStep{
			PreConfig: func() { w.set(func(w *world) { w.basisErr = nil }) },
			Config:    requests(2, 20, `server_group = "web"`), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 2),
			ExpectNonEmptyPlan: true,
		},
		resource.TestStep{Config: requests(2, 20, `server_group = "web"`), ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 9)},
	)
}

func TestScalingPolicy_noGroupHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{PreConfig: func() { w.set(func(w *world) { w.value = 9000 }) }, Config: requests(2, 20, "")},
		resource.TestStep{Config: requests(2, 20, ""), ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2)},
	)
	if w.fetches != 0 {
		t.Errorf("%d fetches without a group", w.fetches)
	}
}

func TestScalingPolicy_import(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.runs(7)()
	w.set(func(w *world) { w.value = 7000 })
	imports := func(id string) resource.TestStep {
		return resource.TestStep{
			Config: requests(2, 20, ""), ResourceName: address, ImportState: true, ImportStateId: id, ImportStatePersist: true,
		}
	}
	taken := imports("web")
	taken.ImportStateCheck = func(states []*terraform.InstanceState) error {
		if got := states[0].Attributes["desired_servers"]; got != "7" {
			return fmt.Errorf("got %s servers, want 7", got)
		}
		return nil
	}
	bad := imports("Web/")
	bad.ExpectError = regexp.MustCompile("Invalid Import ID")
	missing := imports("app")
	missing.ExpectError = regexp.MustCompile(`no server group of configuration\s"app"`)
	run(t, w, bad, missing, taken,
		resource.TestStep{
			Config:           requests(2, 20, ""),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, 7),
		},
		resource.TestStep{Config: requests(2, 20, ""), ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 7)},
	)
}

func TestScalingPolicy_importOfOneGroupOfSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(func(w *world) { w.basis = manager.Basis{Exists: true, Group: "web-eu", Intended: 3, InService: 3} })
	run(t, w, resource.TestStep{
		Config: requests(2, 20, `server_group = "web-eu"`), ResourceName: address, ImportState: true, ImportStateId: "web/web-eu",
		ImportStateCheck: func(states []*terraform.InstanceState) error {
			if got := states[0].Attributes["server_group"]; got != "web-eu" {
				return fmt.Errorf("got group %q", got)
			}
			return nil
		},
	})
}

func TestScalingPolicy_faults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ config, want string }{
		"bounds":               {requests(3, 2, ""), `max_servers: must not be below min_servers: 2 is below 3`},
		"an undeclared signal": {strings.Replace(requests(1, 2, ""), `signal = "requests"`, `signal = "request"`, 1), `rules\.load\.target\.signal: signal "request" is not declared in signals`},
		"an undeclared source": {strings.Replace(requests(1, 2, ""), `source = "api"`, `source = "apo"`, 1), `no metric source "apo"; the\s+metric_sources of its configuration are: api`},
		"a senseless query":    {strings.Replace(requests(1, 2, ""), `"load"`, `".."`, 1), `signals\.requests\.path: leads out`},
		"no source":            {strings.Replace(requests(1, 2, ""), `source = "api",`, ``, 1), `signals\.requests: must have one of literal, expression, source and\s+cloudwatch`},
		"literal and source":   {strings.Replace(requests(1, 2, ""), `path =`, `literal = 1, path =`, 1), `(?s)signals\.requests\.path: can't be combined with literal.*signals\.requests\.source: can't be combined`},
		"an age":               {strings.Replace(requests(1, 2, ""), `path =`, `max_age = "soon", path =`, 1), `signals\.requests\.max_age: "soon" is not a duration`},
		"a name":               {requests(1, 2, `server_group = "Web"`), `"Web" is not a valid name`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, newWorld(t), resource.TestStep{Config: test.config, PlanOnly: true, ExpectError: regexp.MustCompile(test.want)})
		})
	}
}

func TestScalingPolicy_sourceNotKnownYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run(t, w,
		resource.TestStep{PreConfig: func() { w.runs(2)(); w.set(func(w *world) { w.unknown = true }) }, Config: requests(2, 20, "")},
		resource.TestStep{Config: requests(2, 20, ""), Check: evaluates(`requests has no data yet (the metric source \"api\" was not known at the last refresh)`)},
		resource.TestStep{PreConfig: func() { w.set(func(w *world) { w.unnamed = true }) }, Config: requests(2, 20, ""), ConfigPlanChecks: plans(plancheck.ResourceActionNoop, 2)},
	)
}
