package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

// TestScenarios_guide holds the example of the guide to the case that it is.
func TestScenarios_guide(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(guide(t, "policy-scenarios"), -1)
	if len(blocks) != 1 {
		t.Fatalf("the guide has %d examples, want 1", len(blocks))
	}
	examples, err := scenario.Load(fstest.MapFS{"example.json": {Data: []byte(blocks[0][1])}})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := scenario.Load(os.DirFS(filepath.Join("testdata", "scenarios")))
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]scenario.Case)
	for _, one := range cases {
		_, name, _ := strings.Cut(one.Name, ": ")
		known[name] = one
	}
	for _, example := range examples {
		_, name, _ := strings.Cut(example.Name, ": ")
		want, ok := known[name]
		if !ok {
			t.Errorf("the example %q is no case", name)
			continue
		}
		example.Name = want.Name
		if diff := cmp.Diff(want, example); diff != "" {
			t.Errorf("the example %q isn't the case (-case +example):\n%s", name, diff)
		}
	}
}

// TestScenarios_guideNames finds every name in the guide that can be expected.
func TestScenarios_guideNames(t *testing.T) {
	t.Parallel()
	text := guide(t, "policy-scenarios")
	for _, name := range slices.Concat(policy.Reasons(), policy.Directions(), policy.ServerStates()) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the guide doesn't have %s", name)
		}
	}
}

// TestScenarios_otherAutoscalers finds the cases that the guide on other autoscalers
// goes by.
func TestScenarios_otherAutoscalers(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("Cases: `([a-z_]+\\.json)`").FindAllStringSubmatch(guide(t, "reproducing-other-autoscalers"), -1)
	if len(named) == 0 {
		t.Fatal("the guide names no files of cases")
	}
	for _, file := range named {
		if !exists(filepath.Join("testdata", "scenarios", file[1])) {
			t.Errorf("there is no %s", file[1])
		}
	}
}

func guide(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", name+".md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
