package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func wantGroup(t *testing.T, s *Service, want hosting.Group) {
	t.Helper()
	got, err := s.Group(t.Context(), want.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the record of %q (-want +got):\n%s", want.Name, diff)
	}
}

// changeAll changes something in every section of the record.
func changeAll(group *hosting.Group) error {
	group.Size, group.Launch = 7, nil
	group.Revision = 5
	group.Values["needed"] = boot.Value{Text: "new", Since: 5}
	delete(group.Wires, "wire-1")
	return nil
}

func TestLedger_survivesEveryDeath(t *testing.T) {
	t.Parallel()
	changed := fullRecord()
	if err := changeAll(&changed); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		// before is what is recorded at first; nil: nothing.
		before *hosting.Group
		do     func(ctx context.Context, s *Service) error
		// want is what is there in the end; nil: nothing.
		want *hosting.Group
	}{
		"create": {nil, func(ctx context.Context, s *Service) error { return s.CreateGroup(ctx, fullRecord()) }, new(fullRecord())},
		"update": {new(fullRecord()), func(ctx context.Context, s *Service) error {
			_, err := s.UpdateGroup(ctx, testRef(), changeAll)
			return err
		}, &changed},
		"delete": {new(fullRecord()), func(ctx context.Context, s *Service) error { return s.DeleteGroup(ctx, testRef()) }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDeath(t, func(t *testing.T, fate awsfake.Fate, at int) (calls int) {
				synctest.Test(t, func(t *testing.T) {
					world := awsfake.NewWorld(awsfake.Options{Seed: uint64(at)})
					if test.before != nil {
						if err := newProcess(world).CreateGroup(t.Context(), *test.before); err != nil {
							t.Fatal(err)
						}
					}
					victim, mortal := newMortal(world, fate, at)
					err := test.do(t.Context(), victim)
					if calls = mortal.Calls(); !mortal.Dead() && err != nil {
						t.Fatalf("it lives, and got %v", err)
					}
					survivor := newProcess(world)
					// A creation that took effect is not repeated, but taken over.
					if err := test.do(t.Context(), survivor); mortal.Dead() && err != nil && !errors.Is(err, hosting.ErrExists) {
						t.Fatalf("again: %v", err)
					}
					if test.want == nil {
						wantNothing(t, world, survivor)
						return
					}
					wantGroup(t, survivor, *test.want)
				})
				return calls
			})
		})
	}
}

func wantNothing(t *testing.T, world *awsfake.World, s *Service) {
	t.Helper()
	if _, err := s.Group(t.Context(), testRef().Name); !errors.Is(err, hosting.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	for _, left := range world.Parameters() {
		t.Errorf("the parameter %s is left", left.Name)
	}
}

// TestLedger_losesNoUpdate lets several processes update one record at the same time, in
// a world that throttles, loses answers and shows old records.
func TestLedger_losesNoUpdate(t *testing.T) {
	t.Parallel()
	const processes, updates = 3, 6
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				if err := newProcess(world).CreateGroup(t.Context(), hosting.Group{GroupRef: testRef()}); err != nil {
					t.Fatal(err)
				}
				var group sync.WaitGroup
				for process := range processes {
					s := newProcess(world)
					for update := range updates {
						group.Go(func() { addValue(t, s, fmt.Sprintf("p%d_%d", process, update)) })
					}
				}
				group.Wait()
				got, err := newProcess(world).UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
					group.Restart = "read by a write"
					group.Revision++
					group.Wires["last"] = hosting.Wire{}
					return nil
				})
				const want = processes * updates
				if err != nil || got.Revision != want+1 || len(got.Values) != want || len(got.Wires) != want+1 || got.Size != want {
					t.Errorf("got revision %d, %d values, %d wires, size %d and error %v, want %d of each",
						got.Revision, len(got.Values), len(got.Wires), got.Size, err, want)
				}
			})
		})
	}
}

