package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// importable is a stack in which every resource type and nearly every argument
// occurs. The scripts count their runs.
func importable() string {
	s := stack{
		configurations: []configuration{
			{
				name: "db", boot: "echo run >>boots\nmuster output set schema v1", update: `echo "$@" >>updates`,
				parameters: `
    root_password = { deferred = true, sensitive = true, required_for = "ready" }
    peers         = { deferred = true, required_for = "nothing", description = "who else there is" }
    locale        = { default = "C", pattern = "^[A-Z]", on_change = "update" }
    motto         = { on_change = "restart" }
    port          = { type = "number" }
  `,
				outputs: `schema = { pattern = "^v[0-9]" }, token = { sensitive = true }`,
			},
			{name: "web", boot: "echo run >>boots", parameters: `schema = { deferred = true }, motd = { deferred = true, timeout = "10m", on_timeout = "proceed", placeholder = "none" }`, outputs: `url = {}`},
		},
		groups: []group{
			{name: "db", size: 2, arguments: `parameters = { port = "5432", motto = "carry on" }`},
			{name: "web", size: 1, arguments: `drain_timeout = "30s"`},
		},
		injections: []injection{
			{into: "db.root_password", arguments: "value_wo = \"canary\"\n  value_wo_version = \"1\""},
			{into: "db.peers", from: []string{"db.private_ip", "web.private_ip"}, arguments: "select = \"all\"\n  min_sources = 3\n  on_violation = \"fail\"\n  order = \"serial\""},
			{into: "web.schema", from: []string{"db.schema"}},
			{into: "web.motd", arguments: `value = "welcome\n"`},
		},
		extra: `
resource "muster_scaling_policy" "web" {
  server_configuration = muster_server_configuration.web.name
  min_servers          = 1
  max_servers          = 3
  rules                = { one = { value = { number = 1 } } }
}
`,
	}
	return strings.Replace(s.String(), "desired_servers = 1\n", "desired_servers = muster_scaling_policy.web.desired_servers\n", 1)
}

// imports are the import IDs by address.
func imports() map[string]string {
	return map[string]string{
		configurationAddress("db"):           "db",
		configurationAddress("web"):          "web",
		groupAddress("db"):                   "db",
		groupAddress("web"):                  "web",
		injectionAddress("db_root_password"): "db.root_password",
		injectionAddress("db_peers"):         "db.peers",
		injectionAddress("web_schema"):       "web.schema",
		injectionAddress("web_motd"):         "web.motd",
		policyAddress:                        "web",
		readinessAddress:                     "db,web",
	}
}

// Everything is forgotten and taken back from the hosting service. The servers notice
// nothing.
func TestAccImport_everyResource(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		at.Apply(importable())
		at.ExpectNothingToDo()
		before := at.scriptRuns()
		if err := os.Remove(at.Path("terraform.tfstate")); err != nil {
			t.Fatal(err)
		}

		config := importable()
		for address, id := range imports() {
			config += fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address, id)
		}
		plan, output := at.Apply(config)
		want := map[string]string{
			// What the hosting service doesn't know is added to the state: descriptions,
			// versions of secrets, time limits, rules, what a readiness comes after.
			configurationAddress("db"):           "update",
			injectionAddress("db_root_password"): "update",
			readinessAddress:                     "update",
			groupAddress("web"):                  "update",
			policyAddress:                        "update",
		}
		if diff := cmp.Diff(want, plan.Changes()); diff != "" {
			t.Errorf("planned changes (-want +got):\n%s\n%s", diff, at.MustRun("show", "plan"))
		}
		if !strings.Contains(output, "10 imported") {
			t.Errorf("the apply doesn't import ten resources:\n%s", output)
		}
		if diff := cmp.Diff(before, at.scriptRuns()); diff != "" {
			t.Errorf("the servers and what their scripts did (-before +after the import):\n%s", diff)
		}
	})
}

// scriptRuns returns what the scripts of each server have noted of their runs.
func (s site) scriptRuns() map[string]string {
	runs := make(map[string]string)
	for key, id := range s.running() {
		runs[id] = s.file(key, "boots")
		if strings.HasPrefix(key, "db-") {
			runs[id] += s.file(key, "updates")
		}
	}
	return runs
}

func TestAccImport_refused(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Write(importable())
	tests := map[string]struct{ address, id, want string }{
		"a configuration that isn't there": {
			configurationAddress("db"), "db", `Server configuration "db": nothing is stored under this name at local:`,
		},
		"a content that isn't there":        {configurationAddress("db"), "db@0123", `Cannot import non-existent remote object`},
		"a malformed configuration":         {configurationAddress("db"), "Db!", `The import ID is the name of a server configuration or,`},
		"a group that isn't there":          {groupAddress("db"), "db", `Cannot import non-existent remote object`},
		"an injection without its group":    {injectionAddress("db_peers"), "peers", `The import ID is GROUP.PARAMETER, for example web.db_host, and not "peers".`},
		"an injection that isn't there":     {injectionAddress("db_peers"), "db.peers", `there is no server group "db", or no injection delivers its parameter "peers".`},
		"a readiness of a missing group":    {readinessAddress, "db,web", `there is no server group "db".`},
		"a readiness without a proper name": {readinessAddress, "db!,web", `The import ID is the names of the server groups, separated by commas, for example web,db.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := w.Run("import", "-lock=false", test.address, test.id)
			if result.ExitCode != acctest.Refused || !message(test.want).MatchString(result.Output) {
				t.Errorf("exit code %d, and not %q:\n%s", result.ExitCode, test.want, result.Output)
			}
		})
	}
}
