package awsfake_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lost awsfake.Lost
		want []int // calls without an answer
	}{
		"some calls": {awsfake.Lost{Calls: []int{2, 5}}, []int{2, 5}},
		"every nth":  {awsfake.Lost{Every: 3}, []int{3, 6, 9}},
		"both":       {awsfake.Lost{Calls: []int{1}, Every: 4}, []int{1, 4, 8}},
		"all":        {awsfake.Lost{Share: 1}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		"another":    {awsfake.Lost{Share: 1, Operations: []string{"CreateTags"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: awsfake.Faults{Lost: test.lost}}, func(t *testing.T, a account) {
				var got []int
				for call := 1; call <= 10; call++ {
					_, err := a.ec2.RunInstances(t.Context(), launchInput(fmt.Sprint(call), 1))
					if err == nil {
						continue
					}
					got = append(got, call)
					if !errors.Is(err, io.EOF) {
						t.Errorf("call %d: %v, want a connection that has ended", call, err)
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if n := len(a.Instances()); n != 10 {
					t.Errorf("%d instances, want 10: every call has taken effect", n)
				}
			})
		})
	}
}

// An internal error tells nothing: the call has taken effect.
func TestLost_internalErrors(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Lost: awsfake.Lost{Share: 1, InternalErrors: true}}}, func(t *testing.T, a account) {
		broken, internal := 0, 0
		for call := range 20 {
			_, err := a.ec2.RunInstances(t.Context(), launchInput(fmt.Sprint(call), 1))
			switch {
			case errors.Is(err, io.EOF):
				broken++
			case refusal(err) == "500 InternalError":
				internal++
			}
		}
		if broken == 0 || internal == 0 || broken+internal != 20 || len(a.Instances()) != 20 {
			t.Errorf("%d broken connections, %d internal errors, %d instances, want 20, of both kinds", broken, internal, len(a.Instances()))
		}
	})
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	refuse := []awsfake.Refusal{
		{Operation: "RunInstances", Status: 403, Code: "UnauthorizedOperation", Message: "no", Calls: []int{2}},
		{Operation: "CreateTags", Status: 503, Code: "Unavailable"},
	}
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Refuse: refuse}}, func(t *testing.T, a account) {
		first := a.launch(t, launchInput("1", 1))
		_, err := a.ec2.RunInstances(t.Context(), launchInput("2", 1))
		wantRefusal(t, err, "403 UnauthorizedOperation")
		a.launch(t, launchInput("3", 1))
		for range 2 {
			wantRefusal(t, a.tag(t, map[string]string{"a": "b"}, first...), "503 Unavailable")
		}
		if n := len(a.Instances()); n != 2 || len(a.Instances()[0].Tags) != 0 {
			t.Errorf("got %d instances, want 2 without tags", n)
		}
	})
}

// The SDK repeats what was lost, with the same token.
func TestLost_repeated(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Lost: awsfake.Lost{Calls: []int{1, 2}}}}, func(t *testing.T, a account) {
		client := ec2.NewFromConfig(a.Config())
		in := launchInput("", 3)
		in.ClientToken = nil // The SDK makes one.
		out, err := client.RunInstances(t.Context(), in)
		if err != nil || len(out.Instances) != 3 {
			t.Fatalf("got %v, %v, want three instances", out, err)
		}
		if got := a.Calls()["RunInstances"]; got != 3 || len(a.Instances()) != 3 {
			t.Errorf("got %d calls and %d instances, want three of each", got, len(a.Instances()))
		}
	})
}

func TestMortal(t *testing.T) {
	t.Parallel()
	for fate, test := range map[awsfake.Fate]struct {
		launched []string // tokens of what exists afterwards
		calls    int
		dead     bool
		failed   []int
	}{
		awsfake.DiesBefore:   {[]string{"1"}, 2, true, []int{2, 3, 4}},
		awsfake.DiesAfter:    {[]string{"1", "2"}, 2, true, []int{2, 3, 4}},
		awsfake.LosesRequest: {[]string{"1", "3", "4"}, 4, false, []int{2}},
		awsfake.LosesAnswer:  {[]string{"1", "2", "3", "4"}, 4, false, []int{2}},
	} {
		t.Run(fate.String(), func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
				killed := 0
				mortal := awsfake.NewMortal(a.Transport(), fate, 2, func() { killed++ })
				client := ec2.NewFromConfig(a.ConfigOver(mortal), func(o *ec2.Options) {
					if !test.dead {
						o.RetryMaxAttempts = 1
					}
				})
				var failed []int
				for call := 1; call <= 4; call++ {
					if _, err := client.RunInstances(t.Context(), launchInput(fmt.Sprint(call), 1)); err != nil {
						failed = append(failed, call)
						var death *awsfake.DeathError
						if errors.As(err, &death) != test.dead {
							t.Errorf("call %d: %v", call, err)
						}
					}
				}
				if diff := cmp.Diff(test.failed, failed); diff != "" {
					t.Errorf("failed calls, -want +got:\n%s", diff)
				}
				var launched []string
				for _, i := range a.Instances() {
					launched = append(launched, i.ClientToken)
				}
				if !slices.Equal(launched, test.launched) {
					t.Errorf("got instances of %v, want %v", launched, test.launched)
				}
				if mortal.Calls() != test.calls || mortal.Dead() != test.dead || (killed == 1) != test.dead {
					t.Errorf("%d calls, dead: %v, killed %d times, want %d calls, dead: %v", mortal.Calls(), mortal.Dead(), killed, test.calls, test.dead)
				}
			})
		})
	}
}

func TestMortal_counts(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		mortal := awsfake.NewMortal(a.Transport(), awsfake.DiesBefore, 0, nil)
		client := ec2.NewFromConfig(a.ConfigOver(mortal))
		for range 7 {
			if _, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
				t.Fatal(err)
			}
		}
		if got := mortal.Calls(); got != 7 || mortal.Dead() {
			t.Errorf("got %d calls, dead: %v, want 7, alive", got, mortal.Dead())
		}
	})
}
