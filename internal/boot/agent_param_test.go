package boot_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestAgent_paramGet(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"it blocks until the value is delivered and then prints its bytes": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get host >out", "", parameters{"host": deferred(boot.RequiredForNothing)}))
			s.untilWaiting("host")
			s.deliver(delivery(1, map[string]string{"host": "127.0.0.1"}))
			got := s.untilStatus(boot.StatusReady)
			if out := s.read("out"); out != "127.0.0.1" {
				t.Errorf("got %q", out)
			}
			want := []string{"booting", "script started", "waiting host", "received host", "ready"}
			if diff := cmp.Diff(want, events(got)); diff != "" {
				t.Error(diff)
			}
			if left, _ := filepath.Glob(s.file("run/waiters/*")); left != nil {
				t.Errorf("waiters %v are left", left)
			}
		},
		"known and delivered values are printed byte for byte": func(t *testing.T, sh shell) {
			declared, delivered := parameters{"known": known("k\n\n")}, map[string]string{}
			for name, value := range awkwardValues() {
				declared[name], delivered[name] = deferred(boot.RequiredForNothing), value
			}
			s := startServer(t, sh, payload("muster param get largest >/dev/null", "", declared))
			s.deliver(delivery(1, delivered))
			s.untilStatus(boot.StatusReady)
			delivered["known"] = "k\n\n"
			got := map[string]string{}
			for name := range delivered {
				got[name], _, _ = s.muster("", "param", "get", name)
			}
			if diff := cmp.Diff(delivered, got); diff != "" {
				t.Error(diff)
			}
		},
		"a value that doesn't arrive in time is exit code 3": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`muster param get x --timeout 1; echo $? >out; muster param get --timeout=0 x; echo $? >>out`, "",
				parameters{"x": deferred(boot.RequiredForNothing)}))
			s.untilWaiting("x")
			got := s.untilStatus(boot.StatusReady)
			if s.read("out") != "3\n3\n" || got.Waiting != nil {
				t.Errorf("got %q, %+v", s.read("out"), got)
			}
			want := "muster: parameter x has not arrived within 1 s\nmuster: parameter x has not arrived within 0 s\n"
			if diff := cmp.Diff(want, s.read("console")); diff != "" {
				t.Error(diff)
			}
		},
		"a value that arrives in time is printed and leaves no timer": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`v=$(muster param get x --timeout 600) && echo "$v" >out`, "",
				parameters{"x": deferred(boot.RequiredForNothing)}))
			s.untilWaiting("x")
			s.deliver(delivery(1, map[string]string{"x": "1"}))
			s.untilStatus(boot.StatusReady)
			if s.read("out") != "1\n" || s.read("console") != "" {
				t.Errorf("got %q, console %q", s.read("out"), s.read("console"))
			}
			s.until("only the agent is left", func() bool { return len(runningIn(s.cmd.Process.Pid)) == 1 })
		},
		"a value that comes with the end of the time is printed once": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get x --timeout 1 >out", "", parameters{"x": deferred(boot.RequiredForNothing)}))
			s.untilWaiting("x")
			// Nobody wakes the script before its time is over.
			s.write("run/values/x", []byte("1"))
			s.untilStatus(boot.StatusReady)
			if out := s.read("out"); out != "1" {
				t.Errorf("got %q", out)
			}
		},
		"a name that isn't declared is exit code 2 and names the declared ones": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"a": known("1"), "b": deferred(boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusReady)
			for _, args := range []string{"get c", "get", "get a b", "get a --timeout", "get a --timeout x", "get --what a", "set a"} {
				stdout, stderr, code := s.muster("", append([]string{"param"}, strings.Fields(args)...)...)
				if stdout != "" || stderr == "" || code != 2 {
					t.Errorf("param %s: got %q, %q, %d", args, stdout, stderr, code)
				}
			}
			_, stderr, _ := s.muster("", "param", "get", "c")
			if want := "muster: there is no parameter called c; declared are: a b\n"; stderr != want {
				t.Errorf("got %q, want %q", stderr, want)
			}
		},
		"list and help say what there is": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"a": known("1"), "b": deferred(boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusReady)
			if stdout, _, _ := s.muster("", "param", "list"); stdout != "a arrived\nb missing\n" {
				t.Errorf("got %q", stdout)
			}
			if stdout, _, code := s.muster("", "help"); code != 0 || !strings.HasPrefix(stdout, "usage: muster param get") {
				t.Errorf("got %q, %d", stdout, code)
			}
		},
		"many waiters are woken by one delivery": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`
				for i in 1 2 3 4 5 6 7 8; do muster param get x >out.$i & muster param get y >>out.$i & done; wait`, "",
				parameters{"x": deferred(boot.RequiredForNothing), "y": deferred(boot.RequiredForNothing)}))
			s.untilWaiting("x", "y")
			s.deliver(delivery(1, map[string]string{"x": "1", "y": "1"}))
			s.untilStatus(boot.StatusReady)
			for i := 1; i <= 8; i++ {
				if got := s.read(fmt.Sprintf("out.%d", i)); len(got) == 0 {
					t.Errorf("waiter %d got nothing", i)
				}
			}
		},
		"a waiter that was killed is forgotten and holds nothing up": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": deferred(boot.RequiredForNothing), "y": deferred(boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusReady)
			for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
				waiter := exec.Command(s.file("run/bin/muster"), "param", "get", "x", "--timeout", "600")
				waiter.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: s.cmd.Process.Pid}
				if err := waiter.Start(); err != nil {
					t.Fatal(err)
				}
				s.untilReport("it waits", func(r boot.Report) bool { return len(r.Waiting) == 1 })
				_ = waiter.Process.Signal(signal)
				if err := waiter.Wait(); err == nil {
					t.Errorf("%v: the waiter was not ended", signal)
				}
				if signal == syscall.SIGKILL {
					s.wake()
				}
				s.untilReport("nobody waits", func(r boot.Report) bool { return r.Waiting == nil })
			}
			s.deliver(delivery(1, map[string]string{"x": "1", "y": "2"}))
			s.untilApplied(1)
		},
	})
}

