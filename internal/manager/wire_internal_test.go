package manager

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func expectLeads(t *testing.T, s *ledgerService, id string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, s.leads(id)); diff != "" {
		t.Errorf("what the records hold of the wire (-want +got):\n%s", diff)
	}
}

func expectValue(t *testing.T, s *ledgerService, group, parameter, want string) {
	t.Helper()
	if got := s.value(group, parameter); got != want {
		t.Errorf("%s.%s: got %q, want %q", group, parameter, got, want)
	}
}

func TestConnect_keepStored(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web")
	id := s.mustConnect(t, "", literal("first"))
	again := literal("second")
	again.KeepStored = true
	s.mustConnect(t, id, again)
	expectValue(t, s, "web", "p", "first")
	s.mustConnect(t, id, literal("third"))
	expectValue(t, s, "web", "p", "third")

	group := s.groups["web"]
	group.Values = nil
	s.groups["web"] = group
	s.mustConnect(t, id, again)
	expectValue(t, s, "web", "p", "second")
}

func TestConnect_failedNewWireLeavesNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*ledgerService){
		"a value that the parameter doesn't take": func(s *ledgerService) { s.publish("db", "bad") },
		"a source that can't be written":          func(s *ledgerService) { s.refused["db"] = true },
		"a server that can't be reached":          func(s *ledgerService) { s.refusedDelivery["web"] = true },
		"a loop": func(s *ledgerService) {
			group := s.groups["db"]
			setWire(&group, hosting.Wire{ID: "back", From: []hosting.Output{{Group: "web", Output: "out"}}, Select: hosting.SelectFirst, Into: "db", Parameter: "p"})
			s.groups["db"] = group
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLedgerService("web", "db")
			s.publish("db", "good")
			spoil(s)
			if _, err := s.nextRun().Connect(t.Context(), "", output("web", "p", "db")); err == nil {
				t.Fatal("the wire is connected")
			}
			for name, group := range s.groups {
				if ids := slices.DeleteFunc(slices.Sorted(maps.Keys(group.Wires)), func(id string) bool { return id == "back" }); len(ids) > 0 {
					t.Errorf("%s holds the wires %v", name, ids)
				}
			}
			expectValue(t, s, "web", "p", "")
		})
	}
}

func TestConnect_failedChangeLeavesTheWireAsItWas(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]WireSpec{
		"another source":    output("web", "p", "other"),
		"another parameter": output("web", "q", "other", "db"),
		"another target":    func() WireSpec { moved := output("new", "p", "other"); moved.Former = "web"; return moved }(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLedgerService("web", "new", "db", "other")
			s.publish("db", "good")
			s.publish("other", "bad")
			id := s.mustConnect(t, "", output("web", "p", "db"))
			s.refusedDelivery["web"], s.refusedDelivery["new"] = true, true
			if _, err := s.nextRun().Connect(t.Context(), id, changed); err == nil {
				t.Fatal("the change succeeds")
			}
			expectLeads(t, s, id, map[string]string{"web": "web.p", "db": "web.p"})
			expectValue(t, s, "web", "p", "good")
			expectValue(t, s, "web", "q", "")
			expectValue(t, s, "new", "p", "")
			if !s.confirm(t, id, output("web", "p", "db")).Exists {
				t.Error("the wire isn't what it was")
			}
		})
	}
}

func TestConnect_takesOverAnUnconfirmedWire(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "db", "other")
	crashed, err := s.nextRun().Connect(t.Context(), "", output("web", "p", "db"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := s.nextRun().Connect(t.Context(), "", output("web", "p", "other"))
	if err != nil {
		t.Fatal(err)
	}
	expectLeads(t, s, crashed.WireID, map[string]string{})
	expectLeads(t, s, next.WireID, map[string]string{"web": "web.p", "other": "web.p"})
	s.confirm(t, next.WireID, output("web", "p", "other"))
	_, err = s.nextRun().Connect(t.Context(), "", output("web", "p", "db"))
	if _, owned := errors.AsType[*WireOwnedError](err); !owned {
		t.Fatalf("a confirmed wire gives way: %v", err)
	}
	if want := "where two injections exchange their parameters, remove one of them, apply, and add it again"; !strings.Contains(err.Error(), want) {
		t.Errorf("the error doesn't say %q: %v", want, err)
	}
}

func TestConnect_movesToAnotherTarget(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, after WireSpec
		want          map[string]string
	}{
		"both forms have a source in common": {
			before: output("web", "p", "db", "other"), after: output("new", "p", "db"),
			want: map[string]string{"new": "new.p", "db": "new.p"},
		},
		"the former target becomes the source": {
			before: output("web", "p", "db"), after: output("new", "p", "web"),
			want: map[string]string{"new": "new.p", "web": "new.p"},
		},
		"the former source becomes the target": {
			before: output("web", "p", "db"), after: output("db", "q", "other"),
			want: map[string]string{"db": "db.q", "other": "db.q"},
		},
		"the ends are exchanged": {
			before: output("web", "p", "db"), after: output("db", "p", "web"),
			want: map[string]string{"db": "db.p", "web": "db.p"},
		},
		"a wire of its own group": {
			before: output("web", "q", "web"), after: output("new", "q", "new"),
			want: map[string]string{"new": "new.q"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.after.Former = test.before.Into
			// Whatever an apply couldn't do, the next one does. No move takes as many as
			// 20 changes of records: the last run is not killed.
			for fatal := range 20 {
				s := newLedgerService("web", "new", "db", "other")
				for group := range s.groups {
					s.publish(group, "from "+group)
				}
				id := s.mustConnect(t, "", test.before)
				s.updates, s.fatal = 0, fatal+1
				_, err := s.nextRun().Connect(t.Context(), id, test.after)
				s.fatal = 0
				if err != nil {
					s.confirm(t, id, test.before)
				}
				s.mustConnect(t, id, test.after)
				expectLeads(t, s, id, test.want)
				expectValue(t, s, "web", test.before.Parameter, "")
				expectValue(t, s, test.after.Into, test.after.Parameter, "from "+test.after.From[0].Group)
			}
		})
	}
}

