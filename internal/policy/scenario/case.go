package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// Case is a policy, what it sees, and the decision that is expected.
type Case struct {
	// Name says what the case shows. It begins with the file's name.
	Name string
	// Policy and Snapshot are read by [DecodePolicy] and [DecodeSnapshot].
	Policy, Snapshot any
	Expected         Expected
}

// Expected is what is expected of a decision. What is absent isn't looked at; at
// least one of its members is there.
type Expected struct {
	Desired     *int             `json:"desired"`
	Direction   policy.Direction `json:"direction"`
	Reason      policy.Reason    `json:"reason"`
	Sentence    string           `json:"sentence"`
	Recommended *int             `json:"recommended"`
	// Rules are the proposals by rule; null: no opinion.
	Rules map[string]*int `json:"rules"`
	// Stages are the numbers that stages have led to.
	Stages map[string]int `json:"stages"`
	// Missing are the signals without a value that rules use.
	Missing []string `json:"missing"`
	// Error is the text of the error that refuses the decision.
	Error string `json:"error"`
	// Faults are those of a policy that can't be compiled, each as "path: message".
	Faults []string `json:"faults"`
}

type file struct {
	Source string `json:"source"`
	Policy any    `json:"policy"`
	Cases  []struct {
		Name     string          `json:"name"`
		Source   string          `json:"source"`
		Policy   any             `json:"policy"`
		Snapshot any             `json:"snapshot"`
		Expected json.RawMessage `json:"expected"`
	} `json:"cases"`
}

// Load reads the files of a folder whose names end with .json, and those of the
// folders below it. The cases are in the order of the files' names.
func Load(folder fs.FS) ([]Case, error) {
	var cases []Case
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return fmt.Errorf("reading scenarios: %w", err)
		}
		read, err := parse(strings.TrimSuffix(name, ".json"), content)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		cases = append(cases, read...)
		return nil
	})
	return cases, err
}

func parse(name string, content []byte) ([]Case, error) {
	var written file
	if err := strictly(content, &written); err != nil {
		return nil, err
	}
	if len(written.Cases) == 0 {
		return nil, errors.New("it has no cases")
	}
	cases := make([]Case, 0, len(written.Cases))
	for i, one := range written.Cases {
		next := Case{Name: name + ": " + one.Name, Policy: one.Policy, Snapshot: one.Snapshot}
		if one.Policy == nil {
			next.Policy = written.Policy
		}
		if err := strictly(one.Expected, &next.Expected); err != nil {
			return nil, fmt.Errorf("case %d (%s): expected: %w", i+1, one.Name, err)
		}
		if next.Expected.empty() {
			return nil, fmt.Errorf("case %d (%s): nothing is expected", i+1, one.Name)
		}
		cases = append(cases, next)
	}
	return cases, nil
}

func strictly(content []byte, into any) error {
	if len(content) == 0 {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	return nil
}

func (e Expected) empty() bool {
	return e.Desired == nil && e.Direction == "" && e.Reason == "" && e.Sentence == "" && e.Recommended == nil &&
		e.Rules == nil && e.Stages == nil && e.Missing == nil && e.Error == "" && e.Faults == nil
}

// Difference decides, and says in what the decision differs from what is expected;
// empty: in nothing.
func (c Case) Difference() string {
	decision, err := Decide(c.Policy, c.Snapshot)
	if wrong, ok := errors.AsType[*policy.SpecError](err); ok {
		return difference("faults", lines(c.Expected.Faults), lines(texts(wrong.Faults)))
	}
	if err != nil {
		return err.Error()
	}
	return strings.Join(c.Expected.differences(decision), "; ")
}

// Decide reads a policy and a snapshot and decides. An error about the policy is a
// [*policy.SpecError], one about the snapshot a [*SnapshotError]. A decision that is
// refused is none: see [policy.Decision.Err].
func Decide(arguments, snapshot any) (policy.Decision, error) {
	spec, faults := DecodePolicy(arguments)
	if len(faults) > 0 {
		return policy.Decision{}, &policy.SpecError{Faults: faults}
	}
	compiled, err := policy.Compile(spec)
	if err != nil {
		return policy.Decision{}, err
	}
	seen, faults := DecodeSnapshot(snapshot, spec)
	if len(faults) > 0 {
		return policy.Decision{}, &SnapshotError{Faults: faults}
	}
	return compiled.Decide(seen), nil
}

// SnapshotError holds every fault of a snapshot. It is never empty.
type SnapshotError struct{ Faults []policy.Fault }

// Error lists all faults, one per line.
func (e *SnapshotError) Error() string { return strings.Join(texts(e.Faults), "\n") }

func texts(faults []policy.Fault) []string {
	var lines []string
	for _, fault := range faults {
		text := fault.Message
		if len(fault.Path) > 0 {
			text = strings.Join(fault.Path, ".") + ": " + text
		}
		lines = append(lines, text)
	}
	return lines
}

func (e Expected) differences(d policy.Decision) []string {
	var all []string
	note := func(text string) {
		if text != "" {
			all = append(all, text)
		}
	}
	if e.Faults != nil {
		note(difference("faults", lines(e.Faults), "none"))
	}
	if e.Desired != nil {
		note(difference("desired", *e.Desired, d.Desired))
	}
	if e.Recommended != nil {
		note(difference("recommended", shown(e.Recommended), shown(d.Recommended)))
	}
	if e.Missing != nil {
		note(difference("missing", strings.Join(e.Missing, ", "), strings.Join(missing(d), ", ")))
	}
	for what, pair := range map[string][2]string{
		"direction": {string(e.Direction), string(d.Direction)},
		"reason":    {string(e.Reason), string(d.Reason)},
		"sentence":  {e.Sentence, d.Sentence},
	} {
		if pair[0] != "" {
			note(difference(what, pair[0], pair[1]))
		}
	}
	note(e.refusal(d))
	all = append(all, e.traced(d.Trace)...)
	slices.Sort(all)
	if len(all) > 0 {
		all = append(all, fmt.Sprintf("the decision was %q", d.Sentence))
	}
	return all
}

// refusal compares errors. A decision that is refused unexpectedly is a difference
// whatever else is expected.
func (e Expected) refusal(d policy.Decision) string {
	text := ""
	if err := d.Err(); err != nil {
		text = err.Error()
	}
	return difference("error", e.Error, text)
}

func (e Expected) traced(trace policy.Trace) []string {
	var all []string
	proposals := make(map[string]*int)
	for _, rule := range trace.Rules {
		proposals[rule.Rule] = rule.Proposal
	}
	for _, name := range slices.Sorted(maps.Keys(e.Rules)) {
		if text := difference("rule "+name, shown(e.Rules[name]), shown(proposals[name])); text != "" {
			all = append(all, text)
		}
	}
	outcomes := make(map[string]int)
	for _, stage := range trace.Stages {
		outcomes[stage.Stage] = stage.Out
	}
	for _, name := range slices.Sorted(maps.Keys(e.Stages)) {
		if text := difference("stage "+name, e.Stages[name], outcomes[name]); text != "" {
			all = append(all, text)
		}
	}
	return all
}

func missing(d policy.Decision) []string {
	var names []string
	for _, one := range d.Missing {
		names = append(names, one.Signal)
	}
	return names
}

func shown(n *int) string {
	if n == nil {
		return "none"
	}
	return fmt.Sprint(*n)
}

func lines(texts []string) string { return strings.Join(texts, " | ") }

func difference[T comparable](what string, want, got T) string {
	if want == got {
		return ""
	}
	return fmt.Sprintf("%s: want %v, got %v", what, want, got)
}
