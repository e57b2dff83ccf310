package awsfake_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// What a new account may do at once, and in each second after that. Source: "Request
// throttling for the Amazon EC2 API"; SSM's as far as it is known.
func TestThrottle(t *testing.T) {
	t.Parallel()
	paged := &ec2.DescribeInstancesInput{MaxResults: aws.Int32(5)}
	for name, test := range map[string]struct {
		call          func(*testing.T, account) error
		burst, refill int
		code          string
	}{
		"RunInstances": {func(t *testing.T, a account) error {
			_, err := a.ec2.RunInstances(t.Context(), launchInput(fmt.Sprint(len(a.Instances())), 1))
			return err
		}, 5, 2, "503 RequestLimitExceeded"},
		"DescribeInstances with pages": {func(t *testing.T, a account) error {
			_, err := a.ec2.DescribeInstances(t.Context(), paged)
			return err
		}, 100, 20, "503 RequestLimitExceeded"},
		"DescribeInstances of everything": {func(t *testing.T, a account) error {
			_, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
			return err
		}, 50, 10, "503 RequestLimitExceeded"},
		"CreateLaunchTemplate": {func(t *testing.T, a account) error {
			_, err := a.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
				LaunchTemplateName: aws.String(fmt.Sprint("web-", len(a.LaunchTemplates()))), LaunchTemplateData: templateData(""),
			})
			return err
		}, 50, 5, "503 RequestLimitExceeded"},
		"PutParameter": {func(t *testing.T, a account) error {
			_, err := a.put(t, "/web", "value")
			return err
		}, 3, 3, "400 ThrottlingException"},
		"GetParameters": {func(t *testing.T, a account) error {
			_, err := a.ssm.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/web"}})
			return err
		}, 40, 40, "400 ThrottlingException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inAccount(t, awsfake.Options{Faults: awsfake.Faults{Throttle: true}}, func(t *testing.T, a account) {
				drain := func() int {
					n := 0
					for {
						if err := test.call(t, a); err != nil {
							wantRefusal(t, err, test.code)
							return n
						}
						n++
					}
				}
				if got := drain(); got != test.burst {
					t.Errorf("%d calls at once, want %d", got, test.burst)
				}
				time.Sleep(time.Second)
				if got := drain(); got != test.refill {
					t.Errorf("%d calls a second later, want %d", got, test.refill)
				}
				time.Sleep(time.Hour)
				if got := drain(); got != test.burst {
					t.Errorf("%d calls an hour later, want %d", got, test.burst)
				}
			})
		})
	}
}

// Instances are a resource of their own: 1000 at once, then two per second.
func TestThrottle_resources(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{Throttle: true}}, func(t *testing.T, a account) {
		a.launch(t, launchInput("first", 999))
		_, err := a.ec2.RunInstances(t.Context(), launchInput("second", 2))
		wantRefusal(t, err, "503 RequestLimitExceeded")
		time.Sleep(time.Second)
		a.launch(t, launchInput("second", 2))
		if n := len(a.Instances()); n != 1001 {
			t.Errorf("got %d instances, want 1001", n)
		}
	})
}

func TestThrottle_half(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{ThrottleHalf: true}}, func(t *testing.T, a account) {
		got := map[string]int{}
		for range 200 {
			_, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{})
			got[refusal(err)]++
		}
		if n := got["503 RequestLimitExceeded"]; n < 70 || n > 130 || n+got[""] != 200 {
			t.Errorf("got %v, want half of them throttled", got)
		}
	})
}

// A throttled call does nothing.
func TestThrottle_noEffect(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{Faults: awsfake.Faults{ThrottleHalf: true}}, func(t *testing.T, a account) {
		launched := 0
		for i := range 40 {
			if _, err := a.ec2.RunInstances(t.Context(), launchInput(fmt.Sprint(i), 1)); err == nil {
				launched++
			}
		}
		if got := len(a.Instances()); got != launched {
			t.Errorf("got %d instances of %d successful calls", got, launched)
		}
	})
}

func templateData(userData string) *ec2types.RequestLaunchTemplateData {
	return &ec2types.RequestLaunchTemplateData{
		ImageId: aws.String(awsfake.ImageID), InstanceType: "t3.small", UserData: aws.String(userData),
	}
}
