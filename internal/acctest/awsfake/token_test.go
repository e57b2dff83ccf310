package awsfake_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestClientToken_replay(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		first := a.launch(t, launchInput("token", 3))
		if err := a.EndInstance(first[1]); err != nil {
			t.Fatal(err)
		}

		again, err := a.ec2.RunInstances(t.Context(), launchInput("token", 3))
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(again.Instances); !slices.Equal(got, first) {
			t.Errorf("got %v, want %v", got, first)
		}
		if got := again.Instances[1].State.Name; got != "stopped" {
			t.Errorf("got %s, want the state of now, stopped", got)
		}
		if n := len(a.Instances()); n != 3 {
			t.Errorf("got %d instances, want 3", n)
		}
	})
}

func TestClientToken_places(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Subnets: []awsfake.Subnet{
		{ID: "subnet-a1", Zone: "eu-central-1a"}, {ID: "subnet-a2", Zone: "eu-central-1a"}, {ID: "subnet-b1", Zone: "eu-central-1b"},
	}}, func(t *testing.T, a account) {
		in := func(subnet string) *ec2.RunInstancesInput {
			in := launchInput("token", 1)
			in.SubnetId = aws.String(subnet)
			return in
		}
		a.launch(t, in("subnet-a1"))
		a.launch(t, in("subnet-b1")) // Another zone, another launch.
		if n := len(a.Instances()); n != 2 {
			t.Errorf("got %d instances, want one per zone", n)
		}
		_, err := a.ec2.RunInstances(t.Context(), in("subnet-a2")) // Another argument in the same zone.
		wantRefusal(t, err, "400 IdempotentParameterMismatch")

		anywhere := launchInput("token", 1)
		anywhere.SubnetId = nil
		one, same := a.launch(t, anywhere), a.launch(t, anywhere)
		if !slices.Equal(one, same) || len(a.Instances()) != 3 {
			t.Errorf("got %v and %v, want one instance of the region's token", one, same)
		}
	})
}

func TestClientToken_mismatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mismatch awsfake.Mismatch
		want     string
	}{
		"fails":   {awsfake.MismatchFails, "400 IdempotentParameterMismatch"},
		"replays": {awsfake.MismatchReplays, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: awsfake.Faults{Mismatch: test.mismatch}}, func(t *testing.T, a account) {
				a.launch(t, launchInput("token", 2))
				changed := launchInput("token", 2)
				changed.UserData = aws.String("YQ==")
				_, err := a.ec2.RunInstances(t.Context(), changed)
				wantRefusal(t, err, test.want)
				if n := len(a.Instances()); n != 2 {
					t.Errorf("got %d instances, want 2", n)
				}
			})
		})
	}
}

func TestClientToken_mismatchEither(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Mismatch: awsfake.MismatchEither}}, func(t *testing.T, a account) {
		a.launch(t, launchInput("token", 2))
		outcomes := map[string]int{}
		for range 40 {
			_, err := a.ec2.RunInstances(t.Context(), launchInput("token", 3))
			outcomes[refusal(err)]++
		}
		if len(outcomes) != 2 || outcomes[""] == 0 || outcomes["400 IdempotentParameterMismatch"] == 0 {
			t.Errorf("got %v, want both outcomes", outcomes)
		}
	})
}

func TestClientToken_burnt(t *testing.T) {
	t.Parallel()
	const burnt = "400 IdempotentInstanceTerminated"
	for name, test := range map[string]struct {
		when     awsfake.Burnt
		one, all string
	}{
		"by any": {when: awsfake.BurntByAny, one: burnt, all: burnt},
		"by all": {when: awsfake.BurntByAll, one: "", all: burnt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: awsfake.Faults{Burnt: test.when}}, func(t *testing.T, a account) {
				launched := a.launch(t, launchInput("token", 2))
				a.terminate(t, launched[0])
				_, err := a.ec2.RunInstances(t.Context(), launchInput("token", 2))
				wantRefusal(t, err, test.one)
				a.terminate(t, launched[1])
				_, err = a.ec2.RunInstances(t.Context(), launchInput("token", 2))
				wantRefusal(t, err, test.all)
				if n := len(a.Instances()); n != 2 {
					t.Errorf("got %d instances, want 2", n)
				}
			})
		})
	}
}

// A launch that has failed may be repeated. Whether its token can be used for something
// else is not documented; there are reports that it can't.
func TestClientToken_ofFailure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kept bool
		want string
	}{
		"forgotten": {false, ""},
		"kept":      {true, "400 IdempotentParameterMismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := awsfake.Faults{FailedTokens: test.kept, CapacityStatus: 400, Mismatch: awsfake.MismatchReplays}
			scarce := faults
			scarce.Capacity = []awsfake.Capacity{{Instances: 0}}
			inAccount(t, awsfake.Options{Faults: scarce}, func(t *testing.T, a account) {
				_, err := a.ec2.RunInstances(t.Context(), launchInput("token", 1))
				wantRefusal(t, err, "400 InsufficientInstanceCapacity")
				a.SetFaults(faults)
				_, err = a.ec2.RunInstances(t.Context(), launchInput("token", 2))
				wantRefusal(t, err, test.want)
				if !test.kept {
					return
				}
				if got := a.launch(t, launchInput("token", 1)); len(got) != 1 {
					t.Errorf("got %d instances, want 1", len(got))
				}
			})
		})
	}
}
