package provider_test

import (
	"fmt"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// unknown returns a blueprint in which every argument is known only when it is
// applied.
func unknown() blueprint {
	const late = "terraform_data.late.output."
	return blueprint{
		"terraform_data.late": {"input": `{
    name = "web", image = "host", script = "muster output set port \"$port\"", type = "number", pattern = "^[0-9]+$",
    port = "80", parameter = "word", word = "hello", output = "port", select = "all", separator = ";", required_for = "ready",
    servers = 2, least = 1, most = 4, literal = 2, timeout = "90s", source = "api", on_missing = "ignore", ready = { web = 2 }, yes = true,
  }`},
		webConfiguration: {
			"name": late + "name", "image": late + "image", "boot_script": late + "script", "update_script": late + "script",
			"parameters": `{
    port = { type = ` + late + `type, default = ` + late + `port, pattern = ` + late + `pattern },
    word = { deferred = ` + late + `yes, required_for = ` + late + `required_for },
    ports = { deferred = true, required_for = "nothing" },
  }`,
			"outputs": `{ port = { type = ` + late + `type } }`,
		},
		webGroup: {
			"name": late + "name", "server_configuration": webConfiguration + ".handle", "desired_servers": late + "servers",
			"parameters": `{ port = ` + late + `port }`, "timeouts": `{ create = ` + late + `timeout }`,
		},
		injectionAddress("word"): {
			"into": `{ group = muster_server_group.web.handle, parameter = ` + late + `parameter }`, "value": late + "word",
		},
		injectionAddress("ports"): {
			"into": `{ group = muster_server_group.web.handle, parameter = "ports" }`,
			"from": `[{ group = muster_server_group.web.handle, output = ` + late + `output }]`, "select": late + "select", "separator": late + "separator",
		},
		readinessAddress: {
			"groups": `[muster_server_group.web.handle]`, "after": `[muster_parameter_injection.word.wire, muster_parameter_injection.ports.wire]`,
			"min_ready": late + "ready", "timeouts": `{ create = ` + late + `timeout }`,
		},
		policyAddress: {
			"server_configuration": late + "name", "server_group": late + "name", "min_servers": late + "least", "max_servers": late + "most", "initial_servers": late + "servers",
			"signals": `{ late = { literal = ` + late + `literal }, far = { source = ` + late + `source, path = ` + late + `word, value = ` + late + `word, on_missing = ` + late + `on_missing } }`,
			"rules":   `{ late = { value = { signal = "late" } }, far = { target = { signal = "far", target_value = ` + late + `literal } } }`,
		},
	}
}

// What isn't known yet is no mistake.
func TestAccInvalid_nothingIsKnownYet(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	write(t, w.Path("provider_override.tf"), fmt.Sprintf("provider \"muster\" {\n  namespace = terraform_data.place.output\n"+
		"  local = { directory = %q }\n  metric_sources = { api = { http = { base_url = terraform_data.url.output } } }\n}\n", w.Directory()))
	config := unknown().with("terraform_data.place", "input", `"default"`).with("terraform_data.url", "input", `"http://127.0.0.1:9"`)
	w.Apply(config.String())
	if got := acctest.Member(t, w.Directory(), "web-0").Key; got != "web-0" {
		t.Errorf("the member is %s", got)
	}
}

// A trigger that is null is no mistake: it counts as an empty text, and what takes
// its place restarts the member.
func TestAccInvalid_nullTrigger(t *testing.T) {
	t.Parallel()
	triggered := func(text string) string {
		return sound().with(webConfiguration, "boot_script", `"echo booted >>boots"`).with(webGroup, "restart_triggers", `{ release = `+text+` }`).String()
	}
	w := acctest.NewWorkspace(t)
	w.Apply(triggered(`null`))
	before := acctest.IDs(t, w.Directory())
	for _, test := range []struct{ trigger, boots string }{
		{trigger: `""`, boots: "booted\n"},
		{trigger: `"2"`, boots: "booted\nbooted\n"},
		{trigger: `null`, boots: "booted\nbooted\nbooted\n"},
	} {
		w.Apply(triggered(test.trigger))
		localSite(t, w).expectSurvivors(t, before)
		if got := acctest.Member(t, w.Directory(), "web-0").File(t, "boots"); got != test.boots {
			t.Errorf("with the trigger %s, the boots of web-0 are %q, want %q", test.trigger, got, test.boots)
		}
	}
}
