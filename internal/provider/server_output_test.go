package provider_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/provider"
)

// serverOutput returns an ephemeral resource of that label with further arguments.
func serverOutput(label, group, output string, arguments ...string) string {
	return fmt.Sprintf("ephemeral \"muster_server_output\" %q {\n  group = %s.handle\n  output = %q\n  %s\n}\n",
		label, groupAddress(group), output, strings.Join(arguments, "\n  "))
}

// afterAll lets an ephemeral resource come after the readiness of a stack.
const afterAll = "after = [" + readinessAddress + ".outputs]"

// handedOver is secret with another way from db to web: Terraform takes the token from one
// and gives it to the other.
func handedOver() stack {
	s := secret("1")
	s.injections = []injection{
		s.injections[0],
		{into: "web.db_token", arguments: "value_wo = ephemeral.muster_server_output.token.value\n  value_wo_version = \"1\""},
	}
	s.extra += `
resource "muster_server_readiness" "db" {
  groups   = [muster_server_group.db.handle]
  after    = [muster_parameter_injection.db_root_password.wire]
  timeouts = { create = "90s", update = "90s" }
}
` + serverOutput("token", "db", "token", "after = [muster_server_readiness.db.outputs]")
	return s
}

func TestAccServerOutput_secretIsNowhere(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	value, canaries := newSecret()
	watch := newWatch(t, w, canaries)
	w.Setenv("TF_VAR_password", value)
	w.Write(handedOver().String())
	watch.apply()
	if got, want := acctest.Member(t, w.Directory(), "web-0").File(t, "db_token"), "made-by-db-"+value; got != want {
		t.Errorf("web-0 has got %q, want %q", got, want)
	}
	// A plan reads it too, and a saved plan holds none of it.
	w.Write(strings.Replace(handedOver().String(), `value_wo_version = "1"`, `value_wo_version = "2"`, 2))
	watch.apply()
	for _, exposure := range watch.exposures() {
		t.Error(exposure)
	}
	t.Logf("looked at %s", watch)
}

// echoing returns the provider, and one whose resource stores what its provider was given.
func echoing() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"muster": providerserver.NewProtocol6WithError(provider.New("test")),
		"echo":   echoprovider.NewProviderServer(),
	}
}

func TestAccServerOutput_values(t *testing.T) {
	t.Parallel()
	s := stack{
		configurations: []configuration{{
			name: "db", outputs: `token = { sensitive = true }, port = { type = "number" }, empty = {}`,
			boot: `muster output set port 5432; printf 'token of %s' "$MUSTER_MEMBER" | muster output set token; printf '' | muster output set empty`,
		}},
		groups: []group{{name: "db", size: 2}},
	}
	s.extra = serverOutput("first", "db", "token", afterAll) +
		serverOutput("second", "db", "token", afterAll, `member = "db-1"`) +
		serverOutput("port", "db", "port", afterAll) +
		serverOutput("empty", "db", "empty", afterAll) +
		serverOutput("fact", "db", "private_ip", `member = "db-1"`) + `
provider "echo" {
  data = {
    first  = ephemeral.muster_server_output.first.value
    member = ephemeral.muster_server_output.first.member
    second = ephemeral.muster_server_output.second.value
    port   = ephemeral.muster_server_output.port.value
    empty  = ephemeral.muster_server_output.empty.value
    same   = ephemeral.muster_server_output.fact.value == muster_server_group.db.members["db-1"].private_ip
  }
}
resource "echo" "all" {}
`
	want := knownvalue.ObjectExact(map[string]knownvalue.Check{
		"first": knownvalue.StringExact("token of db-0"), "member": knownvalue.StringExact("db-0"),
		"second": knownvalue.StringExact("token of db-1"), "port": knownvalue.StringExact("5432"),
		"empty": knownvalue.StringExact(""), "same": knownvalue.Bool(true),
	})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: echoing(),
		Steps: []resource.TestStep{{
			Config:            acctest.ProviderBlock(acctest.Directory(t), "") + s.String(),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("echo.all", tfjsonpath.New("data"), want)},
		}},
	})
}

// publishingLate is a stack whose only member publishes its token when the file is there.
func publishingLate(file string) stack {
	return stack{
		configurations: []configuration{{
			name: "db", outputs: `token = { sensitive = true }`,
			boot: `until [ -e ` + file + ` ]; do sleep 0.1; done; echo late | muster output set token`,
		}},
		groups:    []group{{name: "db", size: 1}},
		readiness: `timeouts = { create = "2s", update = "2s" }`,
	}
}

