package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// promise is a stack of two modules: the group of the one publishes an output, and the
// other one, which is handed the group, wires it into a group of its own.
type promise struct {
	// says is what the output is declared to say, published what it says, and takes what
	// the parameter takes.
	says, published, takes string
}

func (p promise) modules() map[string]string {
	return map[string]string{
		"db": fmt.Sprintf(`
resource "muster_server_configuration" "this" {
  name        = "db"
  image       = "host"
  boot_script = "muster output set version %s"
  outputs     = { version = { pattern = %q } }
}
resource "muster_server_group" "this" {
  server_configuration = muster_server_configuration.this.handle
}
output "handle" {
  value = muster_server_group.this.handle
}
`, p.published, p.says),
		"web": fmt.Sprintf(`
variable "db" {}
resource "muster_server_configuration" "this" {
  name        = "web"
  image       = "host"
  boot_script = "muster param get version | muster output set seen"
  parameters  = { version = { deferred = true, pattern = %q } }
  outputs     = { seen = {} }
}
resource "muster_server_group" "this" {
  server_configuration = muster_server_configuration.this.handle
}
resource "muster_parameter_injection" "version" {
  into = { group = muster_server_group.this.handle, parameter = "version" }
  from = [{ group = var.db, output = "version" }]
}
resource "muster_server_readiness" "this" {
  groups   = [var.db, muster_server_group.this.handle]
  after    = [muster_parameter_injection.version.wire]
  timeouts = { create = "90s", update = "90s" }
}
output "seen" {
  value = muster_server_readiness.this.outputs["web-0"].seen
}
`, p.takes),
	}
}

// write writes the modules, adapted to where they run, and the root that wires them.
func (p promise) write(t *testing.T, w *acctest.Workspace, adapt func(string) string) {
	t.Helper()
	root := "output \"seen\" {\n  value = module.web.seen\n}\n"
	for name, config := range p.modules() {
		call := writeModule(t, w, name, adapt(config), "")
		if name == "web" {
			call = strings.Replace(call, "}\n", "  db = module.db.handle\n}\n", 1)
		}
		root += call
	}
	w.Write(root)
	w.MustRun("get")
}

// expectPromises expects a plan to be refused before anything is launched, a value to be
// refused that breaks its promise, and one that keeps it to arrive.
func expectPromises(t *testing.T, w *acctest.Workspace, adapt func(string) string, servers func() int) {
	t.Helper()
	const refused = `Output "version" of server group "db" may be "0", which the parameter's pattern "^v" refuses. ` +
		`Give the output a pattern that allows less, or the parameter one that allows more.`
	promise{says: "^v?[0-9]+$", published: "v1", takes: "^v"}.write(t, w, adapt)
	for _, arguments := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
		if result := w.Run(arguments...); result.ExitCode != acctest.Refused || !message(refused).MatchString(result.Output) {
			t.Fatalf("%v ends with exit code %d:\n%s", arguments, result.ExitCode, result.Output)
		}
	}
	if got := servers(); got != 0 {
		t.Fatalf("%d servers run after a plan that was refused", got)
	}

	const broken = `Output "version" of db-0 is not delivered: invalid value: it doesn't match the pattern "^v[0-9]+$"; ` +
		`correct the script that publishes it, or the output's type or pattern.`
	kept := promise{says: "^v[0-9]+$", published: "v1", takes: "^v"}
	unkept := kept
	// The plan prints the script, which must not hold the value that nobody may see.
	unkept.published = `\"v$(echo canary | tr a-z A-Z)\"`
	unkept.write(t, w, adapt)
	result := w.Run("apply", "-auto-approve")
	if result.ExitCode != acctest.Refused || !message(broken).MatchString(result.Output) {
		t.Fatalf("the apply ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	if strings.Contains(result.Output, "CANARY") {
		t.Errorf("the value is quoted:\n%s", result.Output)
	}

	kept.write(t, w, adapt)
	w.MustRun("apply", "-auto-approve")
	if diff := cmp.Diff("v1\n", w.MustRun("output", "-raw", "seen")+"\n"); diff != "" {
		t.Errorf("what web has seen (-want +got):\n%s", diff)
	}
	w.ExpectNothingToDo()
}

func TestAccContract_acrossModules(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	expectPromises(t, w, func(config string) string { return config }, func() int { return len(acctest.Servers(t, w.Directory())) })
}
