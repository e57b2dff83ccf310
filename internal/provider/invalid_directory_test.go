package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// useDirectory makes the workspace's provider use another state directory than the
// workspace's own.
func useDirectory(t *testing.T, w *acctest.Workspace, directory string) {
	t.Helper()
	write(t, w.Path("directory_override.tf"), fmt.Sprintf("provider \"muster\" {\n  local = { directory = %q }\n}\n", directory))
}

// Nobody makes a directory there, not even root.
func TestAccInvalid_unwritableDirectory(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	useDirectory(t, w, "/sys/muster")
	w.Write(sound().String())
	result := w.Run("apply", "-auto-approve", "-json")
	found := make(map[string]diagnosis)
	for _, d := range parseDiagnoses(t, result.Output, "error")[""] {
		t.Log(d)
		found[d.At] = d
	}
	for _, name := range []string{"db", "web"} {
		d := found[configurationAddress(name)]
		// In between is the system's own word for it.
		if d.Summary != "Unable to Create Server Configuration" ||
			!strings.HasPrefix(d.Detail, fmt.Sprintf("Storing server configuration %q: preparing the state directory: mkdir /sys/muster: ", name)) ||
			!strings.HasSuffix(d.Detail, "; let this user write there, or give another state directory.") {
			t.Errorf("for %s, the apply says: %s", name, d)
		}
	}
	if len(found) != 2 {
		t.Errorf("%d errors, want one for each configuration", len(found))
	}
}

// A damaged file stops a plan, which says how to repair it; when it is itself again,
// nothing has been lost.
func TestAccInvalid_damagedDirectory(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(sound().String())
	before := acctest.IDs(t, w.Directory())
	namespace := filepath.Join(w.Directory(), "default")
	server := filepath.Join(namespace, "servers", before["web-0"])
	configuration, err := filepath.Glob(filepath.Join(namespace, "configurations", "web@*.json"))
	if err != nil || len(configuration) != 1 {
		t.Fatalf("the contents of web: %v, %v", configuration, err)
	}
	id := strings.TrimSuffix(filepath.Base(configuration[0]), ".json")
	group := filepath.Join(namespace, "groups", "web.json")
	tests := []struct {
		path string
		want diagnosis
	}{
		{group, diagnosis{webGroup, "Unable to Read Server Group", fmt.Sprintf("Reading group \"web\": %s is damaged at byte 1; "+
			"restore it from a backup, or remove it with every directory in %s whose server.json names the group: those servers end within seconds, and the next apply makes the group again.",
			group, filepath.Join(namespace, "servers"))}},
		{configuration[0], diagnosis{webConfiguration, "Unable to Read Server Configuration", fmt.Sprintf("Reading server configuration %q: %s is damaged at byte 1; "+
			"remove it, and the next apply stores it again.", id, configuration[0])}},
		{filepath.Join(server, "server.json"), diagnosis{webGroup, "Unable to Read Server Group", fmt.Sprintf("Listing the servers of group \"web\": %s is damaged at byte 1; "+
			"remove the directory %s: its server ends within seconds, and the next apply replaces it.", filepath.Join(server, "server.json"), server)}},
	}
	for _, test := range tests {
		content := read(t, test.path)
		write(t, test.path, "garbage")
		result := w.Run("plan", "-json")
		write(t, test.path, string(content))
		if result.ExitCode != acctest.Refused {
			t.Errorf("with a damaged %s, the plan ends with exit code %d", test.path, result.ExitCode)
		}
		got := parseDiagnoses(t, result.Output, "error")[""]
		expectDiagnoses(t, []diagnosis{test.want}, got)
	}
	w.ExpectNothingToDo()
	localSite(t, w).expectSurvivors(t, before)
}

// A state directory that is removed ends its servers. The plan says that they are
// gone, and the apply launches others.
func TestAccInvalid_removedDirectory(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(sound().String())
	servers := acctest.Servers(t, w.Directory())
	if err := os.RemoveAll(w.Directory()); err != nil {
		t.Fatal(err)
	}
	for _, server := range servers {
		server.AwaitEnd(t)
	}
	plan := w.Plan()
	gone := make(map[string]bool)
	for _, drift := range plan.ResourceDrift {
		gone[drift.Address] = drift.Change.Actions.Delete()
	}
	want := map[string]bool{dbConfiguration: true, webConfiguration: true, groupAddress("db"): true, webGroup: true}
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("what the plan says is gone (-want +got):\n%s", diff)
	}
	expectChanges(t, plan, map[string]string{
		dbConfiguration: "create", webConfiguration: "create", groupAddress("db"): "create", webGroup: "create",
		schemaInjection: "update", readinessAddress: "update",
	})
	w.ApplyPlan()
	if got := len(acctest.Servers(t, w.Directory())); got != len(servers) {
		t.Errorf("%d servers run, want %d", got, len(servers))
	}
}
