package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// drained is a pair whose consumer takes a second to apply the list of sources; a source that
// leaves says so under the URL. update is what the consumer does besides.
func drained(url string, db int, update, timeout string) stack {
	const note = `muster param get hosts >seen.new && mv seen.new seen`
	s := pair(db, 1)
	s.configurations[0].arguments = script("decommission_script", `curl -sS -o /dev/null `+url)
	s.configurations[1].update = update + "\nsleep 1\n" + note
	s.groups[0].arguments = fmt.Sprintf("drain_timeout = %q", timeout)
	return s
}

// TestAccServerGroup_drains shows that nobody uses a server that goes: when it begins to
// leave, those who use it have applied the list without it.
func TestAccServerGroup_drains(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		atLeaving := make(chan string, 9)
		leaving := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { atLeaving <- at.file("web-0", "seen") }))
		t.Cleanup(leaving.Close)
		at.Apply(drained(leaving.URL, 3, "", "2m").String())
		list := at.file("web-0", "seen")
		address := list[strings.LastIndex(list, ",")+1:]
		if strings.Count(list, ",") != 2 {
			t.Fatalf("the consumer has the list %q, want three addresses", list)
		}
		_, output := at.Apply(drained(leaving.URL, 2, "", "2m").String())
		if len(atLeaving) != 1 {
			t.Fatalf("%d servers have said that they leave, want one:\n%s", len(atLeaving), output)
		}
		if got := <-atLeaving; strings.Contains(got, address) || strings.Count(got, ",") != 1 {
			t.Errorf("when %s began to leave, its consumer had the list %q", address, got)
		}
	})
}

// TestAccServerGroup_drainsNotForEver shows that a consumer that doesn't answer is passed over.
func TestAccServerGroup_drainsNotForEver(t *testing.T) {
	t.Parallel()
	onEverySite(t, func(t *testing.T, at site) {
		const hang = "while [ ! -e go ]; do sleep 0.1; done"
		const nobody = "http://127.0.0.1:1"
		first := drained(nobody, 2, hang, "4s")
		first.unready = true
		at.Apply(first.String())
		second := drained(nobody, 1, hang, "4s")
		second.unready = true
		at.Write(second.String())
		output := at.MustRun("apply", "-auto-approve")
		if want := `web-0 has not applied that servers of group "db" go, and may use them until it has`; !message(want).MatchString(output) {
			t.Errorf("the apply doesn't warn %q:\n%s", want, output)
		}
		if got := len(at.running()); got != 2 {
			t.Errorf("%d servers run, want the one that stays and its consumer", got)
		}
	})
}
