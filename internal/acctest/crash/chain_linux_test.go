package crash

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// pace is the time between two looks of a wait. Every look is some calls, all of
// them reads that the calls of the look before have covered: a few looks are enough.
const pace = time.Second

// chain is the life of one stack in one workspace. In each phase the victim is
// killed after the same number of calls.
type chain struct {
	t testing.TB
	w *acctest.Workspace
	// fault is the plan of the command that is killed.
	fault fault.Plan
	// backend holds the state; nil: it is in a file.
	backend *acctest.Backend
	// restored counts how often Terraform's state file was restored.
	restored int
}

func newChain(t testing.TB, plan fault.Plan) *chain {
	t.Helper()
	w := acctest.NewMortalWorkspace(t)
	for name, value := range cheap() {
		w.Setenv(name, value)
	}
	// Every process of the workspace can be told by it.
	w.Setenv("MUSTER_CRASH", w.Path(""))
	plan.Pace = pace
	return &chain{t: t, w: w, fault: plan}
}

// cheap are settings under which a command takes a third of the processor's time that
// it takes without them: it makes no keys to encrypt what Terraform and its provider
// say to each other, collects no garbage, and writes no logs that nobody reads.
func cheap() map[string]string {
	return map[string]string{
		"TF_DISABLE_PLUGIN_TLS": "1", "GOGC": "off",
		"TF_LOG_SDK": "off", "TF_LOG_SDK_FRAMEWORK": "off", "TF_LOG_SDK_PROTO": "off",
	}
}

// useBackend gives the chain a backend that the state reaches only when a command
// ends, also one that takes long.
func (c *chain) useBackend() {
	c.t.Helper()
	c.backend = acctest.NewBackend(c.t)
	c.w.Setenv("TF_STATE_PERSIST_INTERVAL", "3600")
	c.write("")
	c.w.Init()
}

func (c *chain) write(config string) {
	c.t.Helper()
	if c.backend != nil {
		config = c.backend.Block() + config
	}
	c.w.Write(config)
}

func (c *chain) state() acctest.State {
	c.t.Helper()
	if c.backend != nil {
		return c.backend.State(c.t)
	}
	return c.w.State()
}

// run returns for each phase whether the command was killed.
func (c *chain) run() map[string]bool {
	c.t.Helper()
	killed := make(map[string]bool)
	before := make(map[string]string)
	for _, phase := range phases() {
		killed[phase.name] = c.live(phase, before)
		before = acctest.IDs(c.t, c.w.Directory())
	}
	return killed
}

// live carries out a phase and reports whether its first command was killed. before
// are the IDs of the servers that run when it begins.
func (c *chain) live(phase phase, before map[string]string) (killed bool) {
	c.t.Helper()
	c.write(phase.config)
	plan := c.fault
	plan.Calls = c.callsPath(phase)
	result := c.w.RunWith(plan, phase.command...)
	killed = plan.Kill != "" && len(fault.Calls(plan.Calls)) >= plan.After
	if !killed && result.ExitCode != 0 {
		c.t.Fatalf("%s: without having been killed, the command ends with exit code %d:\n%s", phase.name, result.ExitCode, result.Output)
	}
	begun := c.begun(before)
	if killed {
		c.restoreState()
		c.repair(phase, result)
	}
	c.check(phase, before, begun)
	if killed && len(phase.members) > 0 {
		c.expectNothingToDo(phase)
	}
	return killed
}

// callsPath is where the calls of a phase's first command are counted.
func (c *chain) callsPath(phase phase) string { return c.w.Path("calls-" + phase.name) }

// restoreState puts Terraform's backup in the place of a state file that is cut
// short, as a user has to. Terraform writes that file in place, so that a kill in the
// middle of it loses it, whoever the provider is
// (https://github.com/hashicorp/terraform/issues/34266).
func (c *chain) restoreState() {
	c.t.Helper()
	if c.backend != nil {
		c.unlock()
		return
	}
	path := c.w.Path("terraform.tfstate")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || json.Valid(content) {
		return
	}
	backup, err := os.ReadFile(path + ".backup")
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(path)
	} else if err == nil {
		c.restored++
		err = os.WriteFile(path, backup, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// unlock removes the lock that a killed Terraform has left on the backend, as a user
// has to. One on a state file goes with its process.
func (c *chain) unlock() {
	c.t.Helper()
	if id := c.backend.LockID(c.t); id != "" {
		c.w.MustRun("force-unlock", "-force", id)
	}
}

// repair runs the killed command again.
func (c *chain) repair(phase phase, killed acctest.Result) {
	c.t.Helper()
	if killed.ExitCode == 0 {
		c.t.Errorf("%s: the killed command ends with exit code 0:\n%s", phase.name, killed.Output)
	}
	if result := c.w.RunWith(fault.Plan{Pace: pace}, phase.command...); result.ExitCode != 0 {
		c.t.Fatalf("%s: the command after the kill ends with exit code %d:\n%s\nthe killed one has said:\n%s",
			phase.name, result.ExitCode, result.Output, killed.Output)
	}
}

func (c *chain) expectNothingToDo(phase phase) {
	c.t.Helper()
	if result := c.w.Run("plan", "-detailed-exitcode"); result.ExitCode != acctest.NothingToDo {
		c.t.Errorf("%s: the second plan ends with exit code %d:\n%s", phase.name, result.ExitCode, result.Output)
	}
}
