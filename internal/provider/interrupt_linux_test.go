package provider_test

import (
	"os"
	"regexp"
	"syscall"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// Ctrl-C and the end of a CI job reach the whole process group. They end the wait
// and nothing else: what runs is in the state, and the next apply goes on.
func TestAccServerReadiness_interrupted(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"by Ctrl-C": syscall.SIGINT, "by the end of a CI job": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			waiting := stack{
				configurations: []configuration{{name: "web", boot: `true`, parameters: `db_host = { deferred = true }`}},
				groups:         []group{{name: "web", size: 1}},
			}
			w := acctest.NewWorkspace(t)
			w.Write(waiting.String())
			if printed, want := interruptApply(t, w, signal), message("Interrupted While Waiting for Servers"); !want.MatchString(printed) {
				t.Errorf("the apply doesn't say %q:\n%s", want, printed)
			}
			before := acctest.IDs(t, w.Directory())
			waiting.injections = []injection{{into: "web.db_host", arguments: `value = "db.internal"`}}
			plan, _ := w.Apply(waiting.String())
			expectChanges(t, plan, map[string]string{injectionAddress("web_db_host"): "create", readinessAddress: "create"})
			localSite(t, w).expectSurvivors(t, before)
		})
	}
}

// interruptApply sends the signal to all processes of an apply when its readiness
// waits, and returns what the apply prints.
func interruptApply(t *testing.T, w *acctest.Workspace, signal syscall.Signal) string {
	t.Helper()
	w.Setenv("TF_LOG", "trace")
	w.Setenv("TF_LOG_PATH", w.Path("trace.log"))
	begun := regexp.MustCompile(`Calling provider defined Resource Create:.*muster_server_readiness`)
	command := w.Command(t.Context(), "apply", "-auto-approve")
	output, err := os.Create(w.Path("output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	acctest.Await(t, "the wait has begun", func() bool {
		log, _ := os.ReadFile(w.Path("trace.log"))
		return begun.Match(log)
	})
	if err := syscall.Kill(-command.Process.Pid, signal); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("an interrupted apply ends with exit code 0")
	}
	return string(read(t, w.Path("output")))
}