// An apply that has ended before the servers were up must not keep the next one from being
// planned: after defers the reading, and depends_on alone doesn't.
func TestAccServerOutput_after(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	file := w.Path("released")
	deferred := publishingLate(file)
	deferred.extra = serverOutput("token", "db", "token", afterAll)
	w.Write(deferred.String())
	if result := w.Run("apply", "-auto-approve"); !message("Servers Not Ready Within 2s").MatchString(result.Output) {
		t.Fatalf("the apply ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	w.Plan()

	ordered := publishingLate(file)
	ordered.extra = serverOutput("token", "db", "token", "depends_on = ["+readinessAddress+"]")
	w.Write(ordered.String())
	result := w.Run("plan", "-json")
	expectDiagnoses(t, []diagnosis{{"output", "Output Not Published Yet", `db-0 has not published its output "token"; its status is: booting. ` +
		"List the readiness that waits for it, so that Terraform reads the output when the servers are up:\n\n  after = [muster_server_readiness.NAME.outputs]"}},
		parseDiagnoses(t, result.Output, "error")[""])

	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	patient := deferred
	patient.readiness = ""
	w.Apply(patient.String())
}

// What is wrong with an ephemeral resource is said in the plan, once its group is known.
func TestAccServerOutput_refused(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	s := stack{
		configurations: []configuration{
			{name: "db", boot: "muster output set schema public", outputs: `schema = {}, token = { sensitive = true }, binary = {}`},
			{name: "web", boot: "true"},
		},
		groups: []group{{name: "db", size: 2}, {name: "web", size: 0}},
	}
	s.configurations[0].boot += "\nprintf '\\377' | muster output set binary"
	w.Apply(s.String())
	var handle map[string]any
	w.Attribute(groupAddress("db"), "handle", &handle)
	handle["incarnation"] = "another"
	another, err := json.Marshal(handle)
	if err != nil {
		t.Fatal(err)
	}
	s.extra = serverOutput("undeclared", "db", "tokn", afterAll) +
		serverOutput("member", "db", "schema", `member = "db-2"`) +
		serverOutput("empty", "web", "id") +
		serverOutput("unpublished", "db", "token") +
		serverOutput("fact", "db", "public_ip") +
		serverOutput("binary", "db", "binary") +
		serverOutput("gone", "db", "schema") +
		serverOutput("none", "db", "schema")
	s.extra = strings.NewReplacer(
		"\"gone\" {\n  group = muster_server_group.db.handle", "\"gone\" {\n  group = jsondecode("+fmt.Sprintf("%q", another)+")",
	).Replace(s.extra)
	w.Write(s.String())
	result := w.Run("plan", "-json")
	expectDiagnoses(t, []diagnosis{
		{"output", "Undeclared Output", `Server configuration of server group "db" declares no output "tokn"; there are: binary, schema, token, id, private_ip, public_ip, private_dns, zone.`},
		{"member", "Unknown Member", `Server group "db" has no member "db-2"; there are: db-0 to db-1.`},
		{"ephemeral", "Unknown Member", `Server group "web" has no members.`},
		{"output", "Output Not Published", `db-0 has not published its output "token"; its status is: ready. Its scripts have ended without publishing it. Publish it in one of them with muster output set token.`},
		{"output", "Server Without This Fact", `db-0 has no public_ip. Not every server has it on its hosting service.`},
		{"output", "Output Is Not Text", `The value is not UTF-8, and Terraform's strings are; to have it here, publish it in base64.`},
		{"group", "Server Group Not Found", `There is no server group "db" any more, or it is another one of that name. Plan again with a refresh: it is then created anew.`},
	}, parseDiagnoses(t, result.Output, "error")[""])
}

// A server that has failed or ended is replaced by the next apply, which is planned without
// looking at what it has said. Without a refresh, the plan says what has become of it.
func TestAccServerOutput_unwell(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	s := stack{
		configurations: []configuration{{
			name: "db", boot: "muster output set schema public", update: "echo no disk; exit 7",
			parameters: `motd = { deferred = true, required_for = "nothing" }`, outputs: `schema = {}`,
		}},
		groups: []group{{name: "db", size: 2}},
	}
	sick := s
	sick.injections = []injection{{into: "db.motd", arguments: `value = "hello"`}}
	sick.readiness = "min_ready = { db = 0 }"
	w.Apply(s.String())
	w.Write(sick.String())
	w.MustRun("apply", "-auto-approve")
	acctest.Member(t, w.Directory(), "db-0").AwaitReport(t, "status failed")
	acctest.Member(t, w.Directory(), "db-1").Kill(t)

	sick.extra = serverOutput("failed", "db", "schema") + serverOutput("ended", "db", "schema", `member = "db-1"`)
	w.Write(sick.String())
	result := w.Run("plan", "-json", "-refresh=false")
	expectDiagnoses(t, []diagnosis{
		{"ephemeral", "Server Failed", "db-0: update script exited with exit code 7; the end of its log:\n  no disk\n\nCorrect the script and apply again: the failed server is replaced."},
		{"member", "Server Has Ended", "db-1: its server has ended: its supervisor was killed\n\nApply again: servers that have ended are launched anew."},
	}, parseDiagnoses(t, result.Output, "error")[""])
	w.MustRun("plan")
}
