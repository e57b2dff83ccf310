package awsfake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// put writes a parameter over what there is, and returns its version.
func (a account) put(t *testing.T, name, value string) (int64, error) {
	t.Helper()
	out, err := a.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: "String", Overwrite: aws.Bool(true), Tier: "Intelligent-Tiering",
	})
	if err != nil {
		return 0, err
	}
	return out.Version, nil
}

func (a account) mustPut(t *testing.T, name, value string) {
	t.Helper()
	if _, err := a.put(t, name, value); err != nil {
		t.Fatal(err)
	}
}

// get returns value and version of what "name" or "name:version" reads.
func (a account) get(t *testing.T, name string) (string, error) {
	t.Helper()
	out, err := a.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s v%d", *out.Parameter.Value, out.Parameter.Version), nil
}

func (a account) wantValue(t *testing.T, name, want string) {
	t.Helper()
	if got, err := a.get(t, name); err != nil || got != want {
		t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
	}
}

func TestSSM_versions(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		for i := 1; i <= 120; i++ {
			if version, err := a.put(t, "/muster/web", fmt.Sprint("value ", i)); err != nil || version != int64(i) {
				t.Fatalf("got version %d, %v, want %d", version, err, i)
			}
		}
		a.wantValue(t, "/muster/web", "value 120 v120")
		a.wantValue(t, "/muster/web:21", "value 21 v21")
		_, err := a.get(t, "/muster/web:20") // The last 100 are kept.
		wantRefusal(t, err, "400 ParameterVersionNotFound")
		_, err = a.get(t, "/muster/web:121")
		wantRefusal(t, err, "400 ParameterVersionNotFound")
		_, err = a.get(t, "/muster/db")
		wantRefusal(t, err, "400 ParameterNotFound")

		out, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/muster/web:20", "/muster/web:119", "/muster/db"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Parameters) != 1 || *out.Parameters[0].Value != "value 119" || !slices.Equal(out.InvalidParameters, []string{"/muster/web:20", "/muster/db"}) {
			t.Errorf("got %v and %v", out.Parameters, out.InvalidParameters)
		}
		if modified := out.Parameters[0].LastModifiedDate; modified == nil || !modified.Equal(time.Now()) {
			t.Errorf("modified at %v, want now", modified)
		}
	})
}