func TestAgent_deliver(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"an older, equal, damaged or truncated delivery changes nothing": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": deferred(boot.RequiredForNothing), "y": deferred(boot.RequiredForNothing)}))
			s.deliver(delivery(5, map[string]string{"x": "new"}))
			s.untilApplied(5)
			newer := delivery(7, map[string]string{"x": "cut", "y": "cut"}).Encode()
			for _, encoded := range [][]byte{
				delivery(4, map[string]string{"x": "old", "y": "old"}).Encode(),
				delivery(5, map[string]string{"x": "equal"}).Encode(),
				newer[:len(newer)-1], newer[:len(newer)-5], newer[:40],
				{},
				[]byte("muster delivery 1 7\nvalue x 7 plain !!!\nend\n"),
				[]byte("muster delivery 1 7\nvalue x; 7 plain YQ==\nend\n"),
				[]byte("muster delivery 1 7\nvalue ../x 7 plain YQ==\nend\n"),
				[]byte("muster delivery 1 7\nvalue x a[$(touch$IFS/hacked)] plain YQ==\nend\n"),
				[]byte("muster delivery 1 99999999999999999999\nend\n"),
				[]byte("muster delivery 2 7\nend\n"),
			} {
				s.write("delivery", encoded)
				s.untilSeen()
				if got := s.report(); got.Received != 5 {
					t.Fatalf("received %d of\n%s", got.Received, encoded)
				}
			}
			if stdout, _, _ := s.muster("", "param", "get", "x"); stdout != "new" {
				t.Errorf("got %q", stdout)
			}
			s.deliver(delivery(6, map[string]string{"y": "six"}))
			got := s.untilApplied(6)
			if stdout, _, _ := s.muster("", "param", "get", "y"); stdout != "six" {
				t.Errorf("got %q", stdout)
			}
			for _, e := range events(got) {
				if strings.HasPrefix(e, "failed") {
					t.Errorf("got event %s", e)
				}
			}
		},
		"a value that a newer delivery lacks is gone": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": deferred(boot.RequiredForReady), "y": deferred(boot.RequiredForNothing)}))
			s.deliver(delivery(1, map[string]string{"x": "1", "y": "1"}))
			s.untilStatus(boot.StatusReady)
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"y": {Text: "1", Since: 1}}})
			if got := s.untilApplied(2); got.Status != boot.StatusReady {
				t.Errorf("got %+v", got)
			}
			if _, _, code := s.muster("", "param", "get", "x", "--timeout", "0"); code != 3 {
				t.Errorf("got exit code %d", code)
			}
			s.deliver(delivery(3, map[string]string{"x": "3"}))
			s.untilApplied(3)
			if stdout, _, _ := s.muster("", "param", "get", "x"); stdout != "3" {
				t.Errorf("got %q", stdout)
			}
		},
		"a value of an undeclared or known parameter is passed over": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"k": known("mine"), "x": deferred(boot.RequiredForNothing)}))
			s.deliver(delivery(1, map[string]string{"k": "other", "z": "1", "x": "1"}))
			s.untilApplied(1)
			if stdout, _, _ := s.muster("", "param", "get", "k"); stdout != "mine" {
				t.Errorf("got %q", stdout)
			}
			if _, _, code := s.muster("", "param", "get", "z"); code != 2 {
				t.Errorf("got exit code %d", code)
			}
		},
		"thousands of wake-ups, also of strangers, are taken at once": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": deferred(boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusReady)
			lines := strings.Split(strings.Repeat("wake\n$(touch hacked)\n\\\n", 1500), "\n")
			s.write("delivery", delivery(1, map[string]string{"x": "1"}).Encode())
			s.wake(lines...)
			s.untilApplied(1)
			if s.read("hacked") != "" || s.read("run/hacked") != "" {
				t.Error("a line was run")
			}
		},
		"a report that was not stored is stored later": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"x": deferred(boot.RequiredForNothing)}))
			s.untilStatus(boot.StatusReady)
			s.write("refuse", nil)
			s.deliver(delivery(1, map[string]string{"x": "1"}))
			s.untilFile("refused")
			if err := os.Remove(s.file("refuse")); err != nil {
				t.Fatal(err)
			}
			s.untilApplied(1)
		},
	})
}
