package hostingtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func updateRules() rules {
	ref := record("web", "one").GroupRef
	return rules{
		"an update is written and returned": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			want := record("web", "one")
			change := func(group *hosting.Group) error {
				group.Size, group.State, group.Launch = 5, hosting.GroupConfirmed, nil
				group.Values["extra"] = boot.Value{Text: "x", Since: 5}
				return nil
			}
			if err := change(&want); err != nil {
				t.Fatal(err)
			}
			got, err := service.UpdateGroup(t.Context(), ref, change)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the returned record (-want +got):\n%s", diff)
			}
			wantRecord(t, service, want)
		},
		"an error of change is returned as it is and nothing is written": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			want := errors.New("no")
			_, err := service.UpdateGroup(t.Context(), ref, func(group *hosting.Group) error {
				group.Size = 9
				group.Values["needed"] = boot.Value{}
				return want
			})
			if err != want { //nolint:errorlint // The very error is promised, not one that wraps it.
				t.Errorf("got %v, want the error itself", err)
			}
			wantRecord(t, service, record("web", "one"))
		},
		"an update that alters nothing returns the record": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "one"))
			got, err := service.UpdateGroup(t.Context(), ref, func(*hosting.Group) error { return nil })
			if diff := cmp.Diff(record("web", "one"), got); err != nil || diff != "" {
				t.Errorf("got error %v and (-want +got):\n%s", err, diff)
			}
		},
		"another incarnation is not found": func(t *testing.T, service Subject) {
			mustCreate(t, service, record("web", "two"))
			wantNotFound(t, service, ref)
			wantRecord(t, service, record("web", "two"))
		},
		"an unknown group is not found": func(t *testing.T, service Subject) {
			wantNotFound(t, service, ref)
		},
		"no update is lost": concurrentUpdates,
	}
}

// wantNotFound fails the test unless an update is refused without being tried.
func wantNotFound(t *testing.T, service hosting.Service, ref hosting.GroupRef) {
	t.Helper()
	_, err := service.UpdateGroup(t.Context(), ref, func(*hosting.Group) error {
		t.Error("change was called")
		return nil
	})
	if !errors.Is(err, hosting.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func concurrentUpdates(t *testing.T, service Subject) {
	const writers, updates = 8, 5
	mustCreate(t, service, hosting.Group{GroupRef: hosting.GroupRef{Name: "web", Incarnation: "one"}})
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for update := range updates {
				_, err := service.UpdateGroup(t.Context(), hosting.GroupRef{Name: "web", Incarnation: "one"}, func(group *hosting.Group) error {
					group.Revision++
					if group.Values == nil {
						group.Values = map[string]boot.Value{}
					}
					group.Values[fmt.Sprintf("v%d_%d", writer, update)] = boot.Value{Since: group.Revision}
					return nil
				})
				if err != nil {
					t.Errorf("updating: %v", err)
				}
			}
		})
	}
	group.Wait()
	got, err := service.Group(t.Context(), "web")
	if err != nil || got.Revision != writers*updates || len(got.Values) != writers*updates {
		t.Errorf("got revision %d with %d values and error %v, want %d of both", got.Revision, len(got.Values), err, writers*updates)
	}
}