// Until Terraform has saved a move, another injection may take the place.
func TestConnect_unsavedMoveGivesWay(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "new", "db")
	s.publish("db", "good")
	id := s.mustConnect(t, "", output("web", "p", "db"))
	moved := output("new", "p", "db")
	moved.Former = "web"
	if _, err := s.nextRun().Connect(t.Context(), id, moved); err != nil {
		t.Fatal(err)
	}
	s.mustConnect(t, "", output("new", "p", "db"))
	expectLeads(t, s, id, map[string]string{})
}

// A group that goes takes nothing of a wire that has moved away from it.
func TestForgetAtSources_movedWire(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "new", "db")
	id := s.mustConnect(t, "", output("web", "p", "db"))
	gone := s.groups["web"]
	moved := output("new", "p", "db")
	moved.Former = "web"
	s.mustConnect(t, id, moved)
	if err := s.nextRun().forgetAtSources(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	expectLeads(t, s, id, map[string]string{"new": "new.p", "db": "new.p"})
}

// The value of a parameter that a wire has left may be another one's already.
func TestExchange_valueOfTheNextOwner(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web")
	s.mustConnect(t, "", literal("good"))
	former := hosting.Wire{ID: "left", Into: "web", Parameter: "p"}
	if err := s.nextRun().exchange(t.Context(), former, hosting.Wire{ID: "left", Into: "web", Parameter: "q"}); err != nil {
		t.Fatal(err)
	}
	expectValue(t, s, "web", "p", "good")
}

func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "db", "other")
	s.publish("db", "good")
	id := s.mustConnect(t, "", output("web", "p", "db", "other"))
	s.refused["other"] = true
	if err := s.nextRun().Disconnect(t.Context(), id, "web"); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want what was refused", err)
	}
	s.refused["other"] = false
	for range 2 {
		if err := s.nextRun().Disconnect(t.Context(), id, "web"); err != nil {
			t.Error(err)
		}
		expectLeads(t, s, id, map[string]string{})
		expectValue(t, s, "web", "p", "")
	}
}

func TestLookAtWire_pending(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "db")
	s.publish("db", "good")
	spec := output("web", "p", "db")
	id := s.mustConnect(t, "", spec)
	s.servers["web"][0].Delivered = 0
	if state := s.confirm(t, id, spec); !state.Pending {
		t.Error("what is stored and not delivered isn't pending")
	}
	s.mustConnect(t, id, spec)
	if state := s.confirm(t, id, spec); state.Pending {
		t.Error("what is delivered is pending")
	}
}

// What another injection has stored is delivered also by one that has nothing to
// deliver: otherwise it would be planned for ever.
func TestConnect_deliversWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "db")
	s.mustConnect(t, "", literal("good"))
	id := s.mustConnect(t, "", output("web", "q", "db"))
	s.servers["web"][0].Delivered = 0
	s.mustConnect(t, id, output("web", "q", "db"))
	if got := s.servers["web"][0].Delivered; got != 1 {
		t.Errorf("delivered revision: got %d, want 1", got)
	}
}

func TestLookAtWire_comparesTheWholeWire(t *testing.T) {
	t.Parallel()
	spec := output("web", "p", "db")
	selected, separated := spec, spec
	selected.Select, separated.Separator = hosting.SelectAll, " "
	for name, other := range map[string]WireSpec{
		"another parameter": output("web", "q", "db"), "another source": output("web", "p", "web"),
		"another select": selected, "another separator": separated,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLedgerService("web", "db")
			id := s.mustConnect(t, "", spec)
			if !s.confirm(t, id, spec).Exists || s.confirm(t, id, other).Exists {
				t.Error("the wire is taken for another one")
			}
		})
	}
}

// A loop among other wires is not this one's fault.
func TestConnect_innocentOfALoop(t *testing.T) {
	t.Parallel()
	s := newLedgerService("web", "db", "other")
	group := s.groups["web"]
	setWire(&group, hosting.Wire{ID: "self", From: []hosting.Output{{Group: "web", Output: "out"}}, Into: "web", Parameter: "p"})
	s.groups["web"] = group
	s.mustConnect(t, "", output("db", "p", "web"))
	_, err := s.nextRun().Connect(t.Context(), "", output("other", "p", "db", "other"))
	loop, ok := errors.AsType[*LoopError](err)
	if want := []Edge{{From: "other", Output: "out", Into: "other", Parameter: "p"}}; !ok || cmp.Diff(want, loop.Loop) != "" {
		t.Errorf("a loop of its own: got %v", err)
	}
}
