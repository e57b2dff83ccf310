package policy_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

var scenarioFolder = flag.String("scenarios", "", "a folder of scenarios, relative to the module; default: the project's own")

// TestScenarios runs the scenarios of a folder. Of the folder that a user names it
// prints one line for each, and so need not say again which have failed.
func TestScenarios(t *testing.T) {
	t.Parallel()
	if *scenarioFolder == "" {
		for _, failure := range run(t, filepath.Join("testdata", "scenarios"), io.Discard) {
			t.Error(failure)
		}
		return
	}
	folder, err := given(*scenarioFolder)
	if err != nil {
		t.Fatal(err)
	}
	if failures := run(t, folder, spoken(t)); len(failures) > 0 {
		t.Fail()
	}
}

// run prints a line for each scenario and how many have passed, and returns what has
// failed.
func run(t *testing.T, folder string, out io.Writer) []string {
	t.Helper()
	cases, err := scenario.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no scenarios: they are in files whose names end with .json", folder)
	}
	var failures []string
	for _, one := range cases {
		difference := one.Difference()
		if difference == "" {
			fmt.Fprintf(out, "pass  %s\n", one.Name)
			continue
		}
		fmt.Fprintf(out, "FAIL  %s: %s\n", one.Name, difference)
		failures = append(failures, one.Name+": "+difference)
	}
	fmt.Fprintf(out, "%d of %d scenarios passed\n", len(cases)-len(failures), len(cases))
	return failures
}

// given finds a folder that is named relative to where go test was called, most
// likely the module's root; a test runs in its package. The error has the name that was
// given.
func given(name string) (string, error) {
	folder := name
	if root := filepath.Join("..", "..", name); !filepath.IsAbs(name) && exists(root) {
		folder = root
	}
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist) && filepath.IsAbs(name):
		return "", fmt.Errorf("there is no folder %s", name)
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no folder %s in the root of the module; name one from there, or from /", name)
	case err != nil:
		return "", fmt.Errorf("looking for the folder of scenarios %s: %w", name, err)
	case !info.IsDir():
		return "", fmt.Errorf("%s is a file; name the folder that it is in", name)
	}
	return folder, nil
}

func TestScenarios_given(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "a.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ name, want, wantErr string }{
		"from the module's root": {name: "internal/policy", want: filepath.Join("..", "..", "internal", "policy")},
		"from the package":       {name: "testdata/scenarios", want: "testdata/scenarios"},
		"from /":                 {name: folder, want: folder},
		"none":                   {name: "internal/none", wantErr: "there is no folder internal/none in the root of the module; name one from there, or from /"},
		"none from /":            {name: file + "x", wantErr: "there is no folder " + file + "x"},
		"a file":                 {name: file, wantErr: file + " is a file; name the folder that it is in"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := given(test.name)
			if text := fmt.Sprint(err); err != nil && text != test.wantErr || err == nil && test.wantErr != "" {
				t.Errorf("the error is %v, want %s", err, test.wantErr)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestScenarios_prints(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const content = `{ "policy": { "min_servers": 1, "max_servers": 9 }, "cases": [
		{ "name": "good", "snapshot": { "current": 4 }, "expected": { "desired": 4 } },
		{ "name": "bad", "snapshot": { "current": 4 }, "expected": { "desired": 5 } } ] }`
	for name, content := range map[string]string{"a.json": content, "b.json": "{"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	failures := run(t, folder, &out)
	const want = `pass  a: good
FAIL  a: bad: desired: want 5, got 4; the decision was "4: held: there are no rules"
FAIL  b.json: line 1: it is no valid JSON: unexpected end of JSON input
1 of 3 scenarios passed
`
	if diff := cmp.Diff(want, out.String()); diff != "" || len(failures) != 2 {
		t.Errorf("there are %d failures, want 2, and it prints (-want +got):\n%s", len(failures), diff)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
