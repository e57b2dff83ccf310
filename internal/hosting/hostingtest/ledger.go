package hostingtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// record returns a group's record in which every field is set.
func record(name, incarnation string) hosting.Group {
	return hosting.Group{
		GroupRef:      hosting.GroupRef{Name: name, Incarnation: incarnation},
		State:         hosting.GroupCreating,
		Run:           "run-1",
		Configuration: "conf@0123456789abcdef",
		Parameters:    map[string]string{"greeting": "hello"},
		Size:          3,
		Attempt:       2,
		Launch:        &hosting.PendingLaunch{Attempt: 2, Slots: []int{0, 2}, Fingerprint: "print"},
		Revision:      4,
		Values:        map[string]boot.Value{"needed": {Text: "a\nb\xff\x01", Sensitive: true, Since: 4}},
		Wires: map[string]hosting.Wire{"wire-1": {
			ID: "wire-1", Run: "run-1", Confirmed: true,
			From:   []hosting.Output{{Group: "db", Output: "private_ip"}},
			Select: hosting.SelectAll, Separator: ",", Into: name, Parameter: "needed",
		}},
	}
}

func mustCreate(t *testing.T, service hosting.Service, group hosting.Group) {
	t.Helper()
	if err := service.CreateGroup(t.Context(), group); err != nil {
		t.Fatal(err)
	}
}

// wantRecord fails the test unless the ledger holds exactly this record.
func wantRecord(t *testing.T, service hosting.Service, want hosting.Group) {
	t.Helper()
	got, err := service.Group(t.Context(), want.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the record of %q (-want +got):\n%s", want.Name, diff)
	}
}

func ledgerRules() rules {
	return rules{
		"a recorded group is returned as it was": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			wantRecord(t, service, record("web", "one"))
		},
		"a taken name is refused and its record stays": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			if err := service.CreateGroup(t.Context(), record("web", "two")); !errors.Is(err, hosting.ErrExists) {
				t.Errorf("got %v, want ErrExists", err)
			}
			wantRecord(t, service, record("web", "one"))
		},
		"of two creations at the same time one succeeds": concurrentCreation,
		"an unknown group is not found": func(t *testing.T, service Subject) {
			if _, err := service.Group(t.Context(), "web"); !errors.Is(err, hosting.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		},
		"all groups are listed by name": func(t *testing.T, service Subject) {
			want := []hosting.Group{record("db", "one"), record("web", "one"), record("web-2", "one")}
			for _, index := range []int{2, 0, 1} {
				mustCreate(t, service, want[index])
			}
			got, err := service.Groups(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the groups (-want +got):\n%s", diff)
			}
		},
		"an empty ledger has no groups": func(t *testing.T, service Subject) {
			if got, err := service.Groups(t.Context()); err != nil || len(got) != 0 {
				t.Errorf("got %v and error %v, want no group", got, err)
			}
		},
		"a deleted group is not found and its name is free": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			if err := service.DeleteGroup(t.Context(), record("web", "one").GroupRef); err != nil {
				t.Fatal(err)
			}
			if _, err := service.Group(t.Context(), "web"); !errors.Is(err, hosting.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
			mustCreate(t, service, record("web", "two"))
		},
		"deleting another incarnation does nothing": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "two"))
			if err := service.DeleteGroup(t.Context(), record("web", "one").GroupRef); err != nil {
				t.Error(err)
			}
			wantRecord(t, service, record("web", "two"))
		},
		"deleting an unknown group does nothing": func(t *testing.T, service Subject) {
			if err := service.DeleteGroup(t.Context(), record("web", "one").GroupRef); err != nil {
				t.Error(err)
			}
		},
		"a context that has ended is honoured": func(t *testing.T, service Subject) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := service.CreateGroup(ctx, record("web", "one")); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		},
	}
}

func concurrentCreation(t *testing.T, service Subject) {
	var created atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			err := service.CreateGroup(t.Context(), record("web", "one"))
			switch {
			case err == nil:
				created.Add(1)
			case !errors.Is(err, hosting.ErrExists):
				t.Errorf("got %v, want ErrExists", err)
			}
		})
	}
	group.Wait()
	if got := created.Load(); got != 1 {
		t.Errorf("%d creations succeeded, want 1", got)
	}
}
