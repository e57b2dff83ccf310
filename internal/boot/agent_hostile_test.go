package boot_test

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestAgent_hostileScript(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a script that kills what waits for it is lost": func(t *testing.T, sh shell) {
			p := limited("true", "echo last words; kill -9 $PPID; sleep 1000")
			s := startServer(t, sh, p)
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			other := startServer(t, sh, payload("echo last words; kill -9 $PPID; sleep 1000", "", nil))
			for kind, s := range map[string]*server{"update": s, "boot": other} {
				got := s.untilStatus(boot.StatusFailed)
				if got.Failure != kind+" script was lost: the process that waited for it was killed" || got.LogTail != "last words" {
					t.Errorf("got %+v", got)
				}
			}
		},
		"a script that kills the agent leaves the end to the hosting service": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`kill -9 "$(cat agent)"`, "", parameters{"a": deferred(boot.RequiredForBoot)}))
			s.write("agent", []byte(strconv.Itoa(s.cmd.Process.Pid)))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			<-s.ended
			if got := s.report(); got.Status == boot.StatusReady || got.Status == boot.StatusFailed {
				t.Errorf("got %+v", got)
			}
			if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Errorf("got %v", s.cmd.ProcessState)
			}
		},
		"a script that hangs is booting, and the agent goes on": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("trap '' TERM INT HUP; echo said | muster output set o; sleep 1000", "",
				parameters{"a": deferred(boot.RequiredForNothing)}, "o"))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			got := s.untilReport("it goes on", func(r boot.Report) bool { return r.Received == 1 && r.Outputs["o"] == "said" })
			if got.Status != boot.StatusBooting || got.Waiting != nil || got.Applied != 0 {
				t.Errorf("got %+v", got)
			}
		},
		"a log that is flooded ends with its last lines": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("yes 'a line of many' | head -n 2000000; echo the end; exit 1", "", parameters{"s": secret(boot.RequiredForBoot)}))
			s.deliver(delivery(1, map[string]string{"s": "of many"}))
			want := strings.Repeat("a line (sensitive)\n", boot.MaxTailLines-1) + "the end"
			if diff := cmp.Diff(want, s.untilStatus(boot.StatusFailed).LogTail); diff != "" {
				t.Error(diff)
			}
		},
		"a log without a line in what is looked at says so": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("yes | head -c 200000 | tr '\\n' '\\r'; exit 1", "", nil))
			if got := s.untilStatus(boot.StatusFailed).LogTail; got != "(no line in the last 64 KiB can be shown)" {
				t.Errorf("got %q", got)
			}
		},
		"a log of all bytes is shown without those that steer a terminal": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`head -c 300000 /dev/urandom; echo; printf '\033]0;title\a\000\377\302\205 end'; exit 1`, "", nil))
			got := s.untilStatus(boot.StatusFailed).LogTail
			control := func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }
			if !strings.HasSuffix(got, "\n]0;title\xff\xc2\x85 end") || strings.ContainsFunc(got, control) || len(got) > boot.MaxTailBytes {
				t.Errorf("got %q", got)
			}
		},
		"what has forked away holds nothing up": func(t *testing.T, sh shell) {
			for _, fork := range []string{"setsid sleep 1000 &", "(sleep 1000 &)", "(setsid sleep 1000 &) &", "sleep 1000 <&- &"} {
				good := startServer(t, sh, payload(fork+" \nexit 0", "", nil))
				bad := startServer(t, sh, payload(fork+" \nexit 7", "", nil))
				good.untilStatus(boot.StatusReady)
				if got := bad.untilStatus(boot.StatusFailed); got.Failure != "boot script exited with exit code 7" {
					t.Errorf("%s: got %+v", fork, got)
				}
				for _, s := range []*server{good, bad} {
					s.endSleeper()
				}
			}
		},
	})
}

// endSleeper ends the process that has left the agent's process group, which the
// test's end would not.
func (s *server) endSleeper() {
	s.t.Helper()
	mark := "TEST_DIR=" + s.dir + "\x00"
	s.until("what has forked away is found", func() bool {
		for _, pid := range processes() {
			if strings.HasPrefix(readProcess(pid, "cmdline"), "sleep\x00") && strings.Contains(readProcess(pid, "environ"), mark) {
				return syscall.Kill(pid, syscall.SIGKILL) == nil
			}
		}
		return false
	})
}

func TestAgent_reboot(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a server that was killed in the midst of an update boots cleanly": func(t *testing.T, sh shell) {
			p := limited("echo $e >>out; muster param get a >>out; echo 1 | muster output set o", "muster param get a; echo 2 | muster output set o; sleep 1000")
			p.Configuration.Parameters["e"] = deferred(boot.RequiredForBoot)
			p.Configuration.Outputs["o"] = boot.Output{Type: boot.TypeString}
			p.Configuration.UpdateScriptTimeout = 0
			s := startServer(t, sh, p)
			s.deliver(delivery(1, map[string]string{"e": "E", "a": "A"}))
			first := s.untilStatus(boot.StatusReady)
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"e": {Text: "E", Since: 1}, "a": {Text: "B", Since: 2}}})
			s.untilReport("it is updated", func(r boot.Report) bool { return r.Outputs["o"] == "2" })
			s.stop()
			s.start()
			got := s.untilReport("it is ready again", func(r boot.Report) bool { return r.Boot != first.Boot && r.Status == boot.StatusReady })
			if got.Applied != 2 || got.Received != 2 || got.Outputs["o"] != "1" || s.read("out") != "E\nAE\nB" {
				t.Errorf("got %q, %+v", s.read("out"), got)
			}
			if slices.ContainsFunc(events(got), func(e string) bool { return e == "updating" || strings.HasPrefix(e, "waiting") }) {
				t.Errorf("got events %v", events(got))
			}
		},
		"a server that had failed boots cleanly": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("[ -e mended ] || { echo broken; exit 1; }", "", nil))
			first := s.untilStatus(boot.StatusFailed)
			s.stop()
			s.write("mended", nil)
			s.start()
			got := s.untilStatus(boot.StatusReady)
			if got.Boot == first.Boot || got.Failure != "" || got.LogTail != "" {
				t.Errorf("got %+v", got)
			}
		},
	})
}