func TestSSM_createOnce(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		create := func() error {
			_, err := a.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: aws.String("/muster/web"), Value: aws.String("mine"), Type: "String",
				Tags: []ssmtypes.Tag{{Key: aws.String("muster.ns"), Value: aws.String("shop")}},
			})
			return err
		}
		wantRefusal(t, create(), "")
		wantRefusal(t, create(), "400 ParameterAlreadyExists")
		if got := a.Parameters(); len(got) != 1 || got[0].Value != "mine" || got[0].Tags["muster.ns"] != "shop" || got[0].Version != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSSM_refused(t *testing.T) {
	t.Parallel()
	text := func(n int) *string { return aws.String(strings.Repeat("x", n)) }
	for name, test := range map[string]struct {
		change func(*ssm.PutParameterInput)
		want   string
	}{
		"4096 bytes":                          {func(in *ssm.PutParameterInput) { in.Value = text(4096) }, ""},
		"4097 bytes":                          {func(in *ssm.PutParameterInput) { in.Value = text(4097) }, "400 ValidationException"},
		"4097 bytes with Intelligent-Tiering": {func(in *ssm.PutParameterInput) { in.Value, in.Tier = text(4097), "Intelligent-Tiering" }, ""},
		"8192 bytes, advanced":                {func(in *ssm.PutParameterInput) { in.Value, in.Tier = text(8192), "Advanced" }, ""},
		"8193 bytes with Intelligent-Tiering": {func(in *ssm.PutParameterInput) { in.Value, in.Tier = text(8193), "Intelligent-Tiering" }, "400 ValidationException"},
		"nothing":                             {func(in *ssm.PutParameterInput) { in.Value = aws.String("") }, "400 ValidationException"},
		"a reference":                         {func(in *ssm.PutParameterInput) { in.Value = aws.String("{{ssm:x}}") }, "400 ValidationException"},
		"no type":                             {func(in *ssm.PutParameterInput) { in.Type = "" }, "400 ValidationException"},
		"tags of what is overwritten": {
			func(in *ssm.PutParameterInput) {
				in.Overwrite, in.Tags = aws.Bool(true), []ssmtypes.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
			}, "400 ValidationException",
		},
		"a key of what isn't secret": {func(in *ssm.PutParameterInput) { in.KeyId = aws.String("alias/mine") }, "400 ValidationException"},
		"a space in the name":        {func(in *ssm.PutParameterInput) { in.Name = aws.String("/a b") }, "400 ValidationException"},
		"no slash before the name":   {func(in *ssm.PutParameterInput) { in.Name = aws.String("a/b") }, "400 ValidationException"},
		"the name of somebody else":  {func(in *ssm.PutParameterInput) { in.Name = aws.String("/aws/web") }, "400 ValidationException"},
		"fifteen levels":             {func(in *ssm.PutParameterInput) { in.Name = aws.String(strings.Repeat("/a", 15)) }, ""},
		"sixteen levels":             {func(in *ssm.PutParameterInput) { in.Name = aws.String(strings.Repeat("/a", 16)) }, "400 HierarchyLevelLimitExceededException"},
		"a type that there isn't":    {func(in *ssm.PutParameterInput) { in.Type = "Number" }, "400 UnsupportedParameterType"},
		"the reserved tag of somebody": {func(in *ssm.PutParameterInput) {
			in.Tags = []ssmtypes.Tag{{Key: aws.String("aws:x"), Value: aws.String("b")}}
		}, "400 ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				in := &ssm.PutParameterInput{Name: aws.String("/muster/web"), Value: aws.String("x"), Type: "String"}
				test.change(in)
				_, err := a.ssm.PutParameter(t.Context(), in)
				wantRefusal(t, err, test.want)
				if n := len(a.Parameters()); (n == 0) != (test.want != "") {
					t.Errorf("%d parameters", n)
				}
			})
		})
	}
}

func TestSSM_tiers(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		var got []string
		for _, size := range []int{10, 5000, 10} {
			a.mustPut(t, "/web", strings.Repeat("x", size))
			got = append(got, a.Parameters()[0].Tier)
		}
		if want := []string{"Standard", "Advanced", "Advanced"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestSSM_secret(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		_, err := a.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/web"), Value: aws.String("canary"), Type: "SecureString", KeyId: aws.String("alias/mine"),
		})
		if err != nil {
			t.Fatal(err)
		}
		a.wantValue(t, "/web", "canary v1")
		out, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/web"}})
		if err != nil || strings.Contains(*out.Parameters[0].Value, "canary") || *out.Parameters[0].Value == "" {
			t.Errorf("got %v, %v, want ciphertext", out, err)
		}
		for where, what := range a.Readable() {
			if strings.Contains(what, "canary") {
				t.Errorf("%s is readable: %s", where, what)
			}
		}
		_, err = a.ssm.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/web"), Value: aws.String("canary"), Type: "String", Overwrite: aws.Bool(true),
		})
		wantRefusal(t, err, "400 HierarchyTypeMismatchException")
	})
}

// For a while after a put, a read sees what was there before, now and then.
func TestSSM_staleReads(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		a.mustPut(t, "/web", "old")
		a.SetFaults(awsfake.Faults{ParameterLag: 10 * time.Second})
		a.mustPut(t, "/web", "new")
		a.mustPut(t, "/db", "new")

		seen := map[string]int{}
		for range 50 {
			for _, name := range []string{"/web", "/web:2", "/db"} {
				value, err := a.get(t, name)
				seen[name+" "+value+refusal(err)]++
			}
			out, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/web:2"}})
			if err != nil {
				t.Fatal(err)
			}
			seen[fmt.Sprint("invalid ", len(out.InvalidParameters))]++
		}
		for _, want := range []string{
			"/web old v1", "/web new v2", "/web:2 new v2", "/web:2 400 ParameterVersionNotFound",
			"/db new v1", "/db 400 ParameterNotFound", "invalid 0", "invalid 1",
		} {
			if seen[want] == 0 {
				t.Errorf("%q was never seen, but %v", want, seen)
			}
		}
		time.Sleep(10 * time.Second)
		for range 50 {
			a.wantValue(t, "/web", "new v2")
		}
	})
}

