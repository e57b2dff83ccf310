package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// fileForm is how a file of scenarios is written.
type fileForm struct {
	Source string `json:"source"`
	Policy any    `json:"policy"`
	Cases  []any  `json:"cases"`
}

// caseForm is how one of its cases is.
type caseForm struct {
	Name     string `json:"name"`
	Source   string `json:"source"`
	Policy   any    `json:"policy"`
	Snapshot any    `json:"snapshot"`
	Expected any    `json:"expected"`
}

// Load reads the files of a folder whose names end with .json, and those of the
// folders below it. The cases are in the order of the files' names. What is no case,
// be it a whole file, is there too and has a [Case.Wrong], so that it stops no other.
// The error is that of a folder that can't be read.
func Load(folder fs.FS) ([]Case, error) {
	var cases []Case
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return fmt.Errorf("reading the folder of scenarios: %w", err)
		case err != nil:
			cases = append(cases, unreadable(name, err))
		case !entry.IsDir() && path.Ext(name) == ".json":
			cases = append(cases, read(folder, name)...)
		}
		return nil
	})
	return cases, err
}

func wrong(name, why string) Case { return Case{Name: name, Wrong: why} }

func unreadable(name string, err error) Case { return wrong(name, err.Error()) }

func read(folder fs.FS, name string) []Case {
	content, err := fs.ReadFile(folder, name)
	if err != nil {
		return []Case{unreadable(name, err)}
	}
	var data any
	if err := json.Unmarshal(content, &data); err != nil {
		return []Case{wrong(name, syntax(content, err))}
	}
	object, ok := data.(map[string]any)
	if !ok {
		return []Case{wrong(name, "a file of scenarios must be an object; "+thereIs(argumentsOf(fileForm{})))}
	}
	var form fileForm
	if faults := decode(object, &form); len(faults) > 0 {
		return []Case{wrong(name, lines(texts(faults)))}
	}
	if len(form.Cases) == 0 {
		return []Case{wrong(name, "cases: is needed: a list of at least one case")}
	}
	return parse(strings.TrimSuffix(name, ".json"), object)
}

// syntax says where a text is no JSON, by its line: editors show no offsets.
func syntax(content []byte, err error) string {
	if len(bytes.TrimSpace(content)) == 0 {
		return "the file is empty"
	}
	offset := int64(len(content))
	why := err.Error()
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = wrong.Offset
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset, why = wrong.Offset, "no number can be as great as "+strings.TrimPrefix(wrong.Value, "number ")
	}
	line := 1 + bytes.Count(content[:min(offset, int64(len(content)))], []byte("\n"))
	return fmt.Sprintf("line %d: it is no valid JSON: %s", line, why)
}

// parse reads the cases of a file.
func parse(file string, object map[string]any) []Case {
	written, _ := object["cases"].([]any)
	cases := make([]Case, 0, len(written))
	first := make(map[string]int)
	for i, data := range written {
		next, name, faults := parseCase(data, object["policy"])
		switch before, again := first[name]; {
		case name == "":
			name = fmt.Sprintf("case %d", i+1)
		case again:
			faults = append(faults, policy.Fault{Path: []string{"name"}, Message: fmt.Sprintf("case %d has the same one; give case %d another", before, i+1)})
		default:
			first[name] = i + 1
		}
		next.Name, next.Wrong = file+": "+name, lines(texts(faults))
		cases = append(cases, next)
	}
	return cases
}

// parseCase takes policy and snapshot from the data, and not from its form, because
// they have nulls that mean something.
func parseCase(data, shared any) (Case, string, []policy.Fault) {
	object, ok := data.(map[string]any)
	if !ok {
		return Case{}, "", []policy.Fault{{Message: "a case must be an object; " + thereIs(argumentsOf(caseForm{}))}}
	}
	var form caseForm
	faults := decode(object, &form)
	next := Case{Policy: object["policy"], Snapshot: object["snapshot"]}
	if next.Policy == nil {
		next.Policy = shared
	}
	if len(faults) > 0 {
		return next, form.Name, faults
	}
	var more []policy.Fault
	next.Expected, more = decodeExpected(object["expected"])
	faults = append(faults, more...)
	need := func(lacks bool, name, why string) {
		if lacks {
			faults = append(faults, policy.Fault{Path: []string{name}, Message: "is needed: " + why})
		}
	}
	need(form.Name == "", "name", "what the case shows")
	need(next.Policy == nil, "policy", "in the case, or beside cases for all of them")
	need(next.Snapshot == nil && len(next.Expected.Faults) == 0, "snapshot", `what there is to see, for example { "current": 4, "signals": { "load": 120 } }`)
	return next, form.Name, faults
}