// addValue changes all sections of the record, each in a way that shows when it is done
// twice or not at all.
func addValue(t *testing.T, s *Service, name string) {
	_, err := s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
		group.Size++
		group.Revision++
		group.Values = merged(group.Values, name, boot.Value{Text: name, Since: group.Revision})
		group.Wires = merged(group.Wires, name, hosting.Wire{ID: name})
		return nil
	})
	if err != nil {
		t.Errorf("adding %s: %v", name, err)
	}
}

func merged[V any](values map[string]V, name string, value V) map[string]V {
	if values == nil {
		values = make(map[string]V)
	}
	values[name] = value
	return values
}

func TestLedger_neverGoesBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				s := newProcess(world)
				if err := s.CreateGroup(t.Context(), hosting.Group{GroupRef: testRef()}); err != nil {
					t.Fatal(err)
				}
				for want := 1; want <= 10; want++ {
					addValue(t, s, fmt.Sprintf("v%d", want))
					got, err := s.Group(t.Context(), testRef().Name)
					all, listErr := s.Groups(t.Context())
					if err := errors.Join(err, listErr); err != nil {
						t.Fatal(err)
					}
					if got.Revision != want || got.Size != want || len(all) != 1 || all[0].Revision != want || len(all[0].Wires) != want {
						t.Fatalf("got %+v and the list %+v, want update %d in both", got, all, want)
					}
				}
				if err := s.DeleteGroup(t.Context(), testRef()); err != nil {
					t.Fatal(err)
				}
				_, err := s.Group(t.Context(), testRef().Name)
				all, listErr := s.Groups(t.Context())
				if !errors.Is(err, hosting.ErrNotFound) || listErr != nil || len(all) != 0 {
					t.Errorf("got %v and the list %v (%v) after the deletion", err, all, listErr)
				}
			})
		})
	}
}

func TestLedger_calls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		wantCalls := func(what string, do func() error, want map[string]int) {
			t.Helper()
			world.ResetCalls()
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if diff := cmp.Diff(want, world.Calls()); diff != "" {
				t.Errorf("%s: calls (-want +got):\n%s", what, diff)
			}
		}
		read := func() error {
			_, err := s.Group(t.Context(), "web")
			return err
		}
		update := func(change func(*hosting.Group)) func() error {
			return func() error {
				_, err := s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
					change(group)
					return nil
				})
				return err
			}
		}
		group := hosting.Group{GroupRef: testRef(), Run: "run"}
		wantCalls("create", func() error { return s.CreateGroup(t.Context(), group) }, map[string]int{"PutParameter": 1})
		wantCalls("read", read, map[string]int{"GetParameters": 1})
		wantCalls("no change", update(func(*hosting.Group) {}), map[string]int{"GetParameters": 1})
		wantCalls("another size", update(func(g *hosting.Group) { g.Size++ }), map[string]int{"GetParameters": 1, "PutParameter": 1})
		wantCalls("a value", update(func(g *hosting.Group) { g.Revision++ }), map[string]int{"GetParameters": 1, "PutParameter": 1})
		s = newProcess(world)
		wantCalls("read by another process", read, map[string]int{"GetParameters": 2})
		wantCalls("update by another process", update(func(g *hosting.Group) { g.Size++ }), map[string]int{"GetParameters": 1, "PutParameter": 1})
		for i := range 11 {
			other := group
			other.Name = fmt.Sprintf("other-%d", i)
			if err := s.CreateGroup(t.Context(), other); err != nil {
				t.Fatal(err)
			}
		}
		wantCalls("list of 12", func() error {
			all, err := s.Groups(t.Context())
			if len(all) != 12 {
				t.Errorf("got %d groups, want 12", len(all))
			}
			return err
		}, map[string]int{"GetParametersByPath": 2, "GetParameters": 3})
		wantCalls("delete", func() error { return s.DeleteGroup(t.Context(), testRef()) },
			map[string]int{"GetParameters": 1, "GetParametersByPath": 1, "DeleteParameters": 2})
	})
}

