package awsfake_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// A client that repeats whatever fails, with the same tokens, gets what it wants even
// in a hostile world, and not twice.
func TestHostile(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: awsfake.Hostile(), Seed: seed}, func(t *testing.T, a account) {
				var template string
				stubbornly(t, func() error {
					out, err := a.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
						LaunchTemplateName: aws.String("web"), LaunchTemplateData: templateData(""), ClientToken: aws.String("once"),
					})
					if err == nil {
						template = *out.LaunchTemplate.LaunchTemplateId
					}
					return err
				})
				in := fromTemplate(template, "1")
				in.MinCount, in.MaxCount = aws.Int32(20), aws.Int32(20)
				var launched []string
				stubbornly(t, func() error {
					out, err := a.ec2.RunInstances(t.Context(), in)
					if err == nil {
						launched = ids(out.Instances)
					}
					return err
				})
				stubbornly(t, func() error { return a.tag(t, map[string]string{"a": "b"}, launched...) })
				stubbornly(t, func() error { return a.allShown(t, launched) })
				stubbornly(t, func() error {
					_, err := a.put(t, "/web", "value")
					return err
				})
				stubbornly(t, func() error {
					_, err := a.get(t, "/web")
					return err
				})
				if n := len(a.Live()); n != 20 || len(a.LaunchTemplates()) != 1 {
					t.Errorf("got %d instances of %d templates, want 20 of 1", n, len(a.LaunchTemplates()))
				}
				stubbornly(t, func() error {
					_, err := a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: launched})
					return err
				})
				if n := len(a.Live()); n != 0 {
					t.Errorf("got %d instances, want none", n)
				}
			})
		})
	}
}

// allShown returns an error until all of them are shown with address and tag.
func (a account) allShown(t *testing.T, launched []string) error {
	t.Helper()
	shown := map[string]bool{}
	in := &ec2.DescribeInstancesInput{MaxResults: aws.Int32(10), Filters: filter("tag:a", "b")}
	for more := true; more; more = in.NextToken != nil {
		var out *ec2.DescribeInstancesOutput
		stubbornly(t, func() (err error) {
			out, err = a.ec2.DescribeInstances(t.Context(), in)
			return err
		})
		for _, r := range out.Reservations {
			for _, i := range r.Instances {
				shown[*i.InstanceId] = i.PrivateIpAddress != nil && i.State.Name == ec2types.InstanceStateNameRunning
			}
		}
		in.NextToken = out.NextToken
	}
	missing := slices.DeleteFunc(slices.Clone(launched), func(id string) bool { return shown[id] })
	if len(missing) > 0 {
		return fmt.Errorf("%v aren't shown", missing)
	}
	return nil
}

// stubbornly does it once per second until it works.
func stubbornly(t *testing.T, do func() error) {
	t.Helper()
	var err error
	for range 300 {
		if err = do(); err == nil {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatal(err)
}

// Many clients at once, and answers that are large: no connection breaks unless it is
// to break.
func TestHTTPClient_concurrent(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		a.launch(t, launchInput("token", 50))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 3 {
					if _, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
						t.Error(err)
					}
					if _, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/x"}}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
	})
}

func BenchmarkHTTPClient(b *testing.B) {
	a := newAccount(awsfake.Options{})
	if _, err := a.ec2.RunInstances(b.Context(), launchInput("token", 1)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.ec2.DescribeInstances(b.Context(), &ec2.DescribeInstancesInput{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDescribeInstances(b *testing.B) {
	a := newAccount(awsfake.Options{})
	if _, err := a.ec2.RunInstances(b.Context(), launchInput("token", 1000)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.ec2.DescribeInstances(b.Context(), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)}); err != nil {
			b.Fatal(err)
		}
	}
}
