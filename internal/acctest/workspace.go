package acctest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Exit codes of a plan with -detailed-exitcode.
const (
	NothingToDo = 0
	Refused     = 1
	ToDo        = 2
)

// Workspace is a directory in which the real CLI runs the provider as users get
// it. When the test ends, what is left in it is destroyed.
type Workspace struct {
	t           testing.TB
	path        string
	cli         string
	cliConfig   string
	environment []string
	// attributes are those of the commands' processes; nil: those of the test's own.
	attributes *syscall.SysProcAttr
	// place makes of a configuration one for where its servers run.
	place func(config string) string
}

// Result is what a command has printed and how it has ended.
type Result struct {
	Output   string
	ExitCode int
}

// NewWorkspace returns an empty workspace. Its state directory is Directory.
func NewWorkspace(t testing.TB) *Workspace {
	t.Helper()
	return newWorkspace(t, builtProvider)
}

func newWorkspace(t testing.TB, built func() (cliConfig string, err error)) *Workspace {
	t.Helper()
	Program(t, "go")
	cliConfig, err := built()
	if err != nil {
		t.Fatal(err)
	}
	w := &Workspace{t: t, path: t.TempDir(), cli: CLI(t), cliConfig: cliConfig}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") {
			w.environment = append(w.environment, variable)
		}
	}
	w.place = func(config string) string { return ProviderBlock(w.Directory(), "") + config }
	w.Setenv("TF_CLI_CONFIG_FILE", cliConfig)
	w.Setenv("TF_IN_AUTOMATION", "1")
	w.Setenv("TF_INPUT", "0")
	w.Setenv("TF_CLI_ARGS", "-no-color")
	t.Cleanup(w.destroy)
	return w
}

// Directory returns the state directory of the local hosting service.
func (w *Workspace) Directory() string { return filepath.Join(w.path, ".muster") }

// Path returns the path of a file in the workspace.
func (w *Workspace) Path(name string) string { return filepath.Join(w.path, name) }

// Setenv sets a variable of the commands' environment.
func (w *Workspace) Setenv(name, value string) {
	w.environment = append(w.environment, name+"="+value)
}

// Write replaces the configuration; the provider's block is added.
func (w *Workspace) Write(config string) {
	w.t.Helper()
	required := "terraform {\n  required_providers {\n    muster = { source = \"musterhq/muster\" }\n  }\n}\n"
	if err := os.WriteFile(w.Path("main.tf"), []byte(required+w.place(config)), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Command returns a command of the CLI that has not been started.
func (w *Workspace) Command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.cli, arguments...)
	command.Dir = w.path
	command.Env = slices.Clip(w.environment)
	command.SysProcAttr = w.attributes
	return command
}

// Run runs a command of the CLI; how it ends is the caller's to judge.
func (w *Workspace) Run(arguments ...string) Result {
	w.t.Helper()
	// The context of a test has ended when its cleanup runs.
	return w.run(w.Command(context.WithoutCancel(w.t.Context()), arguments...))
}

func (w *Workspace) run(command *exec.Cmd) Result {
	w.t.Helper()
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return Result{Output: output.String(), ExitCode: command.ProcessState.ExitCode()}
}

// MustRun runs a command that has to succeed, and returns what it prints.
func (w *Workspace) MustRun(arguments ...string) string {
	w.t.Helper()
	result := w.Run(arguments...)
	if result.ExitCode != 0 {
		w.t.Fatalf("%s ends with exit code %d:\n%s", strings.Join(arguments, " "), result.ExitCode, result.Output)
	}
	return result.Output
}

// Init initializes the workspace, which only a configuration with a backend needs.
func (w *Workspace) Init() {
	w.t.Helper()
	command := w.Command(w.t.Context(), "init")
	command.Env = append(command.Env, "TF_CLI_CONFIG_FILE="+filepath.Join(filepath.Dir(w.cliConfig), mirrorConfigName))
	if result := w.run(command); result.ExitCode != 0 {
		w.t.Fatalf("init ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
}

// Plan makes a plan, saves it under the name "plan" and returns it.
func (w *Workspace) Plan(arguments ...string) Plan {
	w.t.Helper()
	w.MustRun(append([]string{"plan", "-out=plan"}, arguments...)...)
	return parsePlan(w.t, w.show("plan"))
}

// ApplyPlan applies the saved plan and expects that nothing is left to be done. It
// returns what the apply prints.
func (w *Workspace) ApplyPlan() string {
	w.t.Helper()
	output := w.MustRun("apply", "plan")
	w.ExpectNothingToDo()
	return output
}

// Apply applies the configuration like [Workspace.ApplyPlan].
func (w *Workspace) Apply(config string) (Plan, string) {
	w.t.Helper()
	w.Write(config)
	plan := w.Plan()
	return plan, w.ApplyPlan()
}

// ExpectNothingToDo fails the test if a plan made now with the options would change
// anything.
func (w *Workspace) ExpectNothingToDo(options ...string) {
	w.t.Helper()
	if result := w.Run(append([]string{"plan", "-detailed-exitcode"}, options...)...); result.ExitCode != NothingToDo {
		w.t.Fatalf("the second plan ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
}

// ExpectToDo fails the test unless a plan made now would change something.
func (w *Workspace) ExpectToDo() {
	w.t.Helper()
	if result := w.Run("plan", "-detailed-exitcode"); result.ExitCode != ToDo {
		w.t.Fatalf("the plan ends with exit code %d, want %d:\n%s", result.ExitCode, ToDo, result.Output)
	}
}

// show returns the JSON form of the state or of a plan file; standard error, where
// warnings go, is no part of it.
func (w *Workspace) show(arguments ...string) []byte {
	w.t.Helper()
	output, err := w.Command(w.t.Context(), append([]string{"show", "-json"}, arguments...)...).Output()
	if err != nil {
		w.t.Fatalf("show -json: %v", err)
	}
	return output
}

func (w *Workspace) destroy() {
	if len(w.State().Resources) == 0 {
		return
	}
	if result := w.Run("destroy", "-auto-approve", "-refresh=false"); result.ExitCode != 0 {
		w.t.Errorf("destroy ends with exit code %d:\n%s", result.ExitCode, result.Output)
	}
}