func TestLedger_parameters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		s.options.KMSKeyID = "alias/shop"
		if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.outputKey(t.Context(), testRef()); err != nil {
			t.Fatal(err)
		}
		// A group may be called like a part.
		if err := s.CreateGroup(t.Context(), hosting.Group{GroupRef: hosting.GroupRef{Name: "values", Incarnation: "X"}}); err != nil {
			t.Fatal(err)
		}
		type stored struct{ Name, Type, KeyID string }
		var got []stored
		for _, p := range world.Parameters() {
			got = append(got, stored{p.Name, p.Type, p.KeyID})
			if diff := cmp.Diff(map[string]string{"muster.ns": testNamespace, "Team": "shop"}, p.Tags); diff != "" {
				t.Errorf("the tags of %s (-want +got):\n%s", p.Name, diff)
			}
			if p.Type == "String" && strings.Contains(p.Value, "secret") {
				t.Errorf("%s isn't encrypted, and holds a value: %s", p.Name, p.Value)
			}
		}
		want := []stored{
			{"/muster/shop/values", "String", ""},
			{"/muster/shop/web", "String", ""},
			{"/muster/shop/web/INCARNATION1/key", "SecureString", "alias/shop"},
			{"/muster/shop/web/INCARNATION1/values", "SecureString", "alias/shop"},
			{"/muster/shop/web/INCARNATION1/wires", "String", ""},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the parameters (-want +got):\n%s", diff)
		}
	})
}

func TestLedger_recreatesAName(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				creator, deleter := newProcess(world), newProcess(world)
				for i := range 3 {
					group := fullRecord()
					group.Incarnation = fmt.Sprintf("I%d", i)
					if err := creator.CreateGroup(t.Context(), group); err != nil {
						t.Fatal(err)
					}
					wantGroup(t, creator, group)
					// By the creator itself, and by others.
					s := []*Service{creator, deleter}[i%2]
					if err := s.DeleteGroup(t.Context(), group.GroupRef); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

func TestLedger_refusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*hosting.Group)
		want   []string
	}{
		"a parameter": {
			func(g *hosting.Group) {
				g.Parameters = map[string]string{"motd": strings.Repeat("x", 9000), "small": "y"}
			},
			[]string{`"motd", 9000 bytes`, "holds at most 8192"},
		},
		"wires": {
			func(g *hosting.Group) {
				for i := range 100 {
					id := fmt.Sprintf("more-%d", i)
					g.Wires[id] = hosting.Wire{ID: id, From: []hosting.Output{{Group: "database", Output: "private_ip"}}, Into: "web", Parameter: id}
				}
			},
			[]string{"101 wires"},
		},
		"a value": {
			func(g *hosting.Group) {
				g.Revision++
				g.Values["cert"] = boot.Value{Text: strings.Repeat("SECRET", 1500), Sensitive: true, Since: g.Revision}
			},
			[]string{`"cert", 9000 bytes`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				s := newProcess(world)
				if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
					t.Fatal(err)
				}
				world.ResetCalls()
				_, err := s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
					group.Size = 9
					test.change(group)
					return nil
				})
				if err == nil || strings.Contains(err.Error(), "SECRET") {
					t.Fatalf("got %v", err)
				}
				for _, part := range test.want {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("got %q, want %q in it", err, part)
					}
				}
				if calls := world.Calls(); calls["PutParameter"] != 0 {
					t.Errorf("got calls %v, want nothing written", calls)
				}
				wantGroup(t, s, fullRecord())
			})
		})
	}
}

// TestLedger_readsALaunchTwice lets a process write after another one has read that a launch is
// under way.
func TestLedger_readsALaunchTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		dying, reader := newProcess(world), newProcess(world)
		if err := dying.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		defer group.Wait()
		group.Go(func() {
			if err := pause(t.Context(), agreement/2); err != nil {
				t.Error(err)
			}
			if err := dying.recordTemplate(t.Context(), testRef(), "lt-1"); err != nil {
				t.Error(err)
			}
		})
		got, err := reader.Group(t.Context(), "web")
		if diff := cmp.Diff(fullRecord(), got); err != nil || diff != "" {
			t.Errorf("got error %v and (-want +got):\n%s", err, diff)
		}
		templates, err := reader.templates(t.Context(), testRef())
		if err != nil || !slices.Equal(templates, []string{"lt-1"}) {
			t.Errorf("got templates %v and error %v, want the one that was recorded late", templates, err)
		}
	})
}
