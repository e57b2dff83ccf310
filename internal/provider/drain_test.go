package provider_test

import (
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// drained is a pair whose consumer takes a second to apply the list of sources, and then
// writes it where a source that leaves finds it; update is what the consumer does besides.
func drained(w *acctest.Workspace, db int, update string) stack {
	note := `muster param get hosts >` + w.Path("list.new") + ` && mv ` + w.Path("list.new") + ` ` + w.Path("list")
	s := pair(db, 1)
	s.configurations[0].arguments = script("decommission_script", `cp `+w.Path("list")+` `+w.Path("list-at-leaving"))
	s.configurations[1].boot, s.configurations[1].update = note, update+"\nsleep 1\n"+note
	s.groups[0].arguments = `drain_timeout = "4s"`
	return s
}

// TestAccServerGroup_drains shows that nobody uses a server that goes: when it begins to
// leave, those who use it have applied the list without it.
func TestAccServerGroup_drains(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	w.Apply(drained(w, 3, "").String())
	list := string(read(t, w.Path("list")))
	address := list[strings.LastIndex(list, ",")+1:]
	if strings.Count(list, ",") != 2 {
		t.Fatalf("the consumer has the list %q, want three addresses", list)
	}
	w.Apply(drained(w, 2, "").String())
	got := string(read(t, w.Path("list-at-leaving")))
	if strings.Contains(got, address) || strings.Count(got, ",") != 1 {
		t.Errorf("when %s began to leave, its consumer had the list %q", address, got)
	}
	w.ExpectNothingToDo()
}

// TestAccServerGroup_drainsNotForEver shows that a consumer that doesn't answer is passed over.
func TestAccServerGroup_drainsNotForEver(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t)
	const hang = "while [ ! -e go ]; do sleep 0.1; done"
	first := drained(w, 2, hang)
	first.unready = true
	w.Apply(first.String())
	second := drained(w, 1, hang)
	second.unready = true
	w.Write(second.String())
	output := w.MustRun("apply", "-auto-approve")
	if want := `web-0 has not applied that servers of group "db" go, and may use them until it has`; !message(want).MatchString(output) {
		t.Errorf("the apply doesn't warn %q:\n%s", want, output)
	}
	if got := len(acctest.Servers(t, w.Directory())); got != 2 {
		t.Errorf("%d servers run, want the one that stays and its consumer", got)
	}
}
