package ec2

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// meanwhile updates the group by change, and lets something happen between its first
// read and its first write.
func meanwhile(t *testing.T, s *Service, happens func(), change func(*hosting.Group) error) (hosting.Group, error) {
	t.Helper()
	happened := false
	return s.UpdateGroup(t.Context(), testRef(), func(group *hosting.Group) error {
		if !happened {
			happened = true
			happens()
		}
		return change(group)
	})
}

func mustUpdate(t *testing.T, s *Service, change func(*hosting.Group) error) {
	t.Helper()
	if _, err := s.UpdateGroup(t.Context(), testRef(), change); err != nil {
		t.Error(err)
	}
}

func TestLedger_races(t *testing.T) {
	t.Parallel()
	grow := func(group *hosting.Group) error {
		group.Size++
		return nil
	}
	// deliver changes two sections: values and record.
	deliver := func(group *hosting.Group) error {
		group.Size++
		group.Revision++
		group.Values["extra"] = boot.Value{Text: "x", Since: group.Revision}
		return nil
	}
	errRefused := errors.New("no")
	tests := map[string]struct {
		happens func(t *testing.T, other *Service)
		change  func(*hosting.Group) error
		wantErr error
		// want is what becomes of the record.
		want func(group *hosting.Group)
	}{
		"another update of the same section is kept": {
			func(t *testing.T, other *Service) { mustUpdate(t, other, grow) }, grow, nil,
			func(group *hosting.Group) { group.Size += 2 },
		},
		"two other updates are kept": {
			func(t *testing.T, other *Service) { mustUpdate(t, other, grow); mustUpdate(t, other, deliver) }, deliver, nil,
			func(group *hosting.Group) {
				group.Size += 3
				group.Revision += 2
				group.Values["extra"] = boot.Value{Text: "x", Since: 6}
			},
		},
		"what is written already isn't written twice": {
			func(t *testing.T, other *Service) { mustUpdate(t, other, grow) }, deliver, nil,
			func(group *hosting.Group) {
				group.Size += 2
				group.Revision++
				group.Values["extra"] = boot.Value{Text: "x", Since: 5}
			},
		},
		"a change that is refused on top of another one writes nothing": {
			func(t *testing.T, other *Service) { mustUpdate(t, other, grow) },
			func(group *hosting.Group) error {
				if group.Size != 3 {
					return errRefused
				}
				return deliver(group)
			}, errRefused,
			func(group *hosting.Group) { group.Size++ },
		},
		"a change that isn't needed on top of another one writes nothing": {
			func(t *testing.T, other *Service) { mustUpdate(t, other, grow) },
			func(group *hosting.Group) error { group.Size = 4; return nil }, nil,
			func(group *hosting.Group) { group.Size = 4 },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				s, other := newProcess(world), newProcess(world)
				if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
					t.Fatal(err)
				}
				got, err := meanwhile(t, s, func() { test.happens(t, other) }, test.change)
				if err != test.wantErr { //nolint:errorlint // The very error is promised.
					t.Fatalf("got %v, want %v", err, test.wantErr)
				}
				want := fullRecord()
				test.want(&want)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); test.wantErr == nil && diff != "" {
					t.Errorf("returned (-want +got):\n%s", diff)
				}
				for _, reader := range []*Service{s, other, newProcess(world)} {
					wantGroup(t, reader, want)
				}
			})
		})
	}
}

// TestLedger_anOvertakenWriterMayDie kills a writer at the moment when its put has
// overwritten what somebody else has written.
func TestLedger_anOvertakenWriterMayDie(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		other := newProcess(world)
		if err := other.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		const read, put = 1, 2
		victim, mortal := newMortal(world, awsfake.DiesAfter, put)
		_, err := meanwhile(t, victim, func() {
			if mortal.Calls() != read {
				t.Errorf("the victim has made %d calls, want that it dies at its put", mortal.Calls())
			}
			mustUpdate(t, other, func(group *hosting.Group) error { group.Size = 8; return nil })
		}, func(group *hosting.Group) error { group.Restart = "victim's"; return nil })
		if err == nil || !mortal.Dead() {
			t.Fatalf("got %v, want the death", err)
		}
		overwritten := false
		for _, p := range world.Parameters() {
			overwritten = overwritten || strings.Contains(p.Value, "victim's")
		}
		if !overwritten {
			t.Fatal("the victim has overwritten nothing: the test proves nothing")
		}
		want := fullRecord()
		want.Size = 8
		for _, reader := range []*Service{other, newProcess(world)} {
			wantGroup(t, reader, want)
			mustUpdate(t, reader, func(group *hosting.Group) error { group.Size++; return nil })
			want.Size++
			wantGroup(t, reader, want)
		}
	})
}

