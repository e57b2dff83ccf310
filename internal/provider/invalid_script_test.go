package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// misbehavior is a row of the table: a boot script that goes wrong on a server.
type misbehavior struct {
	boot, parameters, outputs string
	// forever is a line of the report of a server that never ends its boot, and
	// about which only a time limit says anything.
	forever string
	// healthy: the server is ready all the same.
	healthy bool
	want    []diagnosis
	warned  []diagnosis
}

// failed returns what is said of a server whose script has failed.
func failed(what string) []diagnosis {
	return []diagnosis{{readinessAddress, "Servers Failed to Boot", what + "\n\n" +
		"Correct the script and apply again: the failed servers are replaced first, together, and then the others one at a time."}}
}

// late returns what is said of a server that isn't ready in time.
func late(what string) []diagnosis {
	return []diagnosis{{readinessAddress, "Servers Not Ready Within 3s", "The time is up; still pending:\n  " + what + "\n\n" +
		"Where a server waits for a parameter, deliver it with a muster_parameter_injection whose wire is listed in after. " +
		"One that isn't listed there may not have run yet, because Terraform runs only as many operations at once as -parallelism says (default 10). " +
		"Where a boot script is still running, it hangs or needs longer: the server's log tells, and timeouts.create and timeouts.update give it more time. " +
		"The servers keep running; apply again to go on waiting."}}
}

func misbehaviors() map[string]misbehavior {
	return map[string]misbehavior{
		"hangs": {
			boot: `sleep 1000`, forever: "status booting",
			want: late("hangs-0: its boot script is running"),
		},
		"waits for what nobody delivers": {
			boot: `true`, parameters: `db_host = { deferred = true }`, forever: "waiting db_host",
			want: late(`waits-for-what-nobody-delivers-0: waits for "db_host" (no injection delivers it)`),
			warned: []diagnosis{{"after", "Parameter Without Injection", `The servers of group "waits-for-what-nobody-delivers" wait for their parameter "db_host", and no injection in after delivers it. Add one, and list its wire in after:

  resource "muster_parameter_injection" "db_host" {
    into  = { group = muster_server_group.waits-for-what-nobody-delivers.handle, parameter = "db_host" }
    value = "…"
  }

Where nothing should wait for the parameter, declare it with required_for = "nothing".`}},
		},
		"kills itself": {
			boot: `kill -9 $$`,
			want: failed("kills-itself-0: boot script was killed by signal 9"),
		},
		"floods its log with 1 GB": {
			boot: "yes 'the same line again and again and again and again and again' | head -n 17895698\necho enough; exit 1",
			want: failed("floods-its-log-with-1-gb-0: boot script exited with exit code 1; the end of its log:\n" +
				strings.Repeat("  the same line again and again and again and again and again\n", 19) + "  enough"),
		},
		"prints binary": {
			boot: `printf 'caf\351 \000\001\033[31mred\033[0m\007\377\n'; exit 3`,
			want: failed("prints-binary-0: boot script exited with exit code 3; the end of its log:\n  caf\uFFFD [31mred[0m\uFFFD"),
		},
		"forks away and fails": {
			boot: "setsid sleep 1000 &\nexit 7",
			want: failed("forks-away-and-fails-0: boot script exited with exit code 7"),
		},
		"forks away": {boot: "setsid sleep 1000 &", healthy: true},
		"publishes 33 KB": {
			boot: `head -c 33792 /dev/zero | tr '\0' x | muster output set text`, outputs: `text = {}`,
			want: failed("publishes-33-kb-0: boot script exited with exit code 2; the end of its log:\n  muster: output text is larger than 32768 bytes"),
		},
		"publishes a NUL byte": {
			boot: `printf 'a\0b' | muster output set text`, outputs: `text = {}`,
			want: failed("publishes-a-nul-byte-0: boot script exited with exit code 2; the end of its log:\n  muster: output text holds a NUL byte"),
		},
		"publishes a misspelt output": {
			boot: `muster output set txet hello`, outputs: `text = {}`,
			want: failed("publishes-a-misspelt-output-0: boot script exited with exit code 2; the end of its log:\n  muster: there is no output called txet; declared are: text"),
		},
		"publishes no number": {
			boot: `muster output set size many`, outputs: `size = { type = "number" }`,
			want: failed("publishes-no-number-0: boot script exited with exit code 2; the end of its log:\n  muster: output size must be a number"),
		},
		"asks for a misspelt parameter": {
			boot: `muster param get prot`, parameters: `port = { default = "80" }`,
			want: failed("asks-for-a-misspelt-parameter-0: boot script exited with exit code 2; the end of its log:\n  muster: there is no parameter called prot; declared are: port"),
		},
	}
}

