//go:build linux

package local

import (
	"fmt"
	"os/exec"
	"testing"
)

func TestService_running(t *testing.T) {
	t.Parallel()
	worker := exec.CommandContext(t.Context(), "sleep", "1000")
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() {
		_ = worker.Process.Kill()
		_ = worker.Wait()
	}
	t.Cleanup(end)
	stat, err := readStat(worker.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	boot, err := bootID()
	if err != nil {
		t.Fatal(err)
	}
	run := func(start uint64, boot string) string { return fmt.Sprintf("%d.%d.%s.X", stat.PID, start, boot) }
	s := new(Service)
	for name, test := range map[string]struct {
		run  string
		want bool
	}{
		"a process at work":               {run(stat.Start, boot), true},
		"a process that came after it":    {run(stat.Start-1, boot), false},
		"a process of another boot":       {run(stat.Start, "other"), false},
		"a text that names no process":    {"X", false},
		"the identity of this process":    {s.NewRun(), false},
		"a run that lacks what is unique": {fmt.Sprintf("%d.%d.%s", stat.PID, stat.Start, boot), false},
	} {
		if got := s.Running(test.run); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
	end()
	if s.Running(run(stat.Start, boot)) {
		t.Error("a process that has ended counts as being at work")
	}
}