func TestLedger_aDeletedGroupStaysDeleted(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]awsfake.Faults{
		"where its name is free at once": {},
		"where its name is locked":       {RecreateDelay: 30_000_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(8) {
				synctest.Test(t, func(t *testing.T) {
					world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: faults})
					s, other := newProcess(world), newProcess(world)
					if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
						t.Fatal(err)
					}
					_, err := meanwhile(t, s, func() {
						if err := other.DeleteGroup(t.Context(), testRef()); err != nil {
							t.Error(err)
						}
					}, func(group *hosting.Group) error { group.Size++; return nil })
					if !errors.Is(err, hosting.ErrNotFound) {
						t.Errorf("got %v, want ErrNotFound", err)
					}
					wantNothing(t, world, other)
				})
			}
		})
	}
}

// TestLedger_anOldPutHarmsNoSuccessor lets a put arrive when its group was deleted and
// another one has the name.
func TestLedger_anOldPutHarmsNoSuccessor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s, other := newProcess(world), newProcess(world)
		if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			mustUpdate(t, other, func(group *hosting.Group) error { group.Size++; return nil })
		}
		successor := fullRecord()
		successor.Incarnation = "SUCCESSOR"
		_, err := meanwhile(t, s, func() {
			if err := errors.Join(other.DeleteGroup(t.Context(), testRef()), other.CreateGroup(t.Context(), successor)); err != nil {
				t.Error(err)
			}
		}, func(group *hosting.Group) error { group.Size++; return nil })
		if !errors.Is(err, hosting.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		for _, reader := range []*Service{other, newProcess(world)} {
			wantGroup(t, reader, successor)
		}
	})
}

// TestLedger_aRecordThatNobodyCountsIsNone has a record whose only entry doesn't count, as
// one has that was deleted while somebody wrote it and died.
func TestLedger_aRecordThatNobodyCountsIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		_, err := s.options.SSM.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/muster/shop/web"), Type: "String",
			Value: aws.String(`{"after":7,"write":"W","incarnation":"OLD","body":{"name":"web","incarnation":"OLD"}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Group(t.Context(), "web"); !errors.Is(err, hosting.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if all, err := s.Groups(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("got %v and error %v, want no group", all, err)
		}
		if err := s.CreateGroup(t.Context(), fullRecord()); err != nil {
			t.Fatal(err)
		}
		wantGroup(t, newProcess(world), fullRecord())
	})
}

func TestLedger_damagedParameters(t *testing.T) {
	t.Parallel()
	const frame = `{"after":%AFTER%,"write":"W","incarnation":"INCARNATION1","body":`
	tests := map[string]struct{ name, value string }{
		"no JSON":                    {"/muster/shop/web", "SECRET"},
		"no entry":                   {"/muster/shop/web", `{"size":1}`},
		"a field of a later version": {"/muster/shop/web", frame + `{"name":"web","incarnation":"INCARNATION1","later":"SECRET"}}`},
		"another incarnation":        {"/muster/shop/web", frame + `{"name":"web","incarnation":"OTHER"}}`},
		"values that are none":       {"/muster/shop/web/INCARNATION1/values", frame + `{"values":["SECRET"]}}`},
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
				value := strings.ReplaceAll(test.value, "%AFTER%", "1")
				if _, err := s.options.SSM.PutParameter(t.Context(), &ssm.PutParameterInput{
					Name: aws.String(test.name), Value: aws.String(value), Overwrite: aws.Bool(true),
				}); err != nil {
					t.Fatal(err)
				}
				_, err := newProcess(world).Group(t.Context(), "web")
				if err == nil || errors.Is(err, hosting.ErrNotFound) || !strings.Contains(err.Error(), test.name) || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("got %v, want an error that names %s and quotes nothing", err, test.name)
				}
			})
		})
	}
}