// stack returns a stack of one server; unready leaves its readiness out.
func (m misbehavior) stack(name string, unready bool) stack {
	timeout := "90s"
	if m.forever != "" {
		timeout = "3s"
	}
	return stack{
		configurations: []configuration{{name: name, boot: m.boot, parameters: m.parameters, outputs: m.outputs}},
		groups:         []group{{name: name, size: 1}},
		unready:        unready,
		readiness:      fmt.Sprintf("timeouts = { create = %q }", timeout),
	}
}

// What goes wrong on one server is said, and costs no other one anything.
func TestAccInvalid_scripts(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	launchForever(t, w)

	stacks := make(map[string]stack)
	for name, m := range misbehaviors() {
		stacks[slug(name)] = m.stack(slug(name), false)
	}
	found := applyModules(t, w, stacks, acctest.Refused)
	for name, m := range misbehaviors() {
		t.Run("a boot script that "+name, func(t *testing.T) {
			t.Parallel()
			expectDiagnoses(t, m.want, found.errors[slug(name)])
			expectDiagnoses(t, m.warned, found.warnings[slug(name)])
		})
	}
	expectBoundedLogs(t, w)

	before := acctest.IDs(t, w.Directory())
	if len(before) != len(stacks) {
		t.Errorf("%d servers run, want all %d", len(before), len(stacks))
	}
	expectRepair(t, w, before)
}

// launchForever launches the servers whose boot never ends, and returns when that is
// known of each.
func launchForever(t *testing.T, w *acctest.Workspace) {
	t.Helper()
	stacks := make(map[string]stack)
	for name, m := range misbehaviors() {
		if m.forever != "" {
			stacks[slug(name)] = m.stack(slug(name), true)
		}
	}
	applyModules(t, w, stacks, 0)
	for name, m := range misbehaviors() {
		if m.forever != "" {
			acctest.Member(t, w.Directory(), slug(name)+"-0").AwaitReport(t, m.forever)
		}
	}
}

// expectBoundedLogs expects that no server's log takes more than two files of 10 MB.
func expectBoundedLogs(t *testing.T, w *acctest.Workspace) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(w.Directory(), "default", "servers", "*", "console.log*"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("%d logs: %v", len(logs), err)
	}
	for _, path := range logs {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 10<<20 {
			t.Errorf("%s has %d bytes", path, info.Size())
		}
	}
}

// expectRepair corrects the scripts and expects that those servers are replaced,
// and that the healthy ones are not.
func expectRepair(t *testing.T, w *acctest.Workspace, before map[string]string) {
	t.Helper()
	stacks := make(map[string]stack)
	var gone []string
	for name, m := range misbehaviors() {
		if !m.healthy {
			m.boot, m.parameters = "true", ""
			gone = append(gone, slug(name)+"-0")
		}
		patient := m.stack(slug(name), false)
		patient.readiness = ""
		stacks[slug(name)] = patient
	}
	applyModules(t, w, stacks, 0)
	localSite(t, w).expectSurvivors(t, before, gone...)
	if got := len(acctest.Servers(t, w.Directory())); got != len(before) {
		t.Errorf("%d servers run after the repair, want %d", got, len(before))
	}
	w.ExpectNothingToDo()
}
