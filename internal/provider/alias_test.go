package provider_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// divided is a stack whose db belongs to another configuration of the provider, muster.other,
// than its web and what waits for both.
func divided(injections ...injection) stack {
	const other = "provider = muster.other\n"
	return stack{
		configurations: []configuration{
			{name: "db", boot: "echo t-0-k-e-n | muster output set token; muster output set schema public", outputs: `token = { sensitive = true }, schema = {}`, arguments: other},
			{
				name: "web", boot: `for name in host schema token; do echo "$(muster param get $name)"; done >got`,
				parameters: `host = { deferred = true, required_for = "ready" }, schema = { deferred = true, required_for = "ready" }, token = { deferred = true, sensitive = true, required_for = "ready" }`,
			},
		},
		groups:     []group{{name: "db", size: 1, arguments: other}, {name: "web", size: 1}},
		injections: injections,
	}
}

// apart returns the stack with a readiness for either configuration of the provider.
func (s stack) apart() stack {
	var wires []string
	for _, injection := range s.injections {
		wires = append(wires, injectionAddress(injection.name())+".wire")
	}
	s.unready = true
	s.extra += `
resource "muster_server_readiness" "db" {
  provider = muster.other
  groups   = [muster_server_group.db.handle]
  timeouts = { create = "90s", update = "90s" }
}
resource "muster_server_readiness" "web" {
  groups   = [muster_server_group.web.handle]
  after    = [` + strings.Join(wires, ", ") + `]
  timeouts = { create = "90s", update = "90s" }
}
`
	return s
}

// otherwise returns the provider block as that of muster.other, which has another namespace.
func otherwise(block string) string {
	block = strings.Replace(block, "  namespace = \"acc\"\n", "", 1)
	return strings.Replace(block, "{\n", "{\n  alias     = \"other\"\n  namespace = \"other\"\n", 1)
}

// whereTo is what the tests know of the two places.
type whereTo struct{ first, other string }

// expectApart wants a stack that is divided to be refused by its very first plan.
func (p whereTo) expectApart(t *testing.T, w *acctest.Workspace, other string) {
	t.Helper()
	const summary = "Server Group of Another Provider Configuration"
	belongs := `Server group "db" belongs to ` + p.other + ` and this `
	sound := " to " + p.first + ". "
	tests := map[string]struct {
		stack stack
		want  []diagnosis
	}{
		"a fact of the other's server, and a wait for both": {
			stack: divided(injection{into: "web.host", from: []string{"db.private_ip"}, aside: true}),
			want: []diagnosis{
				{"from", summary, belongs + "injection" + sound + "Use the same provider for both (the provider argument), or take the value as Terraform knows it, in place of from:\n\n" +
					"  value = muster_server_group.db.members[\"db-0\"].private_ip\n\nThen nobody is told to do without a server before it goes."},
				{"groups", summary, belongs + "readiness" + sound + "Give that group a readiness of its own, with the same provider as the group has (the provider argument)."},
			},
		},
		"what the other's server publishes": {
			stack: divided(injection{into: "web.schema", from: []string{"db.schema"}}).apart(),
			want: []diagnosis{{"from", summary, belongs + "injection" + sound + "Use the same provider for both (the provider argument), or take the value as Terraform knows it, in place of from:\n\n" +
				"  value = muster_server_readiness.db.outputs[\"db-0\"][\"schema\"]\n\nThen nobody is told to do without a server before it goes."}},
		},
		"a secret of the other's server": {
			stack: divided(injection{into: "web.token", from: []string{"db.token"}}).apart(),
			want: []diagnosis{{"from", summary, belongs + "injection" + sound + "Use the same provider for both (the provider argument), or take the value as Terraform knows it, in place of from:\n\n" +
				"  value_wo         = ephemeral.muster_server_output.token.value\n  value_wo_version = \"1\"\n\nThen nobody is told to do without a server before it goes."}},
		},
		"an injection that is in neither's place but its source's": {
			stack: divided(injection{into: "web.host", from: []string{"web.private_ip"}, arguments: "provider = muster.other"}).apart(),
			want: []diagnosis{{"into", summary, `Server group "web" belongs to ` + p.first + ` and this injection to ` + p.other +
				". Give the injection the provider of the group in into (the provider argument)."}},
		},
	}
	for name, test := range tests {
		w.Write(other + test.stack.String())
		result := w.Run("apply", "-auto-approve", "-json")
		if result.ExitCode != acctest.Refused {
			t.Errorf("%s: the apply ends with exit code %d:\n%s", name, result.ExitCode, result.Output)
		}
		expectDiagnoses(t, test.want, parseDiagnoses(t, result.Output, "error")[""])
	}
	if got := w.State().Resources; len(got) > 0 {
		t.Errorf("after the refusals, the state has %v", got)
	}
}

