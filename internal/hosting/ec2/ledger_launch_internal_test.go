package ec2

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func testSend(attempt, base int) send {
	return send{
		Attempt: attempt, Base: base, Count: 100, InstanceType: "t3.small", Subnet: awsfake.SubnetA,
		Template: "lt-0123456789abcdef0", Version: 3, Try: 1, At: 1_700_000_000, Failed: base > 0,
	}
}

func mustRecord(t *testing.T, s *Service, ref hosting.GroupRef, sent ...send) {
	t.Helper()
	err := s.changeSends(t.Context(), ref, func(recorded []send) []send { return append(recorded, sent...) })
	if err != nil {
		t.Error(err)
	}
}

// TestSends_areSeenByTheNextProcess reads the record of sends right after their writer has
// died, in a world that shows old records.
func TestSends_areSeenByTheNextProcess(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				var want []send
				dying := newProcess(world)
				for attempt := range 2 {
					for i := range 4 {
						sent := testSend(attempt+1, 100*i)
						mustRecord(t, dying, testRef(), sent)
						want = append(want, sent)
					}
				}
				survivor := newProcess(world)
				for attempt := range 2 {
					got, err := survivor.sends(t.Context(), testRef(), attempt+1)
					if diff := cmp.Diff(want[4*attempt:4*attempt+4], got); err != nil || diff != "" {
						t.Errorf("the sends of attempt %d: error %v and (-want +got):\n%s", attempt+1, err, diff)
					}
				}
			})
		})
	}
}

func TestSends_noneIsLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				var group sync.WaitGroup
				for range 2 {
					s := newProcess(world)
					for i := range 5 {
						group.Go(func() { mustRecord(t, s, testRef(), testSend(1, 100*i)) })
					}
				}
				group.Wait()
				got, err := newProcess(world).sends(t.Context(), testRef(), 1)
				if err != nil || len(got) != 10 {
					t.Errorf("got %d sends and error %v, want 10", len(got), err)
				}
			})
		})
	}
}

func TestSends_calls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		if err := s.CreateGroup(t.Context(), hosting.Group{GroupRef: testRef()}); err != nil {
			t.Fatal(err)
		}
		begin := func(attempt int) {
			if _, err := s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
				group.Attempt, group.Launch = attempt, &hosting.PendingLaunch{Attempt: attempt}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			world.ResetCalls()
		}
		wantSends := func(attempt, count int) {
			t.Helper()
			got, err := s.sends(t.Context(), testRef(), attempt)
			if err != nil || len(got) != count {
				t.Errorf("got %d sends and error %v, want %d", len(got), err, count)
			}
		}
		wantCalls := func(want map[string]int) {
			t.Helper()
			if diff := cmp.Diff(want, world.Calls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			world.ResetCalls()
		}
		begin(1)
		wantSends(1, 0)
		wantCalls(map[string]int{})
		mustRecord(t, s, testRef(), testSend(1, 0), testSend(1, 100))
		wantSends(1, 2)
		wantCalls(map[string]int{"GetParameters": 1, "PutParameter": 1})
		begin(2)
		wantSends(2, 0)
		mustRecord(t, s, testRef(), testSend(2, 0))
		wantCalls(map[string]int{"PutParameter": 1})
		mustRecord(t, s, testRef())
		wantCalls(map[string]int{})

		s = newProcess(world)
		wantSends(2, 1)
		wantCalls(map[string]int{"GetParameters": 1, "PutParameter": 1})
		wantSends(2, 1)
		wantSends(1, 2)
		wantCalls(map[string]int{})
	})
}

func TestSends_formerAttemptsMakeRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		const most, each = 20, 20
		for attempt := range most {
			var sent []send
			for i := range each {
				sent = append(sent, testSend(attempt+1, 100*i))
			}
			mustRecord(t, s, testRef(), sent...)
		}
		got, err := newProcess(world).sends(t.Context(), testRef(), most)
		if err != nil || len(got) != each {
			t.Errorf("got %d sends of the newest attempt and error %v, want %d", len(got), err, each)
		}
		for _, p := range world.Parameters() {
			if p.Tier != "Standard" {
				t.Errorf("the parameter %s has %d bytes and costs money", p.Name, len(p.Value))
			}
		}
		var scattered []send
		for i := range 1000 {
			scattered = append(scattered, testSend(most+1, i))
		}
		err = s.changeSends(t.Context(), testRef(), func([]send) []send { return scattered })
		if err == nil {
			t.Error("got no error for 1000 sends")
		}
	})
}

func TestTemplates_areRecordedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		if _, err := s.templates(t.Context(), testRef()); !errors.Is(err, hosting.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		configuration := testConfiguration("echo")
		if err := s.PutConfiguration(t.Context(), configuration); err != nil {
			t.Fatal(err)
		}
		own := world.LaunchTemplates()[0].ID
		if err := s.CreateGroup(t.Context(), hosting.Group{GroupRef: testRef(), Configuration: configuration.ID()}); err != nil {
			t.Fatal(err)
		}
		world.ResetCalls()
		for range 2 {
			if err := s.recordTemplate(t.Context(), testRef(), own); err != nil {
				t.Fatal(err)
			}
		}
		if calls := world.Calls(); len(calls) != 0 {
			t.Errorf("got calls %v for a template that was recorded with the group", calls)
		}
		if err := s.recordTemplate(t.Context(), testRef(), "lt-2"); err != nil {
			t.Fatal(err)
		}
		// An update of the group keeps them.
		if _, err := s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
			group.Size = 3
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		got, err := newProcess(world).templates(t.Context(), testRef())
		if want := []string{own, "lt-2"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v and error %v, want %v", got, err, want)
		}
		other := testRef()
		other.Incarnation = "OTHER"
		if _, err := s.templates(t.Context(), other); !errors.Is(err, hosting.ErrNotFound) {
			t.Errorf("got %v for another incarnation, want ErrNotFound", err)
		}
	})
}

func TestKey_isMadeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Hostile()})
		if key, err := newProcess(world).knownOutputKey(t.Context(), testRef()); key != nil || err != nil {
			t.Errorf("got %v and error %v, want no key", key, err)
		}
		const processes = 3
		var group sync.WaitGroup
		keys := make([]string, processes)
		for i := range processes {
			group.Go(func() {
				key, err := newProcess(world).outputKey(t.Context(), testRef())
				if err != nil {
					t.Error(err)
					return
				}
				keys[i] = key.N.String()
			})
		}
		group.Wait()
		if keys = slices.Compact(keys); len(keys) != 1 || keys[0] == "" {
			t.Errorf("got %d keys, want 1", len(keys))
		}
		if pause(t.Context(), lagPatience) != nil {
			t.Fatal("no time to wait")
		}
		known, err := newProcess(world).knownOutputKey(t.Context(), testRef())
		if err != nil || known == nil || known.N.String() != keys[0] {
			t.Errorf("got %v and error %v, want the key that was made", known, err)
		}
	})
}
