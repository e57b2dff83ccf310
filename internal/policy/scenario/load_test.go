package scenario_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
)

const held = `"policy": { "min_servers": 1, "max_servers": 9 }, "snapshot": { "current": 4 }, "expected": { "desired": 4 }`

func TestLoad_file(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		// want has the name and the difference of each case.
		want [][2]string
	}{
		"two cases, one policy": {
			`{ "source": "s", "policy": { "min_servers": 1, "max_servers": 9 }, "cases": [
				{ "name": "a", "snapshot": { "current": 4 }, "expected": { "desired": 4 } },
				{ "name": "b", "snapshot": { "current": 10 }, "expected": { "desired": 9 } } ] }`,
			[][2]string{{"in/x: a", ""}, {"in/x: b", ""}},
		},
		"an empty file":         {" \n", [][2]string{{"in/x.json", "the file is empty"}}},
		"a list":                {`[]`, [][2]string{{"in/x.json", "a file of scenarios must be an object; there is source, policy, cases"}}},
		"an unknown member":     {`{ "case": [] }`, [][2]string{{"in/x.json", "has no argument case; there is source, policy, cases"}}},
		"no cases":              {`{ "cases": [] }`, [][2]string{{"in/x.json", "cases: is needed: a list of at least one case"}}},
		"a case, not in a list": {`{ "cases": {} }`, [][2]string{{"in/x.json", "cases: must be a list"}}},
		"half a file":           {"{\n \"cases\": [\n", [][2]string{{"in/x.json", "line 3: it is no valid JSON: unexpected end of JSON input"}}},
		"a comma too many":      {"{\n \"cases\": [],\n}\n", [][2]string{{"in/x.json", `line 3: it is no valid JSON: invalid character '}' looking for beginning of object key string`}}},
		"text after the end":    {"{ \"cases\": [{ \"name\": \"a\", " + held + " }] }\n{}", [][2]string{{"in/x.json", "line 2: it is no valid JSON: invalid character '{' after top-level value"}}},
		"an endless number":     {`{ "cases": [1e999] }`, [][2]string{{"in/x.json", "line 1: it is no valid JSON: no number can be as great as 1e999"}}},
		"cases that are wrong stop no other": {
			`{ "cases": [
				{ ` + held + ` }, { "name": "", ` + held + ` }, { "name": 3, ` + held + ` }, null,
				{ "name": "a", ` + held + ` }, { "name": "a", ` + held + ` }, { "name": "b", "expect": {}, ` + held + ` } ] }`,
			[][2]string{
				{"in/x: case 1", "name: is needed: what the case shows"},
				{"in/x: case 2", "name: is needed: what the case shows"},
				{"in/x: case 3", "name: must be a text"},
				{"in/x: case 4", "a case must be an object; there is name, source, policy, snapshot, expected"},
				{"in/x: a", ""},
				{"in/x: a", "name: case 5 has the same one; give case 6 another"},
				{"in/x: b", "has no argument expect; there is name, source, policy, snapshot, expected"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cases, err := scenario.Load(fstest.MapFS{"in/x.json": {Data: []byte(test.content)}, "in/notes.txt": {Data: []byte("{")}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, outcomes(cases)); diff != "" {
				t.Errorf("the cases are (-want +got):\n%s", diff)
			}
		})
	}
}

func outcomes(cases []scenario.Case) [][2]string {
	var all [][2]string
	for _, one := range cases {
		all = append(all, [2]string{one.Name, one.Difference()})
	}
	return all
}

func TestLoad_badFileStopsNoOther(t *testing.T) {
	t.Parallel()
	good := []byte(`{ "cases": [{ "name": "n", ` + held + ` }] }`)
	cases, err := scenario.Load(fstest.MapFS{"a.json": {Data: good}, "b.json": {Data: []byte("{")}, "c.json": {Data: good}})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"a: n", ""}, {"b.json", "line 1: it is no valid JSON: unexpected end of JSON input"}, {"c: n", ""}}
	if diff := cmp.Diff(want, outcomes(cases)); diff != "" {
		t.Errorf("the cases are (-want +got):\n%s", diff)
	}
}

func TestLoad_noFolder(t *testing.T) {
	t.Parallel()
	if _, err := scenario.Load(os.DirFS(filepath.Join(t.TempDir(), "none"))); err == nil {
		t.Error("there is no error")
	}
}
