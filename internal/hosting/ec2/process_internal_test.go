package ec2

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

const testNamespace = "shop"

// newProcess returns the service of another process in the world.
func newProcess(world *awsfake.World) *Service { return newProcessWith(world.Config()) }

// newMortal returns the service of a process that meets its fate at call number at.
func newMortal(world *awsfake.World, fate awsfake.Fate, at int) (*Service, *awsfake.Mortal) {
	mortal := awsfake.NewMortal(world.Transport(), fate, at, nil)
	config := world.Config()
	client := world.HTTPClient()
	client.Transport = mortal
	config.HTTPClient = client
	return newProcessWith(config), mortal
}

func newProcessWith(config aws.Config) *Service {
	// The clients that users get try as often, and don't give up together.
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.RateLimiter = 25, ratelimit.None
		})
	}
	return New(Options{
		EC2: ec2.NewFromConfig(config), SSM: ssm.NewFromConfig(config),
		Namespace: testNamespace, Region: awsfake.Region, Account: awsfake.Account,
		DefaultTags: map[string]string{"Team": "shop"}, Now: time.Now,
	})
}

// eachDeath calls try with every fate at every call that a process makes: until one
// has made all its calls and not met its fate.
func eachDeath(t *testing.T, try func(t *testing.T, fate awsfake.Fate, at int) (calls int)) {
	t.Helper()
	for _, fate := range []awsfake.Fate{awsfake.DiesBefore, awsfake.DiesAfter, awsfake.LosesRequest, awsfake.LosesAnswer} {
		t.Run(fate.String(), func(t *testing.T) {
			t.Parallel()
			for at := 1; ; at++ {
				calls := 0
				if !t.Run(fmt.Sprintf("call %d", at), func(t *testing.T) { calls = try(t, fate, at) }) || calls < at {
					return
				}
			}
		})
	}
}

// testRef is the group of most tests.
func testRef() hosting.GroupRef { return hosting.GroupRef{Name: "web", Incarnation: "INCARNATION1"} }

// fullRecord returns a record in which every field is set.
func fullRecord() hosting.Group {
	return hosting.Group{
		GroupRef:      testRef(),
		State:         hosting.GroupCreating,
		Run:           "run-1",
		Configuration: "conf@0123456789abcdef",
		Parameters:    map[string]string{"greeting": "{{ hello }} {{{"},
		Size:          3,
		Restart:       "mark",
		Attempt:       2,
		Launch:        &hosting.PendingLaunch{Attempt: 2, Slots: []int{0, 2}, Fingerprint: "print"},
		Revision:      4,
		Values: map[string]boot.Value{
			"needed": {Text: "a\nb\xff\x01{{secret}}", Sensitive: true, Since: 4},
			"own":    {BySlot: map[int]string{0: "x", 2: "y"}, Since: 3},
		},
		Wires: map[string]hosting.Wire{"wire-1": {
			ID: "wire-1", Run: "run-1", Confirmed: true,
			From:   []hosting.Output{{Group: "db", Output: "private_ip"}},
			Select: hosting.SelectAll, Separator: ",", Into: "web", Parameter: "needed",
		}},
	}
}
