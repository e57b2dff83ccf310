package awsfake_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestVisibility(t *testing.T) {
	t.Parallel()
	faults := awsfake.Faults{
		DescribeLag: 10 * time.Second, AddressLag: 40 * time.Second, TagLag: 80 * time.Second, Boot: 30 * time.Second,
	}
	inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
		out, err := a.ec2.RunInstances(t.Context(), launchInput("token", 1))
		if err != nil {
			t.Fatal(err)
		}
		id := *out.Instances[0].InstanceId
		if out.Instances[0].PrivateIpAddress != nil {
			t.Error("the launch has answered with an address")
		}
		_, err = a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
		wantRefusal(t, err, "400 InvalidInstanceID.NotFound")

		start := time.Now()
		// A lag lasts between half of it and all of it.
		within := func(what string, most int) {
			t.Helper()
			if took := int(time.Since(start).Seconds()); took < most/2 || took > most {
				t.Errorf("%s after %d s, want %d to %d", what, took, most/2, most)
			}
		}
		until(t, func() bool { return a.seen(t, id) != nil })
		within("visible", 10)
		if got := a.seen(t, id); got.PrivateIpAddress != nil || got.State.Name != "pending" {
			t.Errorf("got %v, %v, want no address, pending", got.PrivateIpAddress, got.State.Name)
		}
		until(t, func() bool { return a.seen(t, id).State.Name == "running" })
		within("running", 30)
		until(t, func() bool { return a.seen(t, id).PrivateIpAddress != nil })
		within("its address", 40)
		wantRefusal(t, a.tag(t, map[string]string{"a": "b"}, id), "400 InvalidInstanceID.NotFound")
		until(t, func() bool { return a.tag(t, map[string]string{"a": "b"}, id) == nil })
		within("taggable", 80)
	})
}

// Instances of one launch don't become visible together.
func TestVisibility_oneByOne(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{DescribeLag: 20 * time.Second}}, func(t *testing.T, a account) {
		a.launch(t, launchInput("token", 10))
		some := func() bool {
			n := len(a.describe(t, &ec2.DescribeInstancesInput{}))
			return n > 0 && n < 10
		}
		until(t, some)
	})
}

func TestVisibility_end(t *testing.T) {
	t.Parallel()
	for name, vanish := range map[string]bool{"with its tags": false, "without its tags": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := awsfake.Faults{Shutdown: 20 * time.Second, TagsVanish: vanish}
			inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
				in := launchInput("token", 1)
				in.TagSpecifications = instanceTags(map[string]string{"a": "b"})
				id := a.launch(t, in)[0]
				out, err := a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
				if err != nil {
					t.Fatal(err)
				}
				change := out.TerminatingInstances[0]
				if change.PreviousState.Name != "running" || change.CurrentState.Name != "shutting-down" {
					t.Errorf("got %v to %v, want running to shutting-down", change.PreviousState.Name, change.CurrentState.Name)
				}
				until(t, func() bool { return a.seen(t, id).State.Name == "terminated" })
				last := a.seen(t, id)
				if got := aws.ToString(last.StateReason.Code); got != "Client.UserInitiatedShutdown" || last.PrivateIpAddress != nil {
					t.Errorf("got %s and address %v, want an end by the user, and none", got, last.PrivateIpAddress)
				}
				if got := len(last.Tags); (got == 0) != vanish {
					t.Errorf("got %d tags", got)
				}
				wantRefusal(t, a.tag(t, map[string]string{"c": "d"}, id), "400 InvalidInstanceID.NotFound")
				time.Sleep(59 * time.Minute)
				if a.seen(t, id) == nil {
					t.Error("it is gone before an hour has passed")
				}
				time.Sleep(2 * time.Minute)
				if a.seen(t, id) != nil {
					t.Error("it is still shown after an hour")
				}
			})
		})
	}
}

