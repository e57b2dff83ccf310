package ec2

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func testConfiguration(script string) boot.Configuration {
	return boot.Configuration{
		Name: "conf", Image: awsfake.ImageID, BootScript: script,
		Parameters: map[string]boot.Parameter{"late": {Type: boot.TypeString, Deferred: true, RequiredFor: boot.RequiredForReady}},
		Outputs:    map[string]boot.Output{"said": {Type: boot.TypeString, Sensitive: true}},
		EC2: &boot.EC2{
			InstanceTypes: []string{"t3.small"}, SubnetIDs: []string{awsfake.SubnetA},
			SecurityGroupIDs: []string{awsfake.SecurityGroupID}, OrphanDeadline: time.Hour,
		},
	}
}

func TestConfigurations_surviveEveryDeath(t *testing.T) {
	t.Parallel()
	one, two, three := testConfiguration("echo 1"), testConfiguration("echo 2"), testConfiguration("echo 3")
	put := func(configuration boot.Configuration) func(context.Context, *Service) error {
		return func(ctx context.Context, s *Service) error { return s.PutConfiguration(ctx, configuration) }
	}
	remove := func(used ...string) func(context.Context, *Service) error {
		return func(ctx context.Context, s *Service) error { return s.DeleteConfigurations(ctx, "conf", used) }
	}
	tests := map[string]struct {
		before []boot.Configuration
		do     func(ctx context.Context, s *Service) error
		want   []boot.Configuration
	}{
		"the first":  {nil, put(one), []boot.Configuration{one}},
		"another":    {[]boot.Configuration{one}, put(two), []boot.Configuration{one, two}},
		"delete two": {[]boot.Configuration{one, two, three}, remove(two.ID()), []boot.Configuration{two}},
		"delete all": {[]boot.Configuration{one, two}, remove(), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDeath(t, func(t *testing.T, fate awsfake.Fate, at int) (calls int) {
				synctest.Test(t, func(t *testing.T) {
					world := awsfake.NewWorld(awsfake.Options{Seed: uint64(at)})
					for _, configuration := range test.before {
						if err := newProcess(world).PutConfiguration(t.Context(), configuration); err != nil {
							t.Fatal(err)
						}
					}
					victim, mortal := newMortal(world, fate, at)
					err := test.do(t.Context(), victim)
					if calls = mortal.Calls(); !mortal.Dead() && err != nil {
						t.Fatalf("it lives, and got %v", err)
					}
					survivor := newProcess(world)
					if err := test.do(t.Context(), survivor); err != nil {
						t.Fatalf("again: %v", err)
					}
					wantContents(t, survivor, test.want)
					wantContents(t, newProcess(world), test.want)
					if templates := world.LaunchTemplates(); test.want == nil && len(templates) > 0 {
						t.Errorf("the launch template %s is left", templates[0].Name)
					}
				})
				return calls
			})
		})
	}
}

// wantContents fails the test unless exactly these are stored, in that order.
func wantContents(t *testing.T, s *Service, want []boot.Configuration) {
	t.Helper()
	var ids []string
	for _, configuration := range want {
		ids = append(ids, configuration.ID())
	}
	wantIDs(t, s, ids)
	for _, configuration := range want {
		got, err := s.Configuration(t.Context(), configuration.ID())
		if diff := cmp.Diff(configuration, got); err != nil || diff != "" {
			t.Errorf("got error %v, stored and returned (-want +got):\n%s", err, diff)
		}
	}
}

func wantIDs(t *testing.T, s *Service, want []string) {
	t.Helper()
	got, err := s.ConfigurationIDs(t.Context(), "conf")
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("got error %v, the contents (-want +got):\n%s", err, diff)
	}
}

func TestConfigurations_inAHostileWorld(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{Seed: seed, Faults: awsfake.Hostile()})
				one, two, three := testConfiguration("echo 1"), testConfiguration("echo 2"), testConfiguration("echo 3")
				first, second := newProcess(world), newProcess(world)
				var group sync.WaitGroup
				for _, s := range []*Service{first, second} {
					group.Go(func() {
						if err := s.PutConfiguration(t.Context(), one); err != nil {
							t.Error(err)
						}
						// What a process has stored it knows, whatever EC2 shows.
						wantContents(t, s, []boot.Configuration{one})
					})
				}
				group.Wait()
				for _, configuration := range []boot.Configuration{two, three, two} {
					if err := first.PutConfiguration(t.Context(), configuration); err != nil {
						t.Fatal(err)
					}
				}
				wantContents(t, first, []boot.Configuration{one, two, three})
				// Another process looks twice.
				if _, err := newProcess(world).Configuration(t.Context(), three.ID()); err != nil {
					t.Error(err)
				}
				if err := first.DeleteConfigurations(t.Context(), "conf", []string{three.ID()}); err != nil {
					t.Fatal(err)
				}
				wantContents(t, first, []boot.Configuration{three})
				if _, err := first.Configuration(t.Context(), one.ID()); !errors.Is(err, hosting.ErrNotFound) {
					t.Errorf("got %v for a deleted content, want ErrNotFound", err)
				}
				if err := first.DeleteConfigurations(t.Context(), "conf", nil); err != nil {
					t.Fatal(err)
				}
				wantContents(t, first, nil)
				if err := first.PutConfiguration(t.Context(), two); err != nil {
					t.Fatal(err)
				}
				wantContents(t, first, []boot.Configuration{two})
			})
		})
	}
}

