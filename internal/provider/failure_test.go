package provider_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// failing is a group in which web-1 prints 30 lines and exits 7 unless the file is
// there.
func failing(file string) stack {
	return stack{
		configurations: []configuration{{name: "web", boot: fmt.Sprintf(`
[ "$MUSTER_MEMBER" = web-1 ] && [ ! -e %s ] || exit 0
line=0
while [ $line -lt 30 ]; do
	line=$((line + 1))
	echo "line $line"
done
exit 7
`, file)}},
		groups: []group{{name: "web", size: 3}},
	}
}

func TestAccServerReadiness_failedBootScript(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	repaired := w.Path("repaired")
	w.Write(failing(repaired).String())
	result := w.Run("apply", "-auto-approve")
	expectBootFailure(t, result)
	before := acctest.IDs(t, w.Directory())
	if len(before) != 3 {
		t.Errorf("the servers after the failure: %v, want three", before)
	}

	// The cause is removed, the configuration is the same.
	if err := os.WriteFile(repaired, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	plan, _ := w.Apply(failing(repaired).String())
	expectChanges(t, plan, map[string]string{groupAddress("web"): "update", readinessAddress: "create"})
	expectReplacements(t, plan, "web", map[string]string{"web-1": "boot script exited with exit code 7"})
	localSite(t, w).expectSurvivors(t, before, "web-1")
}

// expectBootFailure expects the failure of web-1 and the last 20 of its 30 lines.
func expectBootFailure(t *testing.T, result acctest.Result) {
	t.Helper()
	if result.ExitCode != acctest.Refused {
		t.Errorf("the apply ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
	want := "web-1: boot script exited with exit code 7; the end of its log:"
	for line := 11; line <= 30; line++ {
		want += fmt.Sprintf(" line %d", line)
	}
	if !message(want).MatchString(result.Output) {
		t.Errorf("the apply doesn't say %q:\n%s", want, result.Output)
	}
	if strings.Contains(result.Output, "line 10\n") {
		t.Errorf("the apply prints more than 20 lines of the log:\n%s", result.Output)
	}
}

func TestAccServerReadiness_correctedBootScript(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	broken := failing(w.Path("never"))
	w.Write(broken.String())
	expectBootFailure(t, w.Run("apply", "-auto-approve"))
	corrected := broken
	corrected.configurations = []configuration{{name: "web", boot: `true`}}
	plan, _ := w.Apply(corrected.String())
	var reasons map[string]string
	plan.After(t, groupAddress("web"), "replacements", &reasons)
	if got, want := reasons["web-1"], "boot script exited with exit code 7"; got != want {
		t.Errorf("the plan replaces web-1 because %q, want %q", got, want)
	}
	for _, key := range []string{"web-0", "web-2"} {
		if !strings.HasPrefix(reasons[key], "server configuration changes from web@") {
			t.Errorf("the plan replaces %s because %q", key, reasons[key])
		}
	}
	if got := len(acctest.Servers(t, w.Directory())); got != 3 {
		t.Errorf("%d servers run, want 3", got)
	}
}

// A group's members that aren't required don't hold the others up.
func TestAccServerReadiness_minReady(t *testing.T) {
	t.Parallel()
	some := stack{
		configurations: []configuration{{
			name: "web", parameters: `never = { deferred = true, required_for = "nothing" }`, outputs: `up = { type = "bool" }`,
			boot: `
[ "$MUSTER_MEMBER" != web-2 ] || muster param get never
muster output set up true
`,
		}},
		groups:    []group{{name: "web", size: 3}},
		readiness: `min_ready = { web = 2 }`,
	}
	w := acctest.NewWorkspace(t)
	w.Apply(some.String())
	var got map[string]map[string]string
	w.Attribute(readinessAddress, "outputs", &got)
	want := map[string]string{"up": "true"}
	if diff := cmp.Diff([]map[string]string{want, want}, []map[string]string{got["web-0"], got["web-1"]}); diff != "" {
		t.Errorf("outputs of those that are up (-want +got):\n%s", diff)
	}
}
