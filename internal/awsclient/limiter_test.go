package awsclient_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

type operation = func(context.Context, *awsclient.Session) error

// operations are those that the provider calls, one for each bucket.
func operations() map[string]operation {
	return map[string]operation{
		"RunInstances": func(ctx context.Context, s *awsclient.Session) error { return launch(ctx, s, 1) },
		"TerminateInstances": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{"i-1"}})
			return err
		},
		"RebootInstances": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{"i-1"}})
			return err
		},
		"CreateTags": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"i-1"}, Tags: []ec2types.Tag{{Key: aws.String("k")}}})
			return err
		},
		"DescribeInstances": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
			return err
		},
		"GetConsoleOutput": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String("i-1")})
			return err
		},
		"CreateLaunchTemplate": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String("lt-1")})
			return err
		},
		"CreateLaunchTemplateVersion": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.EC2().ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: aws.String("lt-1")})
			return err
		},
		"GetParameters": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.SSM().GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/x"}})
			return err
		},
		"DeleteParameters": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.SSM().DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{"/x"}})
			return err
		},
		"PutParameter": put,
		"GetMetricData": func(ctx context.Context, s *awsclient.Session) error {
			_, err := s.CloudWatch().GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
				StartTime: aws.Time(time.Now()), EndTime: aws.Time(time.Now()), MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("a")}},
			})
			return err
		},
	}
}

// welcome answers every request as the service does when nothing is wrong.
func welcome(r *http.Request, _ url.Values) answer {
	if r.Header.Get("Smithy-Protocol") != "" {
		return answer{status: 200, body: string(cbor.Encode(cbor.Map{}))}
	}
	return answer{status: 200}
}

// Calls made as fast as possible go at 80 % of what AWS allows: so many at once, and
// then one in each interval.
func TestSession_paces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		atOnce   int
		interval time.Duration
	}{
		"RunInstances":                {4, 625 * time.Millisecond},
		"TerminateInstances":          {80, 250 * time.Millisecond},
		"RebootInstances":             {40, 250 * time.Millisecond},
		"CreateTags":                  {80, 125 * time.Millisecond},
		"DescribeInstances":           {80, 62500 * time.Microsecond},
		"GetConsoleOutput":            {80, 62500 * time.Microsecond},
		"CreateLaunchTemplate":        {40, 250 * time.Millisecond},
		"CreateLaunchTemplateVersion": {80, 250 * time.Millisecond},
		"GetParameters":               {32, 31250 * time.Microsecond},
		"GetMetricData":               {40, 25 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t)
				s.answer = welcome
				repeat(t, s, name, test.atOnce+10)
				var want []time.Duration
				for i := range test.atOnce + 10 {
					want = append(want, time.Duration(max(0, i+1-test.atOnce))*test.interval)
				}
				if diff := cmp.Diff(want, rounded(s.times())); diff != "" {
					t.Errorf("when the requests were sent (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// repeat makes an operation's call so often, one after the other.
func repeat(t *testing.T, s *script, name string, times int) {
	t.Helper()
	session := s.open(awsclient.Options{})
	for range times {
		if err := operations()[name](t.Context(), session); err != nil {
			t.Fatal(err)
		}
	}
}

// rounded makes up for the limiter's floating point.
func rounded(times []time.Duration) []time.Duration {
	all := slices.Clone(times)
	for i := range all {
		all[i] = all[i].Round(50 * time.Microsecond)
	}
	return all
}

// Every caller of the process waits in one line, and the APIs don't hinder each other.
func TestSession_pacesAllCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		s.answer = welcome
		session := s.open(awsclient.Options{})
		var all sync.WaitGroup
		for _, name := range []string{"RunInstances", "DescribeInstances"} {
			for range 36 {
				all.Go(func() {
					if err := operations()[name](t.Context(), session); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		last := make(map[string]time.Duration)
		for _, request := range s.requests {
			last[request.Action] = request.At.Round(time.Millisecond)
		}
		// (36 - 4) / 1.6 per second.
		if diff := cmp.Diff(map[string]time.Duration{"RunInstances": 20 * time.Second, "DescribeInstances": 0}, last); diff != "" {
			t.Errorf("when the last requests were sent (-want +got):\n%s", diff)
		}
	})
}

// A repeated attempt costs AWS what the first one does, so it waits like the first one.
func TestSession_pacesEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t)
		var mu sync.Mutex
		failures := 60
		s.answer = func(*http.Request, url.Values) answer {
			mu.Lock()
			defer mu.Unlock()
			if failures--; failures >= 0 {
				return answer{status: 500, code: "InternalError"}
			}
			return answer{status: 200}
		}
		session := s.open(awsclient.Options{})
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				if err := launch(t.Context(), session, 1); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		times := s.times()
		slices.Sort(times)
		// (120 - 4) / 1.6 per second.
		if got, want := times[119], 72500*time.Millisecond; len(times) != 120 || got < want-time.Millisecond {
			t.Errorf("%d requests within %s, want 120 within %s or more", len(times), got, want)
		}
	})
}

// EC2 also counts instances.
func TestSession_pacesInstances(t *testing.T) {
	t.Parallel()
	const batch, launched = 100, "<RunInstancesResponse><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></RunInstancesResponse>"
	tests := map[string]struct {
		answer answer
		calls  int
		want   time.Duration
	}{
		// 8 batches at once, as far as their number goes, then 1.6 instances a second.
		"launches": {answer: answer{status: 200, body: "<R><instancesSet>" + repeated("<item><instanceId>i-1</instanceId></item>", batch) + "</instancesSet></R>"}, calls: 10, want: 125 * time.Second},
		// What hasn't been launched doesn't count; only the requests do: (40 - 4) / 1.6.
		"launches of one instead of a hundred": {answer: answer{status: 200, body: launched}, calls: 40, want: 22500 * time.Millisecond},
		"launches without capacity":            {answer: answer{status: 500, code: "InsufficientInstanceCapacity"}, calls: 40, want: 22500 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t)
				s.answer = always(test.answer)
				session := s.open(awsclient.Options{})
				for range test.calls {
					if err := launch(t.Context(), session, batch); (err == nil) != (test.answer.code == "") {
						t.Fatal(err)
					}
				}
				times := s.times()
				if got := times[len(times)-1].Round(time.Millisecond); len(times) != test.calls || got < test.want-200*time.Millisecond || got > test.want {
					t.Errorf("%d requests, the last one after %s, want %d and %s", len(times), got, test.calls, test.want)
				}
			})
		})
	}
}

func repeated(text string, times int) string {
	var all []byte
	for range times {
		all = append(all, text...)
	}
	return string(all)
}
