package policy_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

var scenarioFolder = flag.String("scenarios", "", "a folder of scenarios, relative to the module; default: the project's own")

// TestScenarios runs the scenarios of a folder. Of the folder that a user names it
// prints one line for each.
func TestScenarios(t *testing.T) {
	t.Parallel()
	folder, out := filepath.Join("testdata", "scenarios"), io.Discard
	if *scenarioFolder != "" {
		folder, out = given(*scenarioFolder), spoken(t)
	}
	cases, err := scenario.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, one := range cases {
		difference := one.Difference()
		if difference == "" {
			passed++
			fmt.Fprintf(out, "pass  %s\n", one.Name)
			continue
		}
		fmt.Fprintf(out, "FAIL  %s: %s\n", one.Name, difference)
		t.Errorf("%s: %s", one.Name, difference)
	}
	fmt.Fprintf(out, "%d of %d scenarios passed\n", passed, len(cases))
	if len(cases) == 0 {
		t.Errorf("%s has no scenarios: they are in files whose names end with .json", folder)
	}
}

// given finds a folder that is named relative to where go test was called, most
// likely the module's root; a test runs in its package.
func given(folder string) string {
	if filepath.IsAbs(folder) {
		return folder
	}
	if root := filepath.Join("..", "..", folder); exists(root) {
		return root
	}
	return folder
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
