package hosting_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestGroup_RestartDue(t *testing.T) {
	t.Parallel()
	all := hosting.Renewals{}.With(hosting.Renewal{Parameter: "p", Revision: 5, Attempt: 2}, nil)
	some := all.With(hosting.Renewal{Parameter: "q", Revision: 7, Attempt: 3}, []int{1})
	tests := map[string]struct {
		trigger  string
		renewals hosting.Renewals
		server   hosting.Server
		want     string
		due      bool
	}{
		"nothing asks for it":                               {"", hosting.Renewals{}, hosting.Server{Attempt: 1}, "", false},
		"a trigger that has changed":                        {"b", hosting.Renewals{}, hosting.Server{Attempt: 1, Restart: "a"}, "b", true},
		"a trigger that is gone":                            {"", hosting.Renewals{}, hosting.Server{Attempt: 1, Restart: "a"}, "a", false},
		"a value that has changed":                          {"a", all, hosting.Server{Attempt: 1, Restart: "a"}, "a.5", true},
		"a value that has changed, and no trigger":          {"", all, hosting.Server{Attempt: 2}, ".5", true},
		"a server that has booted for it":                   {"a", all, hosting.Server{Attempt: 1, Restart: "a.5"}, "a.5", false},
		"a server that was launched with it":                {"a", all, hosting.Server{Attempt: 3, Restart: "a"}, "a", false},
		"another slot's value":                              {"a", some, hosting.Server{Attempt: 1, Restart: "a.5"}, "a.5", false},
		"the slot's own value":                              {"a", some, hosting.Server{Attempt: 1, Slot: 1, Restart: "a.5"}, "a.7", true},
		"a trigger after a value":                           {"b", all, hosting.Server{Attempt: 1, Restart: "a.5"}, "b.5", true},
		"a later value of all slots counts for the slot's":  {"", some.With(hosting.Renewal{Revision: 9, Attempt: 3}, nil), hosting.Server{Attempt: 3, Slot: 1, Restart: ".7"}, ".9", true},
		"a change of another slot leaves that of all there": {"", some, hosting.Server{Attempt: 2, Slot: 0}, ".5", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group := hosting.Group{Restart: test.trigger, Restarts: test.renewals}
			mark, due := group.RestartDue(test.server)
			if mark.String() != test.want || due != test.due {
				t.Errorf("got %q, due %t; want %q, %t", mark, due, test.want, test.due)
			}
			if again := hosting.ParseBootMark(mark.String()); again != mark {
				t.Errorf("the mark %+v comes back as %+v", mark, again)
			}
		})
	}
}
