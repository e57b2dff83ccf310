package boot_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// leaving returns a payload with a decommission script.
func leaving(bootScript, updateScript, decommissionScript string, declared parameters, outputs ...string) boot.Payload {
	p := payload(bootScript, updateScript, declared, outputs...)
	p.Configuration.DecommissionScript = decommissionScript
	return p
}

// askToLeave puts the request where the transport finds it.
func (s *server) askToLeave() {
	s.t.Helper()
	s.write("decommission", nil)
	s.wake()
}

func (s *server) untilStep(step boot.Decommission) boot.Report {
	s.t.Helper()
	return s.untilReport("decommission is "+step.String(), func(r boot.Report) bool { return r.Decommission == step })
}

// noteLeave is a decommission script that writes down that it ran.
const noteLeave = "echo left >>left"

func TestAgent_decommission(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"the script runs once, in the environment of the others": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("true", "", `
				echo "$e $k $MUSTER_MEMBER $(muster param get n)" >>left
				echo bye | muster output set o
				read -r line <gate`, parameters{
				"e": deferred(boot.RequiredForBoot), "k": known("K"), "n": deferred(boot.RequiredForNothing),
			}, "o"))
			makeGate(t, s)
			s.deliver(delivery(1, map[string]string{"e": "E", "n": "N"}))
			if got := s.untilStatus(boot.StatusReady); got.Decommission != boot.DecommissionIdle {
				t.Errorf("got %v, want idle", got.Decommission)
			}
			s.askToLeave()
			if got := s.untilStep(boot.DecommissionRunning); got.Status != boot.StatusReady {
				t.Errorf("got status %v", got.Status)
			}
			s.openGate()
			got := s.untilStep(boot.DecommissionDone)
			s.untilSeen()
			if s.read("left") != "E K web-0 N\n" || got.Status != boot.StatusReady || got.Failure != "" || got.Outputs["o"] != "bye" {
				t.Errorf("got %q, %+v", s.read("left"), got)
			}
			all := strings.Join(events(got), ",")
			if !strings.HasSuffix(all, "ready,decommissioning,published o,decommissioned") {
				t.Errorf("got events %s", all)
			}
		},
		"a server that has not booted has nothing to run, and starts nothing any more": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("touch booted", "", noteLeave, parameters{"e": deferred(boot.RequiredForBoot)}))
			s.untilWaiting("e")
			s.askToLeave()
			got := s.untilStep(boot.DecommissionDone)
			s.deliver(delivery(1, map[string]string{"e": "E"}))
			s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 1 })
			s.untilSeen()
			if s.exists("left") || s.exists("booted") || got.Status != boot.StatusWaiting {
				t.Errorf("a script was started; got %+v", got)
			}
			if diff := cmp.Diff([]string{"booting", "waiting e", "decommissioned"}, events(got)); diff != "" {
				t.Error(diff)
			}
		},
		"a server that boots is done at once": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("read -r line <gate; echo out >out", "touch updated", noteLeave, parameters{"a": deferred(boot.RequiredForNothing)}))
			makeGate(t, s)
			s.untilReport("the script has started", func(r boot.Report) bool { return len(r.Events) == 2 })
			s.askToLeave()
			s.untilStep(boot.DecommissionDone)
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.openGate()
			s.untilFile("out")
			s.untilSeen()
			if s.exists("left") || s.exists("updated") {
				t.Error("a script was started")
			}
		},
		"a server that has failed to boot is done at once and keeps its failure": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("echo why; exit 7", "", noteLeave, nil))
			s.untilStatus(boot.StatusFailed)
			s.askToLeave()
			got := s.untilStep(boot.DecommissionDone)
			if s.exists("left") || got.Status != boot.StatusFailed || got.Failure != "boot script exited with exit code 7" || got.LogTail != "why" {
				t.Errorf("got %+v", got)
			}
		},
		"a running update script is waited for, and no other is started": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("true", noteNames+"; read -r line <gate; echo updated >>left", noteLeave,
				parameters{"a": deferred(boot.RequiredForNothing)}))
			makeGate(t, s)
			s.untilStatus(boot.StatusReady)
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilFile("names")
			s.askToLeave()
			s.untilStep(boot.DecommissionRunning)
			s.deliver(delivery(2, map[string]string{"a": "2"}))
			s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 2 })
			if s.exists("left") {
				t.Error("it was not waited for")
			}
			s.openGate()
			got := s.untilStep(boot.DecommissionDone)
			s.untilSeen()
			if s.read("left") != "updated\nleft\n" || s.read("names") != "a\n" || got.Applied != 1 {
				t.Errorf("got %q, %q, %+v", s.read("left"), s.read("names"), got)
			}
		},
		"it runs also after an update script has failed": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("true", "exit 3", noteLeave, parameters{"a": deferred(boot.RequiredForNothing)}))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilStatus(boot.StatusFailed)
			s.askToLeave()
			got := s.untilStep(boot.DecommissionDone)
			if s.read("left") != "left\n" || got.Status != boot.StatusFailed || got.Failure != "update script exited with exit code 3" {
				t.Errorf("got %+v", got)
			}
		},
		"a script that fails says how, with the end of the log": func(t *testing.T, sh shell) {
			for script, want := range map[string]string{
				`echo "no $e"; exit 4`:      "decommission script exited with exit code 4",
				`echo "no $e"; kill -15 $$`: "decommission script was killed by signal 15",
			} {
				s := startServer(t, sh, leaving("true", "", script, parameters{"e": secret(boot.RequiredForBoot)}))
				s.deliver(delivery(1, map[string]string{"e": "canary"}))
				s.untilStatus(boot.StatusReady)
				s.askToLeave()
				got := s.untilStep(boot.DecommissionFailed)
				if got.Failure != want || got.LogTail != "no (sensitive)" || got.Status != boot.StatusReady {
					t.Errorf("got %+v, want %s", got, want)
				}
			}
		},
		"without a script nobody is asked, and the report has no line of it": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", nil))
			s.untilStatus(boot.StatusReady)
			s.askToLeave()
			s.untilSeen()
			if got := s.report(); got.Decommission != boot.DecommissionNone || strings.Contains(s.read("reports"), "decommission") {
				t.Errorf("got %+v", got)
			}
		},
		"a reboot after the request starts no boot script": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("echo booted >>booted", "", noteLeave, nil))
			first := s.untilStatus(boot.StatusReady)
			s.askToLeave()
			s.untilStep(boot.DecommissionDone)
			s.stop()
			s.start()
			got := s.untilReport("it has booted again", func(r boot.Report) bool {
				return r.Boot != first.Boot && r.Decommission == boot.DecommissionDone
			})
			s.untilSeen()
			if s.read("booted") != "booted\n" || s.read("left") != "left\n" || got.Status == boot.StatusReady {
				t.Errorf("got %q, %q, %+v", s.read("booted"), s.read("left"), got)
			}
		},
	})
}
