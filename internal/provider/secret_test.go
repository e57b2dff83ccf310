package provider_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// secret is a stack in which a secret comes from Terraform into db, and another
// from db into web. The scripts keep what they get in files.
func secret(version string) stack {
	const keep = `muster param get root_password >root_password.new && mv root_password.new root_password`
	return stack{
		configurations: []configuration{
			{
				name: "db", update: keep,
				boot:       keep + "\nset -x\n" + `printf 'made-by-db-%s' "$(muster param get root_password)" | muster output set token`,
				parameters: `root_password = { deferred = true, sensitive = true }`,
				outputs:    `token = { sensitive = true }, plain = {}`,
			},
			{name: "web", boot: `printf %s "$db_token" >db_token`, parameters: `db_token = { deferred = true, sensitive = true }`},
		},
		groups: []group{{name: "db", size: 1}, {name: "web", size: 1}},
		injections: []injection{
			{into: "db.root_password", arguments: "value_wo = var.password\n  value_wo_version = \"" + version + "\""},
			{into: "web.db_token", from: []string{"db.token"}},
		},
		extra: "variable \"password\" {\n  type      = string\n  ephemeral = true\n  sensitive = true\n}\n",
	}
}

func TestAccSecret_isNowhere(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	canaries := []string{"canary-" + rand.Text(), "canary-" + rand.Text()}
	w.Setenv("TF_LOG", "trace")
	w.Setenv("TF_LOG_PATH", w.Path("trace.log"))
	w.Setenv("TF_VAR_password", canaries[0])
	_, output := w.Apply(secret("1").String())
	expectSecret(t, w, canaries[0])
	if got, want := acctest.Member(t, w.Directory(), "web-0").File(t, "db_token"), "made-by-db-"+canaries[0]; got != want {
		t.Errorf("web-0 has got %q, want %q", got, want)
	}
	before := acctest.IDs(t, w.Directory())

	// Without another version, nobody notices another secret.
	w.Setenv("TF_VAR_password", canaries[1])
	w.ExpectNothingToDo()
	plan, more := w.Apply(secret("2").String())
	expectChanges(t, plan, map[string]string{injectionAddress("db_root_password"): "update", readinessAddress: "update"})
	expectSecret(t, w, canaries[1])
	expectSurvivors(t, w, before)

	var outputs map[string]map[string]*string
	w.Attribute(readinessAddress, "outputs", &outputs)
	if diff := cmp.Diff(map[string]*string{"token": nil}, outputs["db-0"]); diff != "" {
		t.Errorf("outputs of db-0 (-want +got):\n%s", diff)
	}
	for _, canary := range canaries {
		expectAbsent(t, canary, map[string][]byte{
			"output": []byte(output + more), "plan as JSON": plan.Document,
			"state": read(t, w.Path("terraform.tfstate")), "state's backup": read(t, w.Path("terraform.tfstate.backup")),
			"plan": unzipped(t, w.Path("plan")), "trace log": read(t, w.Path("trace.log")),
			"command lines": commandLines(),
		})
	}
}

func expectSecret(t *testing.T, w *acctest.Workspace, want string) {
	t.Helper()
	if got := acctest.Member(t, w.Directory(), "db-0").File(t, "root_password"); got != want {
		t.Errorf("db-0 has got %q, want %q", got, want)
	}
}

func expectAbsent(t *testing.T, canary string, places map[string][]byte) {
	t.Helper()
	for place, content := range places {
		if at := bytes.Index(content, []byte(canary)); at >= 0 {
			t.Errorf("the secret is in the %s: %q", place, content[max(0, at-200):min(len(content), at+100)])
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// unzipped returns what the files in a saved plan hold.
func unzipped(t *testing.T, path string) []byte {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var content bytes.Buffer
	for _, member := range archive.File {
		file, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&content, file); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
	}
	return content.Bytes()
}

// commandLines returns those of all processes that can be seen.
func commandLines() []byte {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var lines strings.Builder
	for _, path := range paths {
		line, _ := os.ReadFile(path)
		lines.Write(line)
	}
	return []byte(lines.String())
}
