package boot_test

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// long is a timeout that no test sees the end of.
const long = 10 * time.Minute

// atOnce is a timeout that the payload rounds to 0 s: it is over when the agent looks for
// the first time.
const atOnce = time.Nanosecond

// within returns a deferred parameter that must arrive in time.
func within(timeout time.Duration, requirement boot.Requirement) boot.Parameter {
	p := deferred(requirement)
	p.Timeout, p.OnTimeout = timeout, boot.OnTimeoutFail
	return p
}

// orElse returns a deferred parameter for which a placeholder stands in after the timeout.
func orElse(timeout time.Duration, placeholder string, requirement boot.Requirement) boot.Parameter {
	p := within(timeout, requirement)
	p.OnTimeout, p.Placeholder = boot.OnTimeoutProceed, &placeholder
	return p
}

const xIsLate = "parameter x has not arrived within 1 s"

func TestAgent_deadlineFails(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a server that doesn't boot without the value fails, and its script isn't started": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("touch ran", "touch ran", parameters{"x": within(time.Second, boot.RequiredForBoot)}))
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != xIsLate || !boot.IsOverdue(got.Failure) || got.Waiting != nil {
				t.Errorf("got %+v", got)
			}
			if diff := cmp.Diff([]string{"booting", "waiting x", "failed"}, events(got)); diff != "" {
				t.Error(diff)
			}
			if took := got.Events[2].Uptime - got.Events[0].Uptime; took < 100 {
				t.Errorf("it has failed after %d hundredths of a second", took)
			}
			// The agent goes on, and the failure stands.
			s.deliver(delivery(1, map[string]string{"x": "1"}))
			got = s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 1 })
			if got.Status != boot.StatusFailed || got.Failure != xIsLate || s.exists("ran") {
				t.Errorf("got %+v", got)
			}
			if stdout, _, _ := s.muster("", "param", "get", "x"); stdout != "1" {
				t.Errorf("got %q", stdout)
			}
		},
		"a server that isn't ready without the value fails, and a script that waits for it is told": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get x; echo $? >code; read -r _ <gate; exit 7", "",
				parameters{"x": within(time.Second, boot.RequiredForReady)}))
			makeGate(t, s)
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != xIsLate || got.Waiting != nil {
				t.Errorf("got %+v", got)
			}
			// However the script ends, the failure stands; its log is brought up to date.
			s.openGate()
			if code := s.read("code"); code != "3\n" {
				t.Errorf("got exit code %q", code)
			}
			got = s.untilReport("the log is whole", func(r boot.Report) bool { return r.LogTail != "" })
			if got.Failure != xIsLate || got.LogTail != "muster: "+xIsLate || strings.Count(strings.Join(events(got), " "), "failed") != 1 {
				t.Errorf("got %+v", got)
			}
		},
		"a server whose boot script has ended fails too, and leaves in order": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("echo begun; read -r _ <gate; echo ended", "", noteLeave, parameters{"x": within(time.Second, boot.RequiredForReady)}))
			makeGate(t, s)
			s.untilStatus(boot.StatusFailed)
			s.openGate()
			s.untilReport("the boot script's end is known", func(r boot.Report) bool { return r.LogTail == "begun\nended" })
			s.askToLeave()
			got := s.untilStep(boot.DecommissionDone)
			if got.Status != boot.StatusFailed || got.Failure != xIsLate || s.read("left") != "left\n" {
				t.Errorf("got %q, %+v", s.read("left"), got)
			}
		},
		"where nothing requires the value, only the wait for it ends": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get x; echo $? >code", "", parameters{"x": within(time.Second, boot.RequiredForNothing)}))
			got := s.untilStatus(boot.StatusReady)
			if code := s.read("code"); code != "3\n" || got.Waiting != nil || got.Failure != "" {
				t.Errorf("got exit code %q, %+v", code, got)
			}
			stdout, stderr, code := s.muster("", "param", "get", "x", "--timeout", "600")
			if stdout != "" || stderr != "muster: "+xIsLate+"\n" || code != 3 {
				t.Errorf("got %q, %q, %d", stdout, stderr, code)
			}
			s.deliver(delivery(1, map[string]string{"x": "late"}))
			s.untilApplied(1)
			if stdout, _, _ := s.muster("", "param", "get", "x"); stdout != "late" {
				t.Errorf("got %q", stdout)
			}
		},
		"of two time limits the shorter wins": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get x --timeout 600; muster param get y --timeout 1", "",
				parameters{"x": within(time.Second, boot.RequiredForNothing), "y": within(long, boot.RequiredForNothing)}))
			s.untilReport("the boot script has failed", func(r boot.Report) bool { return r.Failure == "boot script exited with exit code 3" })
			want := "muster: " + xIsLate + "\nmuster: parameter y has not arrived within 1 s\n"
			if diff := cmp.Diff(want, s.read("console")); diff != "" {
				t.Error(diff)
			}
		},
		"many deadlines have one timer, and none when all are met": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{
				"a": within(long, boot.RequiredForReady), "b": within(2*long, boot.RequiredForReady), "c": within(long, boot.RequiredForNothing),
			}))
			running := func(count int) func() bool {
				return func() bool { return len(runningIn(s.cmd.Process.Pid)) == count }
			}
			s.untilWaiting("a", "b")
			s.until("there are the agent and a timer", running(3))
			s.deliver(delivery(1, map[string]string{"a": "1", "c": "1"}))
			s.untilWaiting("b")
			s.until("there are the agent and a timer", running(3))
			s.deliver(delivery(2, map[string]string{"a": "1", "b": "1", "c": "1"}))
			if got := s.untilApplied(2); got.Status != boot.StatusReady {
				t.Errorf("got %+v", got)
			}
			s.until("only the agent is left", running(1))
			if s.read("console") != "" {
				t.Errorf("the console has %q", s.read("console"))
			}
		},
		"a deadline that was met is over, also when the value is withdrawn": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": within(time.Second, boot.RequiredForReady), "y": within(2*time.Second, boot.RequiredForNothing)}))
			s.deliver(delivery(1, map[string]string{"x": "1"}))
			s.untilStatus(boot.StatusReady)
			s.deliver(boot.Delivery{Revision: 2})
			s.untilApplied(2)
			// The deadline of y comes after that of x.
			if _, _, code := s.muster("", "param", "get", "y"); code != 3 {
				t.Errorf("got exit code %d", code)
			}
			if got := s.report(); got.Status != boot.StatusReady {
				t.Errorf("got %+v", got)
			}
		},
		"the failure of a boot script stands": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("exit 7", "", parameters{"x": within(time.Second, boot.RequiredForReady), "y": within(time.Second, boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusFailed)
			if _, _, code := s.muster("", "param", "get", "y"); code != 3 {
				t.Errorf("got exit code %d", code)
			}
			s.untilSeen()
			if got := s.report(); got.Failure != "boot script exited with exit code 7" {
				t.Errorf("got %+v", got)
			}
		},
		"a server that has been asked to leave doesn't fail any more": func(t *testing.T, sh shell) {
			s := startServer(t, sh, leaving("true", "", noteLeave, parameters{"x": within(time.Second, boot.RequiredForBoot)}))
			s.askToLeave()
			s.untilStep(boot.DecommissionDone)
			if _, _, code := s.muster("", "param", "get", "x"); code != 3 {
				t.Errorf("got exit code %d", code)
			}
			s.untilSeen()
			if got := s.report(); got.Failure != "" {
				t.Errorf("got %+v", got)
			}
		},
		"a timer whose sleep somebody ends early is set again": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": within(2*time.Second, boot.RequiredForBoot)}))
			s.untilWaiting("x")
			sleeps := func() []int {
				return slices.DeleteFunc(runningIn(s.cmd.Process.Pid), func(pid int) bool {
					fields, agent := statFields(pid), strconv.Itoa(s.cmd.Process.Pid)
					return len(fields) < 2 || strconv.Itoa(pid) == agent || fields[1] == agent
				})
			}
			s.until("the timer sleeps", func() bool { return len(sleeps()) == 1 })
			for _, pid := range sleeps() {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Error(err)
				}
			}
			got := s.untilStatus(boot.StatusFailed)
			if took := got.Events[len(got.Events)-1].Uptime - got.Events[0].Uptime; took < 200 {
				t.Errorf("it has failed after %d hundredths of a second", took)
			}
		},
	})
}

