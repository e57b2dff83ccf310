package boot_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// limited returns a payload whose update script has a time limit of a second.
func limited(bootScript, updateScript string) boot.Payload {
	p := payload(bootScript, updateScript, parameters{"a": deferred(boot.RequiredForNothing)})
	p.Configuration.UpdateScriptTimeout = time.Second
	return p
}

// runs tells of every process in the file whether it runs.
func (s *server) runs(name string) []bool {
	s.t.Helper()
	var running []bool
	for field := range strings.FieldsSeq(s.read(name)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			s.t.Fatal(err)
		}
		running = append(running, isRunning(pid))
	}
	return running
}

// isRunning is false also for a process of which only the entry is left that its
// parent, whoever that is by now, has not asked for.
func isRunning(pid int) bool {
	fields := statFields(pid)
	return len(fields) > 0 && fields[0] != "Z" && fields[0] != "X"
}

func TestAgent_updateScriptTimeout(t *testing.T) {
	t.Parallel()
	const late = "update script has not ended within 1 s"
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a script that ignores the request to end is killed with its descendants, and nobody else is": func(t *testing.T, sh shell) {
			s := startServer(t, sh, limited("sleep 1000 & echo $! >others", `
				[ "$(muster param get a)" = bad ] || exit 0
				echo begun
				trap '' TERM
				echo $$ >>pids
				(setsid sleep 1000 & echo $! >>pids; sleep 1000) &
				echo $! >>pids
				while :; do sleep 0.01; done`))
			s.deliver(delivery(1, map[string]string{"a": "bad"}))
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != late || got.LogTail != "begun" || got.Applied != 0 {
				t.Errorf("got %+v", got)
			}
			s.until("three processes are gone", func() bool {
				running := s.runs("pids")
				return len(running) == 3 && !running[0] && !running[1] && !running[2]
			})
			if others := s.runs("others"); len(others) != 1 || !others[0] {
				t.Error("what the boot script has started was ended too")
			}
			s.deliver(delivery(2, map[string]string{"a": "good"}))
			if got := s.untilApplied(2); got.Status != boot.StatusReady || got.Failure != "" {
				t.Errorf("got %+v", got)
			}
		},
		"a script is asked to end first, and what it starts then is ended too": func(t *testing.T, sh shell) {
			s := startServer(t, sh, limited("true", `
				trap 'echo asked; sleep 1000 & echo $! >>pids' TERM
				while :; do sleep 0.05; done`))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			if got := s.untilStatus(boot.StatusFailed); got.Failure != late || !slices.Contains(strings.Split(got.LogTail, "\n"), "asked") {
				t.Errorf("got %+v", got)
			}
			s.until("only the agent is left", func() bool { return len(runningIn(s.cmd.Process.Pid)) == 1 })
			if len(s.runs("pids")) != 1 {
				t.Errorf("got %q", s.read("pids"))
			}
		},
		"a script that forks while it is being killed leaves nobody": func(t *testing.T, sh shell) {
			s := startServer(t, sh, limited("true", "while :; do sleep 1000 & sleep 0.02; done & trap '' TERM; while :; do sleep 1000 & sleep 0.05; done"))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			if got := s.untilStatus(boot.StatusFailed); got.Failure != late {
				t.Errorf("got %+v", got)
			}
			s.until("only the agent is left", func() bool { return len(runningIn(s.cmd.Process.Pid)) == 1 })
		},
		"a script that ends in time leaves no timer": func(t *testing.T, sh shell) {
			s := startServer(t, sh, limited("true", "exit 5"))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			if got := s.untilStatus(boot.StatusFailed); got.Failure != "update script exited with exit code 5" {
				t.Errorf("got %+v", got)
			}
			s.until("only the agent is left", func() bool { return len(runningIn(s.cmd.Process.Pid)) == 1 })
		},
		"the boot script has no time limit, and neither has an update script without one": func(t *testing.T, sh shell) {
			p := limited("sleep 1.3", "sleep 1.3")
			s := startServer(t, sh, p)
			p.Configuration.UpdateScriptTimeout = 0
			other := startServer(t, sh, p)
			s.untilStatus(boot.StatusReady)
			other.untilStatus(boot.StatusReady)
			other.deliver(delivery(1, map[string]string{"a": "1"}))
			if got := other.untilApplied(1); got.Status != boot.StatusReady {
				t.Errorf("got %+v", got)
			}
		},
	})
}
