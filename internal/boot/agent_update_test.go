package boot_test

import (
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// noteNames is an update script that writes down its arguments.
const noteNames = `echo "$@" >>names`

func TestAgent_update(t *testing.T) {
	t.Parallel()
	nothing := deferred(boot.RequiredForNothing)
	inEveryShell(t, map[string]func(*testing.T, shell){
		"the update script gets the sorted names of what has changed": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames+"; muster param get b >got; echo $e >>got",
				parameters{"c": nothing, "b": nothing, "a": nothing, "e": deferred(boot.RequiredForBoot)}))
			s.deliver(delivery(1, map[string]string{"e": "E"}))
			if got := s.untilStatus(boot.StatusReady); got.Applied != 1 || s.read("names") != "" {
				t.Errorf("got %+v, names %q", got, s.read("names"))
			}
			s.deliver(boot.Delivery{Revision: 3, Values: map[string]boot.Value{
				"b": {Text: "B", Since: 3}, "a": {Text: "A", Since: 2}, "e": {Text: "F", Since: 3},
			}})
			got := s.untilApplied(3)
			if s.read("names") != "a b e\n" || s.read("got") != "BF\n" {
				t.Errorf("got %q, %q", s.read("names"), s.read("got"))
			}
			// Whether it had to wait at all depends on the race with the delivery.
			want := []string{
				"booting", "received e", "script started", "ready",
				"received a", "received b", "received e", "updating",
			}
			if diff := cmp.Diff(want, slices.DeleteFunc(events(got), func(e string) bool { return e == "waiting e" })); diff != "" {
				t.Error(diff)
			}
		},
		"what the boot script has read at its newest revision is no change": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get a; read -r line <gate", noteNames, parameters{"a": nothing, "b": nothing}))
			makeGate(t, s)
			s.deliver(delivery(1, map[string]string{"a": "1", "b": "1"}))
			s.untilFile("run/seen/a")
			s.openGate()
			if got := s.untilApplied(1); got.Status != boot.StatusReady {
				t.Errorf("got %+v", got)
			}
			if got := s.read("names"); got != "b\n" {
				t.Errorf("got %q", got)
			}
		},
		"without an update to do, a revision is applied when it is received": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get a", noteNames, parameters{"a": nothing}))
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilApplied(1)
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"a": {Text: "1", Since: 1}}})
			s.untilApplied(2)
			if got := s.read("names"); got != "" {
				t.Errorf("got %q", got)
			}
		},
		"nothing is applied while the boot script runs": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("read -r line <gate", "", parameters{"a": nothing}))
			makeGate(t, s)
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			got := s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 1 })
			if got.Applied != 0 || got.Status != boot.StatusBooting {
				t.Errorf("got %+v", got)
			}
			s.openGate()
			s.untilApplied(1)
		},
		"a value required for ready is applied by the update script before the server is ready": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames+"; read -r line <gate", parameters{"r": deferred(boot.RequiredForReady)}))
			makeGate(t, s)
			s.untilWaiting("r")
			s.deliver(delivery(1, map[string]string{"r": "1"}))
			s.untilFile("names")
			if got := s.report(); got.Status == boot.StatusReady || got.Applied != 0 {
				t.Errorf("got %+v", got)
			}
			s.openGate()
			got := s.untilStatus(boot.StatusReady)
			want := []string{"booting", "script started", "waiting r", "received r", "updating", "ready"}
			if diff := cmp.Diff(want, events(got)); diff != "" || got.Applied != 1 {
				t.Errorf("applied %d, %s", got.Applied, diff)
			}
		},
		"a revision that arrives during an update is applied by the next one, and the server stays ready": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames+"; read -r line <gate", parameters{"a": nothing, "b": nothing}))
			makeGate(t, s)
			s.untilStatus(boot.StatusReady)
			s.deliver(delivery(1, map[string]string{"a": "1"}))
			s.untilFile("names")
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"a": {Text: "1", Since: 1}, "b": {Text: "2", Since: 2}}})
			s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 2 })
			s.openGate()
			s.untilReport("the first is applied", func(r boot.Report) bool { return r.Applied == 1 })
			s.openGate()
			s.untilApplied(2)
			if got := s.read("names"); got != "a\nb\n" {
				t.Errorf("got %q", got)
			}
			ready := false
			for _, r := range s.reports() {
				if ready && r.Status != boot.StatusReady {
					t.Errorf("the status went back to %v", r.Status)
				}
				ready = ready || r.Status == boot.StatusReady
			}
		},
		"a value that changes or is withdrawn during an update is dealt with by the next one": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true",
				noteNames+`; for n in "$@"; do echo "$n=$(muster param get $n)" >>got; done; read -r line <gate`,
				parameters{"a": nothing, "b": nothing, "c": nothing, "d": nothing}))
			makeGate(t, s)
			s.untilStatus(boot.StatusReady)
			s.deliver(delivery(1, map[string]string{"a": "1", "b": "1", "d": "1"}))
			s.until("the values are read", func() bool { return s.read("got") == "a=1\nb=1\nd=1\n" })
			s.deliver(boot.Delivery{Revision: 3, Values: map[string]boot.Value{
				"a": {Text: "3", Since: 3}, "b": {Text: "1", Since: 1}, "c": {Text: "2", Since: 2},
			}})
			s.untilReport("it is received", func(r boot.Report) bool { return r.Received == 3 })
			s.openGate()
			s.until("the newer values are read", func() bool { return s.read("got") == "a=1\nb=1\nd=1\na=3\nc=2\n" })
			s.openGate()
			s.untilApplied(3)
			// That a value is gone is no reason to run the script: it has no name to hand it.
			s.deliver(boot.Delivery{Revision: 4, Values: map[string]boot.Value{"a": {Text: "3", Since: 3}}})
			s.untilApplied(4)
			s.deliver(boot.Delivery{Revision: 5, Values: map[string]boot.Value{"a": {Text: "3", Since: 3}, "d": {Text: "5", Since: 5}}})
			s.openGate()
			s.untilApplied(5)
			if got := s.read("names"); got != "a b d\na c\nd\n" {
				t.Errorf("got %q", got)
			}
		},
		"a failed update script fails the server until a newer revision mends it": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames+`; [ "$(muster param get a)" = good ] || { echo bad value; exit 9; }`, parameters{"a": nothing, "b": nothing}))
			s.deliver(delivery(1, map[string]string{"a": "bad"}))
			got := s.untilStatus(boot.StatusFailed)
			if got.Failure != "update script exited with exit code 9" || got.LogTail != "bad value" || got.Applied != 0 || got.Received != 1 {
				t.Errorf("got %+v", got)
			}
			s.deliver(boot.Delivery{Revision: 2, Values: map[string]boot.Value{"a": {Text: "bad", Since: 1}, "b": {Text: "2", Since: 2}}})
			s.untilReport("it has failed again", func(r boot.Report) bool { return r.LogTail == "bad value\nbad value" })
			if got := s.read("names"); got != "a\na b\n" {
				t.Errorf("got %q", got)
			}
			s.deliver(delivery(3, map[string]string{"a": "good"}))
			got = s.untilStatus(boot.StatusReady)
			if got.Failure != "" || got.LogTail != "" || got.Applied != 3 {
				t.Errorf("got %+v", got)
			}
		},
	})
}

func makeGate(t *testing.T, s *server) {
	t.Helper()
	if err := syscall.Mkfifo(s.file("gate"), 0o600); err != nil {
		t.Fatal(err)
	}
}