func TestConfigurations_calls(t *testing.T) {
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
		put := func(script string) func() error {
			return func() error { return s.PutConfiguration(t.Context(), testConfiguration(script)) }
		}
		get := func() error {
			_, err := s.Configuration(t.Context(), testConfiguration("echo 1").ID())
			return err
		}
		wantCalls("the first", put("echo 1"), map[string]int{
			"DescribeLaunchTemplateVersions": 1, "CreateLaunchTemplate": 1, "CreateLaunchTemplateVersion": 1,
		})
		wantCalls("the same again", put("echo 1"), map[string]int{})
		wantCalls("another", put("echo 2"), map[string]int{"DescribeLaunchTemplateVersions": 1, "CreateLaunchTemplateVersion": 1})
		wantCalls("get", get, map[string]int{})
		s = newProcess(world)
		wantCalls("get in another process", get, map[string]int{"DescribeLaunchTemplateVersions": 1})
		wantCalls("get again", get, map[string]int{})
		wantCalls("template", func() error {
			found, err := s.findTemplate(t.Context(), testConfiguration("echo 2").ID())
			if found.ID != world.LaunchTemplates()[0].ID || found.Version != 3 {
				t.Errorf("got template %+v, want version 3 of %s", found, world.LaunchTemplates()[0].ID)
			}
			return err
		}, map[string]int{})
	})
}

// TestConfigurations_manyVersions has more contents than a page, or a call that deletes
// them, can hold.
func TestConfigurations_manyVersions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{Faults: awsfake.Faults{Shuffle: true, SplitPages: true}})
		s := newProcess(world)
		stored, err := s.claimTemplate(t.Context(), "conf")
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range maxTemplatePage + 3 {
			configuration := testConfiguration(fmt.Sprintf("echo %d", i))
			data, err := s.launchData(t.Context(), configuration)
			if err := errors.Join(err, s.addVersion(t.Context(), stored, configuration.ID(), data)); err != nil {
				t.Fatal(err)
			}
			want = append(want, configuration.ID())
		}
		wantIDs(t, newProcess(world), want)
		kept := want[len(want)-1:]
		if err := newProcess(world).DeleteConfigurations(t.Context(), "conf", kept); err != nil {
			t.Fatal(err)
		}
		wantIDs(t, newProcess(world), kept)
	})
}

// TestConfigurations_namespaces has two pairs of names that would be one text without
// a separator that neither can hold.
func TestConfigurations_namespaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		short, long := newProcess(world), newProcess(world)
		short.options.Namespace, long.options.Namespace = "a", "a-b"
		inShort, inLong := testConfiguration("echo"), testConfiguration("echo")
		inShort.Name, inLong.Name = "b-c", "c"
		for s, configuration := range map[*Service]boot.Configuration{short: inShort, long: inLong} {
			if err := s.PutConfiguration(t.Context(), configuration); err != nil {
				t.Fatal(err)
			}
		}
		if err := short.DeleteConfigurations(t.Context(), "b-c", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := newLike(long, world).Configuration(t.Context(), inLong.ID()); err != nil {
			t.Errorf("another namespace's content: %v", err)
		}
	})
}

func newLike(s *Service, world *awsfake.World) *Service {
	fresh := newProcess(world)
	fresh.options.Namespace = s.options.Namespace
	return fresh
}

func TestPutConfiguration_launchTemplate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		s := newProcess(world)
		if err := s.PutConfiguration(t.Context(), testConfiguration("echo CANARY")); err != nil {
			t.Fatal(err)
		}
		found := world.LaunchTemplates()
		if len(found) != 1 || found[0].Name != "muster.shop.conf" || len(found[0].Versions) != 2 {
			t.Fatalf("got %+v, want one template with two versions", found)
		}
		wantTags := map[string]string{"muster.ns": testNamespace, "muster.configuration": "conf", "Team": "shop"}
		if diff := cmp.Diff(wantTags, found[0].Tags); diff != "" {
			t.Errorf("its tags (-want +got):\n%s", diff)
		}
		version := found[0].Versions[1]
		if "conf@"+version.Description != testConfiguration("echo CANARY").ID() || len(version.UserData) == 0 {
			t.Errorf("got description %q and %d bytes of user data, want the hash and the content", version.Description, len(version.UserData))
		}
		if strings.Contains(string(version.UserData), "CANARY") {
			t.Error("the content isn't packed")
		}
	})
}

func TestPutConfiguration_tooLarge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := awsfake.NewWorld(awsfake.Options{})
		err := newProcess(world).PutConfiguration(t.Context(), testConfiguration(incompressible(30_000)))
		if err == nil || !strings.Contains(err.Error(), "holds at most 16384") {
			t.Errorf("got %v, want the limit", err)
		}
		if found := world.LaunchTemplates(); len(found) > 0 {
			t.Errorf("the launch template %s was created all the same", found[0].Name)
		}
	})
}

// incompressible returns a text of that length that can't be compressed by much.
func incompressible(length int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text, number := make([]byte, length), uint64(1)
	for i := range text {
		number = number*6364136223846793005 + 1442695040888963407
		text[i] = letters[number>>58]
	}
	return string(text)
}

func TestDecodeConfiguration_damaged(t *testing.T) {
	t.Parallel()
	whole, err := encodeConfiguration(testConfiguration("echo"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := encodeConfiguration(testConfiguration("echo other"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"nothing":             "",
		"no base64":           "%%%",
		"no gzip":             "aGVsbG8=",
		"cut off":             whole[:len(whole)/2],
		"of another content":  other,
		"followed by garbage": whole + whole,
	}
	for name, userData := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := decodeConfiguration(testConfiguration("echo").ID(), userData); err == nil {
				t.Error("got no error")
			}
		})
	}
}
