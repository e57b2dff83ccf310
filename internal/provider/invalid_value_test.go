package provider_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// relay returns a stack in which one server publishes what a command prints, and
// another one keeps what it gets in a file.
func relay(name, command string) stack {
	const keep = `muster param get text >text.new && mv text.new text`
	db, web := name+"-db", name+"-web"
	return stack{
		configurations: []configuration{
			{name: db, boot: command + ` | muster output set text`, outputs: `text = {}`},
			{name: web, boot: keep, update: keep, parameters: `text = { deferred = true }`},
		},
		groups:     []group{{name: db, size: 1}, {name: web, size: 1}},
		injections: []injection{{into: web + ".text", from: []string{db + ".text"}, label: "text"}},
		extra:      "output \"outputs\" {\n  value = muster_server_readiness.all.outputs\n}\n",
	}
}

// odd are values as a shell writes them, and what they are.
func odd() map[string]struct{ command, value string } {
	return map[string]struct{ command, value string }{
		"lines":  {command: `printf 'a\nb\n\n'`, value: "a\nb\n"},
		"quotes": {command: `printf %s 'it'\''s "$HOME" ` + "`id`" + ` \n $(id) ${x} %s'`, value: `it's "$HOME" ` + "`id`" + ` \n $(id) ${x} %s`},
		"escape": {command: `printf '\033[31m\001\177\r'`, value: "\x1b[31m\x01\x7f\r"},
		"full":   {command: `head -c 32768 /dev/zero | tr '\0' x`, value: strings.Repeat("x", 32<<10)},
		"latin":  {command: `printf 'caf\351\377'`, value: "caf\xe9\xff"},
	}
}

// What a server publishes reaches another one byte for byte, and Terraform as far as
// its strings can hold it.
func TestAccInvalid_publishedValues(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	stacks := make(map[string]stack)
	for name, value := range odd() {
		stacks[name] = relay(name, value.command)
	}
	found := applyModules(t, w, stacks, 0)
	for name, value := range odd() {
		if got := acctest.Member(t, w.Directory(), name+"-web-0").File(t, "text"); got != value.value {
			t.Errorf("%s: the server has got %q, want %q", name, got, value.value)
		}
	}
	expectDiagnoses(t, []diagnosis{{readinessAddress, "Output Is Not Text", `Output "text" of latin-db-0 is not UTF-8, and Terraform's strings are: it is null here. ` +
		"Injections carry it as it is. To have it here, publish it in base64."}}, found.warnings["latin"])
	w.ExpectNothingToDo()
	expectPublished(t, w)
}

// expectPublished expects that the state has the values, but for the one that it
// can't hold.
func expectPublished(t *testing.T, w *acctest.Workspace) {
	t.Helper()
	var root strings.Builder
	want := make(map[string]*string)
	for name, value := range odd() {
		fmt.Fprintf(&root, "module %q {\n  source = \"./%s\"\n}\noutput %q {\n  value = module.%s.outputs[\"%s-db-0\"].text\n}\n", name, name, name, name, name)
		want[name] = &value.value
	}
	want["latin"] = nil
	w.Write(root.String())
	w.MustRun("apply", "-auto-approve", "-refresh=false")
	var document map[string]struct{ Value *string }
	if err := json.Unmarshal([]byte(w.MustRun("output", "-json")), &document); err != nil {
		t.Fatal(err)
	}
	got := map[string]*string{"latin": nil}
	for name, output := range document {
		got[name] = output.Value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what Terraform has got (-want +got):\n%s", diff)
	}
}