func TestDescribeInstances_filters(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		in := launchInput("muster-1-web", 2)
		in.TagSpecifications = instanceTags(map[string]string{"group": "web", "odd": "*"})
		web := a.launch(t, in)
		db := a.launch(t, launchInput("muster-2-db", 1))
		a.terminate(t, web[1])
		for name, test := range map[string]struct {
			filters []ec2types.Filter
			want    []string
		}{
			"a tag":                      {filter("tag:group", "web"), web},
			"a tag's other case":         {filter("tag:group", "Web"), nil},
			"a tag that none has":        {filter("tag:none", "*"), nil},
			"a star":                     {filter("client-token", "muster-*"), []string{web[0], web[1], db[0]}},
			"a question mark":            {filter("client-token", "muster-?-web"), web},
			"several values":             {filter("client-token", "muster-1-web", "muster-2-db"), []string{web[0], web[1], db[0]}},
			"an escaped star":            {filter("tag:odd", `\*`), web},
			"an escaped star in a token": {filter("client-token", `muster-\*`), nil},
			"several filters":            {slices.Concat(filter("tag:group", "*"), filter("instance-state-name", "running")), web[:1]},
			"an unknown instance":        {filter("instance-id", db[0], "i-00000000000000000"), db},
		} {
			if got := ids(a.describe(t, &ec2.DescribeInstancesInput{Filters: test.filters})); !slices.Equal(got, test.want) {
				t.Errorf("%s: got %v, want %v", name, got, test.want)
			}
		}
		_, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{db[0], "i-00000000000000000"}})
		wantRefusal(t, err, "400 InvalidInstanceID.NotFound")
	})
}

func TestDescribeInstances_pages(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]awsfake.Faults{
		"in order": {}, "shuffled": {Shuffle: true}, "split": {SplitPages: true}, "shuffled and split": {Shuffle: true, SplitPages: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: faults}, func(t *testing.T, a account) {
				launched := a.launch(t, launchInput("token", 40))
				before := a.Calls()["DescribeInstances"]
				got := ids(a.describe(t, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(10)}))
				pages := a.Calls()["DescribeInstances"] - before
				if slices.Equal(got, launched) == faults.Shuffle {
					t.Errorf("got the order %v of %v", got, launched)
				}
				if (pages == 4) == faults.SplitPages {
					t.Errorf("got %d pages", pages)
				}
				slices.Sort(got)
				slices.Sort(launched)
				if !slices.Equal(got, launched) {
					t.Errorf("got %v, want each once: %v", got, launched)
				}
			})
		})
	}
}

func TestDescribeInstances_refused(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		many := make([]string, 201)
		for i := range many {
			many[i] = "x"
		}
		for name, test := range map[string]struct {
			in   ec2.DescribeInstancesInput
			want string
		}{
			"small pages":       {ec2.DescribeInstancesInput{MaxResults: aws.Int32(4)}, "400 InvalidParameterValue"},
			"large pages":       {ec2.DescribeInstancesInput{MaxResults: aws.Int32(1001)}, "400 InvalidParameterValue"},
			"pages of IDs":      {ec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{"i-00000000000000000"}}, "400 InvalidParameterCombination"},
			"unknown token":     {ec2.DescribeInstancesInput{NextToken: aws.String("x")}, "400 InvalidParameterValue"},
			"malformed ID":      {ec2.DescribeInstancesInput{InstanceIds: []string{"web"}}, "400 InvalidInstanceID.Malformed"},
			"many values":       {ec2.DescribeInstancesInput{Filters: filter("instance-id", many...)}, "400 FilterLimitExceeded"},
			"filter of nothing": {ec2.DescribeInstancesInput{Filters: filter("instance-id")}, "400 InvalidParameterValue"},
		} {
			_, err := a.ec2.DescribeInstances(t.Context(), &test.in)
			if got := refusal(err); got != test.want {
				t.Errorf("%s: got %q, want %q", name, got, test.want)
			}
		}
	})
}
