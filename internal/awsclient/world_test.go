package awsclient_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

// In a bubble, with a client in memory, against an account that has AWS's own rates:
// credentials, calls and the limiter work. Nothing is ever throttled but writes of
// parameters, where the account's rate has to be found out.
func TestSession_staysBelowTheRatesOfTheFake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hub = "arn:aws:iam::" + awsfake.Account + ":role/hub"
		world := awsfake.NewWorld(awsfake.Options{Roles: []awsfake.Role{{ARN: hub}}, Faults: awsfake.Faults{Throttle: true}})
		session, err := awsclient.Open(t.Context(), awsclient.Options{
			Region: awsfake.Region, AccessKey: awsfake.AccessKey, SecretKey: awsfake.SecretKey,
			AssumeRole: []awsclient.AssumeRole{{RoleARN: hub}}, HTTPClient: world.HTTPClient(),
			Endpoints: map[string]string{"ec2": "http://fake", "ssm": "http://fake", "sts": "http://fake"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if session.Account() != awsfake.Account {
			t.Errorf("the account is %q", session.Account())
		}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				for range 6 {
					if err := exercise(t.Context(), session); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		throttled := make(map[string]int)
		for _, record := range world.Records() {
			if record.ErrorCode != "" {
				throttled[record.Operation+" "+record.ErrorCode]++
			}
		}
		const found = "PutParameter ThrottlingException"
		if throttled[found] > 6 {
			t.Errorf("of 30 writes, %d attempts were throttled", throttled[found])
		}
		delete(throttled, found)
		if diff := cmp.Diff(map[string]int{}, throttled); diff != "" {
			t.Errorf("refused calls (-want +got):\n%s", diff)
		}
	})
}

// exercise makes a call of each kind.
func exercise(ctx context.Context, session *awsclient.Session) error {
	launched, err := session.EC2().RunInstances(ctx, &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), ImageId: aws.String(awsfake.ImageID),
		InstanceType: ec2types.InstanceTypeT3Small, SubnetId: aws.String(awsfake.SubnetA),
	})
	if err != nil {
		return err
	}
	if _, err := session.EC2().DescribeInstances(ctx, &ec2.DescribeInstancesInput{MaxResults: aws.Int32(1000)}); err != nil {
		return err
	}
	if _, err := session.SSM().PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/muster/test/" + aws.ToString(launched.Instances[0].InstanceId)), Value: aws.String("x"), Type: ssmtypes.ParameterTypeString,
	}); err != nil {
		return err
	}
	if _, err := session.SSM().GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/muster/test/x"}}); err != nil {
		return err
	}
	_, err = session.EC2().TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{aws.ToString(launched.Instances[0].InstanceId)}})
	return err
}