func TestSSM_recreate(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{RecreateDelay: 30 * time.Second}}, func(t *testing.T, a account) {
		a.mustPut(t, "/web", "old")
		a.mustPut(t, "/web", "older")
		a.delete(t, "/web")
		_, err := a.get(t, "/web")
		wantRefusal(t, err, "400 ParameterNotFound")

		refusals := map[string]int{}
		took := until(t, func() bool {
			_, err := a.put(t, "/web", "new")
			refusals[refusal(err)]++
			return err == nil
		})
		if took != 30 || refusals["400 ParameterAlreadyExists"] == 0 || refusals["400 TooManyUpdates"] == 0 {
			t.Errorf("recreated after %d s, want 30; refused with %v", took, refusals)
		}
		a.wantValue(t, "/web", "new v1")
	})
}

func (a account) delete(t *testing.T, names ...string) {
	t.Helper()
	out, err := a.ssm.DeleteParameters(t.Context(), &ssm.DeleteParametersInput{Names: names})
	if err != nil || !slices.Equal(out.DeletedParameters, names) {
		t.Fatalf("got %v, %v, want %v", out, err, names)
	}
}

func TestSSM_batches(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		var names []string
		for i := range 11 {
			names = append(names, fmt.Sprint("/muster/", i))
			a.mustPut(t, names[i], "x")
		}
		_, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: names})
		wantRefusal(t, err, "400 ValidationException")
		_, err = a.ssm.DeleteParameters(t.Context(), &ssm.DeleteParametersInput{Names: names})
		wantRefusal(t, err, "400 ValidationException")
		_, err = a.ssm.GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/muster"), MaxResults: aws.Int32(11)})
		wantRefusal(t, err, "400 ValidationException")

		out, err := a.ssm.DeleteParameters(t.Context(), &ssm.DeleteParametersInput{Names: []string{names[0], "/other"}})
		if err != nil || len(out.DeletedParameters) != 1 || !slices.Equal(out.InvalidParameters, []string{"/other"}) {
			t.Errorf("got %v, %v, want one deleted and one invalid", out, err)
		}
	})
}

func TestSSM_byPath(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]awsfake.Faults{"whole pages": {}, "split pages": {SplitPages: true, Shuffle: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
				var want []string
				for i := range 25 {
					want = append(want, fmt.Sprintf("/muster/shop/web/%02d", i))
					a.mustPut(t, want[i], "x")
				}
				a.mustPut(t, "/muster/shop/web", "not below itself")
				a.mustPut(t, "/muster/shop/web/01/deep", "x")
				a.mustPut(t, "/muster/shop/webber/01", "x")

				got, empty := a.byPath(t, "/muster/shop/web", false)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if (empty == 0) == faults.SplitPages {
					t.Errorf("%d empty pages", empty)
				}
				if got, _ := a.byPath(t, "/muster/shop/web/", true); len(got) != 26 {
					t.Errorf("got %d below, want 26", len(got))
				}
			})
		})
	}
}

// byPath returns all names under the path, and how many pages there were without any.
func (a account) byPath(t *testing.T, path string, recursive bool) (names []string, empty int) {
	t.Helper()
	in := &ssm.GetParametersByPathInput{Path: &path, Recursive: &recursive}
	for more := true; more; more = in.NextToken != nil {
		out, err := a.ssm.GetParametersByPath(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.Parameters {
			names = append(names, *p.Name)
		}
		if len(out.Parameters) == 0 {
			empty++
		}
		in.NextToken = out.NextToken
	}
	return names, empty
}
