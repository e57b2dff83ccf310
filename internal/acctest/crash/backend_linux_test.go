package crash

import (
	"errors"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// itWasKilled is how a killed command ends.
var itWasKilled = acctest.Result{ExitCode: -1, Output: "(it was killed)"}

// With a backend, nothing is saved before a command ends: the ledger alone knows what
// was done.
func TestKill_bothWithoutState(t *testing.T) {
	t.Parallel()
	run(t, fault.KillBoth, (*chain).useBackend)
}

// Everything is done, and nothing of it is saved.
func TestKill_beforeTheStateIsSaved(t *testing.T) {
	t.Parallel()
	c := newChain(t, fault.Plan{})
	c.useBackend()
	before := make(map[string]string)
	for _, phase := range phases() {
		c.write(phase.config)
		c.killWhenSaving(phase)
		done := startedIDs(t, c)
		expect(t, phase.name+": members in the backend's state after the kill", before, c.state().Members())
		c.unlock()
		c.repair(phase, itWasKilled)
		c.check(phase, before, nil)
		expect(t, phase.name+": servers, of which nothing was launched or replaced by the repair", done, startedIDs(t, c))
		if len(phase.members) > 0 {
			c.expectNothingToDo(phase)
		}
		before = acctest.IDs(t, c.w.Directory())
	}
}

// The servers run, and what one of them waits for comes with the next apply.
func TestKill_whileReadinessWaits(t *testing.T) {
	t.Parallel()
	c := newChain(t, fault.Plan{})
	c.useBackend()
	c.fault.Calls = c.w.Path("calls")
	complete, destroy := phases()[0], phases()[2]
	waiting := complete
	waiting.config = stack{web: 1, db: 2, generation: "first"}.String()
	c.write(waiting.config)
	command := c.start(waiting)
	acctest.Await(t, "all servers run", func() bool { return len(c.begun(nil)) == len(waiting.members) })
	acctest.Member(t, c.w.Directory(), "web-0").AwaitReport(t, "waiting mode")
	// From here on, nothing makes calls but the wait.
	calls := len(fault.Calls(c.fault.Calls))
	acctest.Await(t, "the readiness goes on waiting", func() bool { return len(fault.Calls(c.fault.Calls)) > calls+10 })
	killGroup(t, command)
	begun := c.begun(nil)
	expect(t, "resources in the backend's state", 0, len(c.state().Resources))
	c.unlock()
	c.write(complete.config)
	c.repair(complete, itWasKilled)
	expect(t, "servers after the repair", begun, c.begun(nil))
	c.check(complete, nil, begun)
	c.expectNothingToDo(complete)
	c.fault.Calls = ""
	c.live(destroy, begun)
}

// startedIDs returns the IDs of the servers that run, sorted.
func startedIDs(t *testing.T, c *chain) []string {
	t.Helper()
	var ids []string
	for _, server := range acctest.Started(t, c.w.Directory()) {
		ids = append(ids, server.ID)
	}
	slices.Sort(ids)
	return ids
}

// start starts the phase's command in a process group of its own, which servers
// leave.
func (c *chain) start(phase phase) *exec.Cmd {
	c.t.Helper()
	command := c.w.Command(c.t.Context(), phase.command...)
	command.Env = append(command.Env, c.fault.Entry())
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	return command
}

// killWhenSaving runs the phase's command and kills Terraform and its provider when
// the backend is given the new state.
func (c *chain) killWhenSaving(phase phase) {
	c.t.Helper()
	saving := c.backend.Hang()
	command := c.start(phase)
	<-saving
	killGroup(c.t, command)
}

// killGroup kills all processes of the command.
func killGroup(t testing.TB, command *exec.Cmd) {
	t.Helper()
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the killed command has ended with %v", err)
	}
}
