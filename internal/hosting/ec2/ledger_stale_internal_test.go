package ec2

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// frozenSSM shows, for a while, the parameters as they were at some moment, also those
// that were deleted since. Writes go through.
type frozenSSM struct {
	SSMAPI

	// shown are the parameters of that moment by name; after until, the present is shown.
	shown map[string]ssmtypes.Parameter
	until time.Time
}

func (f *frozenSSM) frozen() bool { return time.Now().Before(f.until) }

func (f *frozenSSM) freeze(ctx context.Context, t *testing.T) {
	t.Helper()
	now, err := f.SSMAPI.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: new("/"), Recursive: new(true), WithDecryption: new(true)})
	if err != nil || now.NextToken != nil {
		t.Fatalf("got %v and error %v, want one page", now, err)
	}
	f.shown = make(map[string]ssmtypes.Parameter)
	for _, p := range now.Parameters {
		f.shown[*p.Name] = p
	}
}

func (f *frozenSSM) GetParameters(ctx context.Context, in *ssm.GetParametersInput, options ...func(*ssm.Options)) (*ssm.GetParametersOutput, error) {
	if !f.frozen() {
		return f.SSMAPI.GetParameters(ctx, in, options...)
	}
	output := &ssm.GetParametersOutput{}
	for _, name := range in.Names {
		if p, ok := f.shown[name]; ok {
			output.Parameters = append(output.Parameters, p)
		}
	}
	return output, nil
}

func (f *frozenSSM) GetParametersByPath(ctx context.Context, in *ssm.GetParametersByPathInput, options ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error) {
	if !f.frozen() {
		return f.SSMAPI.GetParametersByPath(ctx, in, options...)
	}
	output := &ssm.GetParametersByPathOutput{}
	for _, name := range slices.Sorted(maps.Keys(f.shown)) {
		if below, ok := strings.CutPrefix(name, *in.Path+"/"); ok && (*in.Recursive || !strings.Contains(below, "/")) {
			output.Parameters = append(output.Parameters, f.shown[name])
		}
	}
	return output, nil
}

func TestLedger_knowsBetterThanAnOldAnswer(t *testing.T) {
	t.Parallel()
	// A record that says that a launch is under way would be read twice.
	predecessor := func() hosting.Group {
		group := fullRecord()
		group.Launch = nil
		return group
	}
	successor := func() hosting.Group {
		group := predecessor()
		group.Incarnation, group.Size = "SUCCESSOR", 8
		return group
	}
	another := func() hosting.Group {
		group := predecessor()
		group.Name = "another"
		return group
	}
	mustCreate := func(ctx context.Context, t *testing.T, s *Service, group hosting.Group) {
		t.Helper()
		if err := s.CreateGroup(ctx, group); err != nil {
			t.Fatal(err)
		}
	}
	mustDelete := func(ctx context.Context, t *testing.T, s *Service) {
		t.Helper()
		if err := s.DeleteGroup(ctx, testRef()); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		// happens is what the process and another one do after the answers have frozen.
		happens func(ctx context.Context, t *testing.T, s, other *Service)
		// want is what is there then; nil: nothing.
		want *hosting.Group
	}{
		"of what it has deleted": {
			func(ctx context.Context, t *testing.T, s, _ *Service) { mustDelete(ctx, t, s) }, nil,
		},
		"of what it has deleted and replaced": {
			func(ctx context.Context, t *testing.T, s, _ *Service) {
				mustDelete(ctx, t, s)
				mustCreate(ctx, t, s, successor())
			}, new(successor()),
		},
		"of what another one has deleted and it has replaced": {
			func(ctx context.Context, t *testing.T, s, other *Service) {
				mustDelete(ctx, t, other)
				mustCreate(ctx, t, s, successor())
			}, new(successor()),
		},
		"of what it has created": {
			func(ctx context.Context, t *testing.T, s, _ *Service) { mustCreate(ctx, t, s, another()) }, new(another()),
		},
		"of what it has changed": {
			func(ctx context.Context, t *testing.T, s, _ *Service) {
				if _, err := s.UpdateGroup(ctx, testRef(), func(group *hosting.Group) error { group.Size = 9; return nil }); err != nil {
					t.Fatal(err)
				}
			}, func() *hosting.Group { group := predecessor(); group.Size = 9; return &group }(),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				world := awsfake.NewWorld(awsfake.Options{})
				s, other := newProcess(world), newProcess(world)
				mustCreate(t.Context(), t, s, predecessor())
				frozen := &frozenSSM{SSMAPI: s.options.SSM}
				frozen.freeze(t.Context(), t)
				s.options.SSM = frozen
				test.happens(t.Context(), t, s, other)

				freeze := func() { frozen.until = time.Now().Add(lagPatience / 2) }
				freeze()
				began := time.Now()
				if test.want == nil {
					all, err := s.Groups(t.Context())
					if _, getErr := s.Group(t.Context(), "web"); !errors.Is(getErr, hosting.ErrNotFound) || err != nil || len(all) > 0 {
						t.Errorf("got %v, and the list %v with error %v, want nothing", getErr, all, err)
					}
					if waited := time.Since(began); waited > 0 {
						t.Errorf("it took %v to know what it knows", waited)
					}
					return
				}
				// What was written isn't shown at all: it shows in time.
				wantGroup(t, s, *test.want)
				freeze()
				all, err := s.Groups(t.Context())
				if err != nil || !slices.ContainsFunc(all, func(one hosting.Group) bool { return one.GroupRef == test.want.GroupRef }) {
					t.Errorf("got the list %v and error %v, want %v in it", all, err, test.want.GroupRef)
				}
			})
		})
	}
}

func TestCatalog_reconcile(t *testing.T) {
	t.Parallel()
	version := func(templateID string, number int, hash string) content {
		return content{id: "conf@" + hash, template: template{ID: templateID, Version: number}}
	}
	const one, two = "1111111111111111", "2222222222222222"
	shown := contents{name: "conf", templateID: "lt-1", list: []content{version("lt-1", 3, two), version("lt-1", 2, one)}}
	tests := map[string]struct {
		does  func(c *catalog)
		shown contents
		// want are the template and the IDs.
		want string
		ids  []string
	}{
		"nothing was done":             {func(*catalog) {}, shown, "lt-1", []string{"conf@" + one, "conf@" + two}},
		"its version isn't shown":      {func(c *catalog) { c.add("conf", version("lt-1", 4, "3333333333333333")) }, shown, "lt-1", []string{"conf@" + one, "conf@" + two, "conf@3333333333333333"}},
		"its template isn't shown":     {func(c *catalog) { c.claim("conf", "lt-1") }, contents{name: "conf"}, "lt-1", nil},
		"its deletion isn't shown":     {func(c *catalog) { c.dropVersion(version("lt-1", 2, one)) }, shown, "lt-1", []string{"conf@" + two}},
		"the end of its template":      {func(c *catalog) { c.dropTemplate("conf", "lt-1") }, shown, "", nil},
		"its new template isn't shown": {func(c *catalog) { c.dropTemplate("conf", "lt-1"); c.claim("conf", "lt-2") }, shown, "lt-2", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known := newCatalog()
			test.does(&known)
			test.shown.list = slices.Clone(test.shown.list)
			got := known.reconcile(test.shown)
			if got.templateID != test.want || !slices.Equal(got.ids(), test.ids) {
				t.Errorf("got %q with %v, want %q with %v", got.templateID, got.ids(), test.want, test.ids)
			}
		})
	}
}
