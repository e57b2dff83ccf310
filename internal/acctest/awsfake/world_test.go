package awsfake_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

// account is a world with clients of the real SDK, which make each call once.
type account struct {
	*awsfake.World
	ec2 *ec2.Client
	ssm *ssm.Client
}

// inAccount runs a test on a new account in a bubble of its own, in which an hour takes
// no time.
func inAccount(t *testing.T, options awsfake.Options, test func(t *testing.T, a account)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(t, newAccount(options))
	})
}

func newAccount(options awsfake.Options) account {
	world := awsfake.NewWorld(options)
	config := once(world.Config())
	return account{World: world, ec2: ec2.NewFromConfig(config), ssm: ssm.NewFromConfig(config)}
}

// once lets the SDK's clients make each call once.
func once(config aws.Config) aws.Config {
	config.RetryMaxAttempts = 1
	return config
}

// launchInput asks for 1 to n instances.
func launchInput(token string, n int32) *ec2.RunInstancesInput {
	return &ec2.RunInstancesInput{
		ImageId: aws.String(awsfake.ImageID), InstanceType: "t3.small", SubnetId: aws.String(awsfake.SubnetA),
		MinCount: aws.Int32(1), MaxCount: aws.Int32(n), ClientToken: aws.String(token),
	}
}

func instanceTags(tags map[string]string) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: "instance", Tags: tagList(tags)}}
}

func tagList(tags map[string]string) []ec2types.Tag {
	var list []ec2types.Tag
	for key, value := range tags {
		list = append(list, ec2types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return list
}

// launch launches and returns the IDs, in the order of their launch index.
func (a account) launch(t *testing.T, in *ec2.RunInstancesInput) []string {
	t.Helper()
	out, err := a.ec2.RunInstances(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return ids(out.Instances)
}

func ids(instances []ec2types.Instance) []string {
	var list []string
	for _, i := range instances {
		list = append(list, aws.ToString(i.InstanceId))
	}
	return list
}

// describe returns all instances that fit, in the order in which they come.
func (a account) describe(t *testing.T, in *ec2.DescribeInstancesInput) []ec2types.Instance {
	t.Helper()
	var found []ec2types.Instance
	pages := ec2.NewDescribeInstancesPaginator(a.ec2, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, reservation := range page.Reservations {
			found = append(found, reservation.Instances...)
		}
	}
	return found
}

func filter(name string, values ...string) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String(name), Values: values}}
}

// seen returns what DescribeInstances says of the instance; nil: it isn't shown.
func (a account) seen(t *testing.T, id string) *ec2types.Instance {
	t.Helper()
	found := a.describe(t, &ec2.DescribeInstancesInput{Filters: filter("instance-id", id)})
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

func (a account) terminate(t *testing.T, ids ...string) {
	t.Helper()
	if _, err := a.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		t.Fatal(err)
	}
}

func (a account) tag(t *testing.T, tags map[string]string, ids ...string) error {
	t.Helper()
	_, err := a.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: ids, Tags: tagList(tags)})
	return err
}

// refusal returns status and code of an answer that refuses, like "400 InvalidAction";
// empty: there is no error.
func refusal(err error) string {
	var api smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &api) && errors.As(err, &response):
		return fmt.Sprintf("%d %s", response.HTTPStatusCode(), api.ErrorCode())
	default:
		return err.Error()
	}
}

// wantRefusal fails the test unless the answer is the wanted one; see [refusal].
func wantRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if got := refusal(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// until returns after how many seconds done is true for the first time, at most 100.
func until(t *testing.T, done func() bool) int {
	t.Helper()
	for second := range 100 {
		if done() {
			return second
		}
		time.Sleep(time.Second)
	}
	t.Fatal("it took more than 100 s")
	return 0
}

func TestWorld_Unlisted(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		_, err := a.ec2.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{"i-0123456789abcdef0"}})
		wantRefusal(t, err, "400 InvalidAction")
		_, err = a.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
		wantRefusal(t, err, "400 InvalidAction")
		if _, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}); err != nil {
			t.Fatal(err)
		}

		response, err := a.HTTPClient().PostForm("http://aws.fake/", url.Values{"Action": {"ListTopics"}, "Version": {"2010-03-31"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("a service that isn't faked has answered with %s", response.Status)
		}
		if got, want := a.Unlisted(), []string{"ec2.StopInstances", "ssm.DescribeParameters", "POST / ListTopics"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got := a.Calls(); got["StopInstances"] != 1 || got["DescribeInstances"] != 1 || len(got) != 3 {
			t.Errorf("got %v, want one call of each of three operations", got)
		}
	})
}

func TestWorld_unknownParameter(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		// Nothing that the fake doesn't know is passed over.
		_, err := a.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{Filters: filter("no-such", "x")})
		wantRefusal(t, err, "400 InvalidParameterValue")
		_, err = a.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1), DryRun: aws.Bool(true), ImageId: aws.String(awsfake.ImageID)})
		wantRefusal(t, err, "412 DryRunOperation")
		if len(a.Instances()) != 0 {
			t.Error("a dry run has launched")
		}
	})
}

func TestWorld_Serve(t *testing.T) {
	t.Parallel()
	world := awsfake.NewWorld(awsfake.Options{})
	endpoint := world.Serve(t)
	config := world.Config()
	config.HTTPClient = &http.Client{}
	config.BaseEndpoint = aws.String(endpoint.URL)
	out, err := ec2.NewFromConfig(config).RunInstances(t.Context(), launchInput("token", 2))
	if err != nil || len(out.Instances) != 2 {
		t.Errorf("got %v, %v, want two instances", out, err)
	}
}
