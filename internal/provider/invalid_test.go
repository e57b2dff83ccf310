package provider_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// This file and the others whose names begin with "invalid" are one table: what a
// user may get wrong, and what Terraform then prints, word for word. With "go test
// -v" the tests print it, to be read.

// blueprint is a Terraform configuration as the expressions of arguments, by
// resource address and name of the argument. Each argument gets a line of its own.
type blueprint map[string]map[string]string

// with returns the blueprint with another expression for one argument; an empty one
// leaves the argument out.
func (b blueprint) with(address, argument, expression string) blueprint {
	changed := maps.Clone(b)
	changed[address] = maps.Clone(b[address])
	if changed[address] == nil {
		changed[address] = make(map[string]string)
	}
	changed[address][argument] = expression
	return changed
}

func (b blueprint) String() string {
	var text strings.Builder
	for _, address := range slices.Sorted(maps.Keys(b)) {
		kind, name, _ := strings.Cut(address, ".")
		fmt.Fprintf(&text, "resource %q %q {\n", kind, name)
		for _, argument := range slices.Sorted(maps.Keys(b[address])) {
			if expression := b[address][argument]; expression != "" {
				fmt.Fprintf(&text, "  %s = %s\n", argument, expression)
			}
		}
		text.WriteString("}\n")
	}
	return text.String()
}

// Addresses in the blueprint that sound returns.
const (
	dbConfiguration  = "muster_server_configuration.db"
	webConfiguration = "muster_server_configuration.web"
	webGroup         = "muster_server_group.web"
	schemaInjection  = "muster_parameter_injection.schema"
)

// sound returns a blueprint in which nothing is wrong: db publishes its schema, and
// web gets it.
func sound() blueprint {
	return blueprint{
		dbConfiguration: {
			"name": `"db"`, "image": `"host"`, "boot_script": `"muster output set schema public"`,
			"outputs": `{ schema = {}, token = { sensitive = true } }`,
		},
		webConfiguration: {
			"name": `"web"`, "image": `"host"`, "boot_script": `"true"`,
			"parameters": `{ schema = { deferred = true }, size = { deferred = true, type = "number", required_for = "nothing" }, port = { type = "number", default = "80", pattern = "^[0-9]+$" } }`,
		},
		"muster_server_group.db": {"server_configuration": "muster_server_configuration.db.handle"},
		webGroup:                 {"server_configuration": "muster_server_configuration.web.handle"},
		schemaInjection: {
			"into": `{ group = muster_server_group.web.handle, parameter = "schema" }`,
			"from": `[{ group = muster_server_group.db.handle, output = "schema" }]`,
		},
		readinessAddress: {
			"groups":   `[muster_server_group.db.handle, muster_server_group.web.handle]`,
			"after":    `[muster_parameter_injection.schema.wire]`,
			"timeouts": `{ create = "90s", update = "90s" }`,
		},
	}
}

// mistake is a row of the table.
type mistake struct {
	// config is the configuration in which the mistake is made.
	config fmt.Stringer
	// provider are the arguments of a provider block for that configuration alone;
	// without them it has that of all the others.
	provider string
	want     []diagnosis
}

// expectRefused makes all mistakes at once, each in a module of its own beside a
// stack that runs, and expects that an apply says what is wrong with each and does
// nothing.
func expectRefused(t *testing.T, mistakes map[string]mistake) {
	t.Helper()
	w := acctest.NewWorkspace(t)
	w.Apply(sound().String())
	before := acctest.IDs(t, w.Directory())

	found := applyRoot(t, w, writeModules(t, w, mistakes), acctest.Refused).errors
	for name, mistake := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectDiagnoses(t, mistake.want, found[slug(name)])
		})
	}
	if others := found[""]; len(others) > 0 {
		t.Errorf("errors outside of the modules: %v", others)
	}

	localSite(t, w).expectSurvivors(t, before)
	if got := len(acctest.Servers(t, w.Directory())); got != len(before) {
		t.Errorf("%d servers run, want %d as before", got, len(before))
	}
	w.Write(sound().String())
	w.ExpectNothingToDo()
}

// writeModules writes one module for each mistake, and returns the text of the root
// module that calls them.
func writeModules(t *testing.T, w *acctest.Workspace, mistakes map[string]mistake) (root string) {
	t.Helper()
	var text strings.Builder
	text.WriteString(sound().String())
	for name, mistake := range mistakes {
		text.WriteString(writeModule(t, w, slug(name), mistake.config.String(), mistake.provider))
	}
	return text.String()
}

// writeModule writes a module, and the block of a provider of its own where there
// are arguments for one. It returns the text that calls the module.
func writeModule(t *testing.T, w *acctest.Workspace, name, config, provider string) (call string) {
	t.Helper()
	if err := os.MkdirAll(w.Path(name), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, w.Path(filepath.Join(name, "main.tf")), requiredProviders+config)
	call = fmt.Sprintf("module %q {\n  source = \"./%s\"\n", name, name)
	if provider != "" {
		call += fmt.Sprintf("  providers = { muster = muster.%s }\n", name)
		write(t, w.Path(name+".tf"), fmt.Sprintf("provider \"muster\" {\n  alias = %q\n%s\n}\n", name, provider))
	}
	return call + "}\n"
}

const requiredProviders = "terraform {\n  required_providers {\n    muster = { source = \"musterhq/muster\" }\n  }\n}\n"

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// slug makes an identifier of a row's name.
func slug(name string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-"), "-")
}
