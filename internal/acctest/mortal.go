package acctest

import (
	"context"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
)

// NewMortalWorkspace returns a workspace whose provider fails when it is told to; see
// [Workspace.RunWith]. Otherwise it is the provider that users get.
func NewMortalWorkspace(t testing.TB) *Workspace {
	t.Helper()
	return newWorkspace(t, builtMortal)
}

// RunWith runs a command of the CLI with a provider to which the plan happens. Like
// [Workspace.Run] it leaves to the caller how the command ends.
func (w *Workspace) RunWith(plan fault.Plan, arguments ...string) Result {
	w.t.Helper()
	command := w.Command(context.WithoutCancel(w.t.Context()), arguments...)
	command.Env = append(command.Env, plan.Entry())
	return w.run(command)
}