// handedToWeb is a stack in which web gets what db has in the documented ways.
func handedToWeb() stack {
	s := divided(
		injection{into: "web.host", arguments: `value = muster_server_group.db.members["db-0"].private_ip`},
		injection{into: "web.schema", arguments: `value = muster_server_readiness.db.outputs["db-0"]["schema"]`},
		injection{into: "web.token", arguments: "value_wo = ephemeral.muster_server_output.token.value\n  value_wo_version = \"1\""},
	).apart()
	s.extra += serverOutput("token", "db", "token", "provider = muster.other", "after = [muster_server_readiness.db.outputs]")
	return s
}

// expectHandedOver wants web to have got it all; got is what it has written.
func expectHandedOver(t *testing.T, w *acctest.Workspace, got string) {
	t.Helper()
	var members map[string]struct {
		PrivateIP string `json:"private_ip"`
	}
	w.Attribute(groupAddress("db"), "members", &members)
	if want := members["db-0"].PrivateIP + "\npublic\nt-0-k-e-n\n"; got != want {
		t.Errorf("web-0 has got %q, want %q", got, want)
	}
}

func TestAccAlias_local(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	other := otherwise(acctest.ProviderBlock(w.Directory(), ""))
	whereTo{first: "local:" + w.Directory() + "/default", other: "local:" + w.Directory() + "/other"}.expectApart(t, w, other)
	if launched, err := filepath.Glob(filepath.Join(w.Directory(), "*", "servers", "*")); err != nil || len(launched) > 0 {
		t.Errorf("after the refusals there are %v (error %v)", launched, err)
	}
	w.Apply(other + handedToWeb().String())
	expectHandedOver(t, w, acctest.Member(t, w.Directory(), "web-0").File(t, "got"))
}

// While the provider's configuration is unknown, nobody is refused, and what is planned then
// is what is applied.
func TestAccAlias_unknown(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	late := strings.Replace(otherwise(acctest.ProviderBlock(w.Directory(), "")), `"other"
  local`, `terraform_data.late.output
  local`, 1)
	w.Apply("resource \"terraform_data\" \"late\" {\n  input = \"other\"\n}\n" + late + handedToWeb().String())
	var handle struct{ Scope string }
	w.Attribute(groupAddress("db"), "handle", &handle)
	if want := "local:" + w.Directory() + "/other"; handle.Scope != want {
		t.Errorf("the scope of db is %q, want %q", handle.Scope, want)
	}

	// What is planned in vain because of it is refused by the apply.
	refused := divided(injection{into: "web.host", from: []string{"db.private_ip"}}).apart()
	w.Write("resource \"terraform_data\" \"late\" {\n  input            = \"other\"\n  triggers_replace = \"now\"\n}\n" + late + refused.String())
	if result := w.Run("apply", "-auto-approve"); !message("Server Group of Another Provider Configuration").MatchString(result.Output) {
		t.Errorf("the apply ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
}

// scopes matches what a former version has not written into its states.
var scopes = regexp.MustCompile(`(?m),\n\s*"scope": "[^"]*"`)

// A state of a former version is planned without an error, and nothing is to be done.
func TestAccAlias_formerState(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Setenv("TF_VAR_password", "hush")
	w.Apply(secret("1").String())
	state := w.Path("terraform.tfstate")
	content := string(read(t, state))
	former := scopes.ReplaceAllString(content, "")
	if got := len(scopes.FindAllString(content, -1)); got < 5 {
		t.Fatalf("the state has %d scopes:\n%s", got, content)
	}
	for _, arguments := range [][]string{nil, {"-refresh=false"}} {
		write(t, state, former)
		w.ExpectNothingToDo(arguments...)
	}
	w.MustRun("apply", "-refresh-only", "-auto-approve")
	if got, want := len(scopes.FindAllString(string(read(t, state)), -1)), len(scopes.FindAllString(content, -1)); got != want {
		t.Errorf("after a refresh the state has %d scopes, want %d", got, want)
	}
}
