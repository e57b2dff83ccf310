package crash

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/leftover"
)

// endPatience is longer than anything of a server takes to end.
const endPatience = 10 * time.Second

// check holds what is there after a phase against what is to be there. begun are the
// servers that the killed command has launched.
func (c *chain) check(phase phase, before, begun map[string]string) {
	c.t.Helper()
	servers := acctest.Servers(c.t, c.w.Directory())
	var keys []string
	ids := make(map[string]string)
	for _, server := range servers {
		keys = append(keys, server.Key)
		ids[server.Key] = server.ID
	}
	expect(c.t, phase.name+": "+"servers in the state directory", phase.members, keys)
	expect(c.t, phase.name+": "+"members in Terraform's state", ids, c.state().Members())
	expect(c.t, phase.name+": "+"tainted resources", nil, c.state().Tainted())
	for _, key := range phase.survivors {
		expect(c.t, phase.name+": "+"ID of "+key+", which nothing asks to replace", before[key], ids[key])
	}
	for key, id := range begun {
		if slices.Contains(phase.members, key) {
			expect(c.t, phase.name+": "+"ID of "+key+", which the killed command has launched", id, ids[key])
		}
	}
	for _, server := range servers {
		boots := max(1, phase.boots[server.Key])
		expect(c.t, phase.name+": boots of "+server.Key, boots, strings.Count(server.File(c.t, "boots"), "booted\n"))
		if strings.HasPrefix(server.Key, "web-") {
			expect(c.t, phase.name+": "+"value injected into "+server.Key, phase.mode, strings.TrimSpace(server.File(c.t, "mode")))
			expect(c.t, phase.name+": "+"boot script of "+server.Key, phase.generation, strings.TrimSpace(server.File(c.t, "generation")))
		}
	}
	c.checkProcesses(phase, servers)
	if len(phase.members) == 0 {
		expect(c.t, phase.name+": "+"resources in Terraform's state", 0, len(c.state().Resources))
		expect(c.t, phase.name+": "+"what is left of servers", nil, names(c.t, c.w.Directory(), "servers", "*"))
		expect(c.t, phase.name+": "+"records in the ledger", nil, names(c.t, c.w.Directory(), "groups", "*.json"))
		expect(c.t, phase.name+": "+"stored configurations", nil, names(c.t, c.w.Directory(), "configurations", "*.json"))
	}
}

// checkProcesses expects that each server has its supervisor, and that nothing else
// of the workspace runs. What is about to end may take its time.
func (c *chain) checkProcesses(phase phase, servers []acctest.Server) {
	c.t.Helper()
	var supervisors []int
	for _, server := range servers {
		supervisors = append(supervisors, server.PID)
		if !leftover.Running(server.PID) {
			c.t.Errorf("%s: the supervisor of %s doesn't run", phase.name, server.Key)
		}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), endPatience)
	defer cancel()
	for _, stray := range leftover.AwaitStrays(ctx, c.w.Path(""), supervisors) {
		c.t.Errorf("%s: no server of the state directory: %s", phase.name, stray)
	}
}

func expect[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// names returns the names of files in a place of the state directory.
func names(t testing.TB, directory, place, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "default", place, pattern))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

// begun returns the IDs by key of the servers that have come since before.
func (c *chain) begun(before map[string]string) map[string]string {
	begun := make(map[string]string)
	for _, server := range acctest.Started(c.t, c.w.Directory()) {
		if server.ID != before[server.Key] {
			begun[server.Key] = server.ID
		}
	}
	return begun
}
