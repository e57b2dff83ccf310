package provider_test

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// newSecret returns a secret of several lines, with all that shells treat as special,
// and its canaries: texts that occur nowhere but in it, one in each line.
func newSecret() (secret string, canaries []string) {
	canaries = []string{"canary" + rand.Text(), "canary" + rand.Text(), "canary" + rand.Text()}
	return canaries[0] + "\n\"double\" and 'single' " + canaries[1] + " $HOME `id` \\n *\n" + canaries[2], canaries
}

// keepPassword is how the scripts of db keep what they get.
const keepPassword = `muster param get root_password >root_password.new && mv root_password.new root_password`

// secret is a stack in which a secret comes from Terraform into db, and another
// from db into web. The scripts keep what they get in files.
func secret(version string) stack {
	return stack{
		configurations: []configuration{
			{
				name: "db", update: keepPassword,
				boot:       keepPassword + "\nset -x\n" + `printf 'made-by-db-%s' "$(muster param get root_password)" | muster output set token`,
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

// clumsySecret is secret with scripts of db that print what they have in all ways, and
// fail, while the file mishap is there.
func clumsySecret(version, mishap string) stack {
	fail := `
set -x
if [ -e ` + mishap + ` ]; then
	password=$(cat root_password)
	echo "the password is $password"
	: "$password" "password=$password"
	cat root_password >&2
	exit 7
fi
`
	s := secret(version)
	db := &s.configurations[0]
	db.boot, db.update = keepPassword+fail+db.boot, keepPassword+fail
	return s
}

func TestAccSecret_isNowhere(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	mishap := w.Path("mishap")
	first, canaries := newSecret()
	second, more := newSecret()
	watch := newWatch(t, w, append(canaries, more...))

	w.Setenv("TF_VAR_password", first)
	w.Write(clumsySecret("1", mishap).String())
	createFile(t, mishap)
	watch.expectFailure("db-0: boot script exited with exit code 7; the end of its log:", "the password is (sensitive)")
	removeFile(t, mishap)
	watch.apply()
	expectSecret(t, w, first)
	if got, want := acctest.Member(t, w.Directory(), "web-0").File(t, "db_token"), "made-by-db-"+first; got != want {
		t.Errorf("web-0 has got %q, want %q", got, want)
	}

	// Without another version, nobody notices another secret.
	before := acctest.IDs(t, w.Directory())
	w.Setenv("TF_VAR_password", second)
	w.ExpectNothingToDo()
	w.Write(clumsySecret("2", mishap).String())
	createFile(t, mishap)
	plan := watch.expectFailure("db-0: update script exited with exit code 7", "the password is (sensitive)")
	expectChanges(t, plan, map[string]string{injectionAddress("db_root_password"): "update", readinessAddress: "update"})
	expectSecret(t, w, second)
	localSite(t, w).expectSurvivors(t, before)
	removeFile(t, mishap)
	watch.apply()
	expectSecret(t, w, second)

	var outputs map[string]map[string]*string
	w.Attribute(readinessAddress, "outputs", &outputs)
	if diff := cmp.Diff(map[string]*string{"token": nil}, outputs["db-0"]); diff != "" {
		t.Errorf("outputs of db-0 (-want +got):\n%s", diff)
	}
	for _, exposure := range watch.exposures() {
		t.Error(exposure)
	}
	t.Logf("looked at %s", watch)
}

// untilSeen has the secret in the arguments of a process until the file SEEN is there,
// for a minute at most: a busy machine may take its time to look.
const untilSeen = `
sh -c 'for i in $(seq 600); do [ -e SEEN ] && exit; sleep 0.1; done' "$(cat root_password)"`

// A look that finds nothing anywhere proves nothing.
func TestAccSecret_wouldBeFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// boot follows what the boot script of db does otherwise.
		boot string
		plan fault.Plan
		want string
	}{
		"in the log":                     {plan: fault.Plan{Tell: true}, want: "the secret is in trace.log"},
		"in arguments, for a moment":     {boot: "\nenv test -n \"$(cat root_password)\"", want: "the arguments of a program"},
		"in arguments, until it is seen": {boot: untilSeen, want: "the arguments of a process"},
		"in a file that needs it not":    {boot: "\ncp root_password ../copy", want: "/copy:"},
		"in a file that others may read": {boot: "\nchmod 644 \"$MUSTER_RUN/delivery\"", want: "which others may read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewMortalWorkspace(t)
			value, canaries := newSecret()
			watch := newWatch(t, w, canaries)
			w.Setenv("TF_VAR_password", value)
			leaky := secret("1")
			leaky.configurations[0].boot += strings.ReplaceAll(test.boot, "SEEN", w.Path("seen"))
			w.Write(leaky.String())
			createFileWhen(t, w.Path("seen"), func() bool { return watch.has(test.want) })
			if result := w.RunWith(test.plan, "apply", "-auto-approve"); result.ExitCode != 0 {
				t.Fatalf("the apply ends with exit code %d:\n%s", result.ExitCode, result.Output)
			}
			watch.lookAround()
			if !watch.has(test.want) {
				t.Fatalf("found %q, want one %s", watch.exposures(), test.want)
			}
		})
	}
}

// createFileWhen creates the file as soon as it is due, which may be never.
func createFileWhen(t *testing.T, path string, due func() bool) {
	t.Helper()
	keepLooking(t, func() bool {
		if !due() {
			return false
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Error(err)
		}
		return true
	})
}

func createFile(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func removeFile(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func expectSecret(t *testing.T, w *acctest.Workspace, want string) {
	t.Helper()
	if got := acctest.Member(t, w.Directory(), "db-0").File(t, "root_password"); got != want {
		t.Errorf("db-0 has got %q, want %q", got, want)
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