func TestAgent_deadlineProceeds(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"the boot script gets the placeholder, and then the update script the value": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`printf '%s|' "$x" >out; muster param get x >>out`, `echo "$*=$(muster param get x)" >updated`,
				parameters{"x": orElse(time.Second, "stopgap\n\n", boot.RequiredForBoot)}))
			got := s.untilStatus(boot.StatusReady)
			if out := s.read("out"); out != "stopgap\n\n|stopgap\n\n" {
				t.Errorf("got %q", out)
			}
			want := []string{"booting", "waiting x", "proceeding x", "script started", "ready"}
			if diff := cmp.Diff(want, events(got)); diff != "" {
				t.Error(diff)
			}
			if took := got.Events[2].Uptime - got.Events[0].Uptime; took < 100 {
				t.Errorf("it has proceeded after %d hundredths of a second", took)
			}
			if stdout, _, _ := s.muster("", "param", "list"); stdout != "x placeholder\n" {
				t.Errorf("got %q", stdout)
			}
			s.deliver(delivery(1, map[string]string{"x": "real"}))
			s.untilApplied(1)
			if got := s.read("updated"); got != "x=real\n" {
				t.Errorf("got %q", got)
			}
			if stdout, _, _ := s.muster("", "param", "list"); stdout != "x arrived\n" {
				t.Errorf("got %q", stdout)
			}
		},
		"a boot script that waits goes on with the placeholder": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get x --timeout 600 >out", "touch updated", parameters{"x": orElse(time.Second, "", boot.RequiredForReady)}))
			s.untilWaiting("x")
			s.untilStatus(boot.StatusReady)
			if !s.exists("out") || s.read("out") != "" || s.exists("updated") {
				t.Errorf("got %q", s.read("out"))
			}
		},
		"the update script gets a placeholder that no script has read": func(t *testing.T, sh shell) {
			for _, requirement := range []boot.Requirement{boot.RequiredForReady, boot.RequiredForNothing} {
				s := startServer(t, sh, payload("true", `echo "$*=$(muster param get x)" >>updated`, parameters{
					"x": orElse(time.Second, "stopgap", requirement), "y": within(long, boot.RequiredForNothing),
				}))
				s.until("it is updated", func() bool { return s.read("updated") == "x=stopgap\n" })
				s.untilStatus(boot.StatusReady)
				s.deliver(delivery(1, map[string]string{"y": "1"}))
				s.untilApplied(1)
				s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"x": {Text: "real", Since: 2}, "y": {Text: "1", Since: 1}}})
				s.untilApplied(2)
				if got := s.read("updated"); got != "x=stopgap\ny=stopgap\nx=real\n" {
					t.Errorf("%s: got %q", requirement, got)
				}
			}
		},
		"a placeholder with which the update script fails is handed to it again": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", `echo "$*" >>updated; muster param get y --timeout 0`, parameters{
				"x": orElse(atOnce, "stopgap", boot.RequiredForReady), "y": deferred(boot.RequiredForNothing),
			}))
			if got := s.untilStatus(boot.StatusFailed); got.Failure != "update script exited with exit code 3" {
				t.Errorf("got %+v", got)
			}
			s.deliver(delivery(1, map[string]string{"y": "1"}))
			s.untilStatus(boot.StatusReady)
			if got := s.read("updated"); got != "x\nx y\n" {
				t.Errorf("got %q", got)
			}
		},
		"a value that is withdrawn has its placeholder again, and no script is told": func(t *testing.T, sh shell) {
			s := newServer(t, sh, payload("muster param get x >out", "touch updated", parameters{"x": orElse(atOnce, "stopgap", boot.RequiredForReady)}))
			s.deliver(delivery(1, map[string]string{"x": "real"}))
			s.start()
			s.untilStatus(boot.StatusReady)
			s.deliver(boot.Delivery{Revision: 2})
			s.untilApplied(2)
			if stdout, _, _ := s.muster("", "param", "get", "x"); stdout != "stopgap" || s.read("out") != "real" || s.exists("updated") {
				t.Errorf("got %q and %q", stdout, s.read("out"))
			}
			s.deliver(delivery(3, map[string]string{"x": "other"}))
			s.untilApplied(3)
			if !s.exists("updated") {
				t.Error("the new value isn't handed to the update script")
			}
		},
		"placeholders are printed byte for byte": func(t *testing.T, sh shell) {
			declared, want := parameters{}, map[string]string{}
			for name, value := range awkwardValues() {
				declared[name], want[name] = orElse(atOnce, value, boot.RequiredForReady), value
			}
			s := startServer(t, sh, payload("true", "", declared))
			s.untilStatus(boot.StatusReady)
			got := map[string]string{}
			for name := range want {
				got[name], _, _ = s.muster("", "param", "get", name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		},
		"a damaged deadline is a damaged payload": func(t *testing.T, sh shell) {
			whole := string(payload("touch ran", "", parameters{"x": orElse(time.Second, "stopgap", boot.RequiredForBoot)}).Encode())
			for _, line := range []string{
				"deadline y 1 fail", "deadline x now fail", "deadline x 1 ignore", "deadline x 1 proceed", "deadline x 1 proceed !!!", "deadline", "deadline ../x 1 fail",
			} {
				s := newServer(t, sh, payload("true", "", nil))
				s.write("payload", []byte(strings.Replace(whole, "deadline x 1 proceed c3RvcGdhcA==", line, 1)))
				s.start()
				if got := s.untilStatus(boot.StatusFailed); got.Failure != "the boot payload is damaged" || s.exists("ran") {
					t.Errorf("%s: got %q", line, got.Failure)
				}
			}
		},
	})
}
