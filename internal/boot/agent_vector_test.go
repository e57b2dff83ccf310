package boot_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// vector returns the delivery of one parameter that has a value per slot.
func vector(revision int, texts ...string) boot.Delivery {
	return sparseVector(revision, maps.Collect(slices.All(texts)))
}

// sparseVector is vector where not every slot has a value.
func sparseVector(revision int, texts map[int]string) boot.Delivery {
	return boot.Delivery{Revision: revision, Values: map[string]boot.Value{"p": {BySlot: texts, Since: revision}}}
}

// slotVariable puts a server into a slot.
func slotVariable(slot int) string { return "MUSTER_SLOT=" + strconv.Itoa(slot) }

func TestAgent_vector(t *testing.T) {
	t.Parallel()
	inEveryShell(t, map[string]func(*testing.T, shell){
		"a server takes the element of its slot, byte for byte": func(t *testing.T, sh shell) {
			texts := []string{"other"}
			for _, text := range awkwardValues() {
				texts = append(texts, text)
			}
			for slot := 1; slot < len(texts); slot++ {
				s := startServer(t, sh, payload("muster param get p >out", "", parameters{"p": deferred(boot.RequiredForNothing)}), slotVariable(slot))
				s.deliver(vector(1, texts...))
				s.untilStatus(boot.StatusReady)
				if got := s.read("out"); got != texts[slot] {
					t.Errorf("slot %d: got %q, want %q", slot, got, texts[slot])
				}
			}
		},
		"a server whose slot is beyond the vector has no value": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get p >out", "", parameters{"p": deferred(boot.RequiredForNothing)}), slotVariable(2))
			s.untilWaiting("p")
			s.deliver(vector(1, "zero", "one"))
			s.untilReport("revision 1 is received", func(r boot.Report) bool { return r.Received == 1 })
			s.untilWaiting("p")
			s.deliver(vector(2, "zero", "one", "two"))
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "two" {
				t.Errorf("got %q, want two", got)
			}
			s.deliver(vector(3, "zero"))
			s.untilReport("revision 3 is received", func(r boot.Report) bool { return r.Received == 3 })
			if s.exists("run/values/p") {
				t.Error("a value is left that the vector doesn't hold any more")
			}
		},
		"a server whose slot has no element has no value": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("muster param get p >out", "", parameters{"p": deferred(boot.RequiredForNothing)}), slotVariable(2))
			s.untilWaiting("p")
			s.deliver(sparseVector(1, map[int]string{0: "zero", 4: "four"}))
			s.untilReport("revision 1 is received", func(r boot.Report) bool { return r.Received == 1 })
			s.untilWaiting("p")
			s.deliver(sparseVector(2, map[int]string{2: "~"}))
			s.untilStatus(boot.StatusReady)
			if got := s.read("out"); got != "~" {
				t.Errorf("got %q, want ~", got)
			}
		},
		"an element that stays as it is is no change": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", noteNames+"; muster param get p >>names", parameters{"p": deferred(boot.RequiredForNothing)}), slotVariable(1))
			s.deliver(vector(1, "a", "mine\n"))
			s.untilApplied(1)
			s.deliver(vector(2, "b", "mine\n"))
			got := s.untilApplied(2)
			if count := len(slices.DeleteFunc(events(got), func(e string) bool { return e != "received p" })); count != 1 {
				t.Errorf("%d elements are said to have been received, want 1", count)
			}
			s.deliver(vector(3, "b", "mine"))
			s.untilApplied(3)
			if diff := cmp.Diff("p\nmine\np\nmine", s.read("names")); diff != "" {
				t.Errorf("the update scripts' arguments and values (-want +got):\n%s", diff)
			}
		},
		"a damaged vector changes nothing": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload("true", "", parameters{"p": deferred(boot.RequiredForNothing)}))
			s.deliver(vector(1, "a"))
			s.untilApplied(1)
			for _, line := range []string{"vector p 2 plain * YQ==", "vector p 2 plain YQ", "vector p x plain YQ==", "vector 1 2 plain YQ=="} {
				s.write("delivery", []byte("muster delivery 1 2\n"+line+"\nend\n"))
				s.untilSeen()
			}
			if got := s.report(); got.Received != 1 || s.read("run/values/p") != "a" {
				t.Errorf("got %+v, value %q", got, s.read("run/values/p"))
			}
		},
		"a sensitive element is hidden": func(t *testing.T, sh shell) {
			s := startServer(t, sh, payload(`set -x; v=$(muster param get p); echo "$v"; exit 7`, "", parameters{"p": secret(boot.RequiredForNothing)}), slotVariable(1))
			d := vector(1, "first-secret", canary)
			d.Values["p"] = boot.Value{BySlot: d.Values["p"].BySlot, Sensitive: true, Since: 1}
			s.deliver(d)
			got := s.untilStatus(boot.StatusFailed)
			if !strings.Contains(got.LogTail, "\n(sensitive)") || strings.Contains(got.LogTail, canary) {
				t.Errorf("got the log %q", got.LogTail)
			}
		},
	})
}
