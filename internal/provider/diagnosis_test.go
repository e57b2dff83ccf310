package provider_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// diagnosis is an error or a warning as Terraform shows it.
type diagnosis struct {
	// At is where Terraform points to: an argument, or the address of a resource.
	At              string
	Summary, Detail string
}

func (d diagnosis) String() string {
	return fmt.Sprintf("%s\n\tat: %s\n\t%s", d.Summary, d.At, strings.ReplaceAll(d.Detail, "\n", "\n\t"))
}

// parseDiagnoses reads the diagnostics of a severity in what a command has printed
// with -json.
func parseDiagnoses(t *testing.T, output, severity string) map[string][]diagnosis {
	t.Helper()
	found := make(map[string][]diagnosis)
	for line := range strings.Lines(output) {
		var message struct {
			Diagnostic *struct {
				Severity, Summary, Detail, Address string
				Range                              struct{ Filename string }
				Snippet                            struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if d := message.Diagnostic; d != nil && d.Severity == severity {
			module, one := moduleOf(d.Range.Filename, d.Address), diagnosis{At: place(d.Snippet.Code), Summary: d.Summary, Detail: d.Detail}
			// An apply says what the plan has said, and says it again.
			if !slices.Contains(found[module], one) {
				found[module] = append(found[module], one)
			}
		}
	}
	return found
}

// moduleOf returns the module in which Terraform has found something: its file lies
// in the module's directory or is called like the module, or the resource's address
// begins with it.
func moduleOf(file, address string) string {
	if rest, found := strings.CutPrefix(address, "module."); found {
		module, _, _ := strings.Cut(rest, ".")
		return module
	}
	if directory := filepath.Dir(file); directory != "." {
		return filepath.Base(directory)
	}
	return strings.TrimSuffix(strings.TrimSuffix(file, ".tf"), "main")
}

// place returns what the first line of a snippet begins with.
func place(code string) string {
	code = strings.TrimSpace(code)
	if head := regexp.MustCompile(`^resource "(.*)" "(.*)" {`).FindStringSubmatch(code); head != nil {
		return head[1] + "." + head[2]
	}
	name, _, _ := strings.Cut(code, " ")
	return name
}

// expectDiagnoses compares, and prints the row of the table.
func expectDiagnoses(t *testing.T, want, got []diagnosis) {
	t.Helper()
	order := func(a, b diagnosis) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Summary, b.Summary), cmp.Compare(a.Detail, b.Detail))
	}
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	for _, d := range got {
		t.Log(d)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("what Terraform says (-want +got):\n%s", diff)
	}
}

// findings are what Terraform has said, by module.
type findings struct{ errors, warnings map[string][]diagnosis }

// applyModules applies the stacks, each as a module of that name, and all at the same
// time.
func applyModules(t *testing.T, w *acctest.Workspace, stacks map[string]stack, exitCode int) findings {
	t.Helper()
	var root strings.Builder
	for name, stack := range stacks {
		root.WriteString(writeModule(t, w, name, stack.String(), ""))
	}
	return applyRoot(t, w, root.String(), exitCode)
}

// applyRoot applies a root module that calls others.
func applyRoot(t *testing.T, w *acctest.Workspace, root string, exitCode int) findings {
	t.Helper()
	w.Write(root)
	w.MustRun("get")
	result := w.Run("apply", "-auto-approve", "-json", "-parallelism=50")
	if result.ExitCode != exitCode {
		t.Errorf("the apply ends with exit code %d, want %d:\n%s", result.ExitCode, exitCode, result.Output)
	}
	return findings{errors: parseDiagnoses(t, result.Output, "error"), warnings: parseDiagnoses(t, result.Output, "warning")}
}
