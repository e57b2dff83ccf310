package awsclient

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"
)

// share is how much of an account's rates this process uses: somebody else works in
// the account too.
const share = 0.8

// quota is the size of a token bucket and how fast it fills, as AWS has them.
type quota struct {
	burst int
	// perSecond is the rate to begin with. Answers that aren't throttled raise it up
	// to most, which is the same where AWS documents one rate.
	perSecond, most rate.Limit
}

// quotaOf returns the bucket of an API's requests and its name; ok is false where
// there is none. APIs that AWS counts together share a name.
//
// The sizes are those of the EC2 user guide, "Request throttling for the Amazon EC2
// API", and of the service quotas of Systems Manager and CloudWatch. For PutParameter
// there are accounts with 3 per second, and with 10.
func quotaOf(service, operation string) (name string, q quota, ok bool) {
	name = service + "." + operation
	switch service {
	case ec2.ServiceID:
		return name, ec2Quota(operation), true
	case ssm.ServiceID:
		if strings.HasPrefix(operation, "Get") {
			return service + ".Get", steady(40, 40), true
		}
		return name, quota{burst: 3, perSecond: 3, most: 10}, true
	case cloudwatch.ServiceID:
		return name, steady(50, 50), true
	}
	return "", quota{}, false
}

func ec2Quota(operation string) quota {
	switch operation {
	case "RunInstances", "StartInstances":
		return steady(5, 2)
	case "TerminateInstances":
		return steady(100, 5)
	case "CreateTags", "DeleteTags":
		return steady(100, 10)
	case "CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "ModifyInstanceMetadataOptions":
		return steady(100, 5)
	}
	for _, reading := range []string{"Describe", "Get", "List", "Search"} {
		if strings.HasPrefix(operation, reading) {
			return steady(100, 20)
		}
	}
	return steady(50, 5)
}

// instancesQuota returns the second bucket that EC2 has for an API, and how many
// tokens the call takes out of it: one for each instance.
func instancesQuota(arguments any) (name string, q quota, tokens int) {
	switch input := arguments.(type) {
	case *ec2.RunInstancesInput:
		return "EC2.RunInstances instances", steady(1000, 2), int(aws.ToInt32(input.MaxCount))
	case *ec2.TerminateInstancesInput:
		return "EC2.TerminateInstances instances", steady(1000, 20), len(input.InstanceIds)
	}
	return "", quota{}, 0
}

// unusedTokens returns how many of the tokens a call has turned out not to need: an
// instance type without capacity must not cost the next type its time. After a call
// without an answer they count as used.
func unusedTokens(tokens int, result any, err error) int {
	if _, answered := errors.AsType[smithy.APIError](err); answered {
		return tokens
	}
	if output, ok := result.(*ec2.RunInstancesOutput); ok && err == nil {
		return max(0, tokens-len(output.Instances))
	}
	return 0
}

// steady is a quota whose rate is documented.
func steady(burst int, perSecond rate.Limit) quota {
	return quota{burst: burst, perSecond: perSecond, most: perSecond}
}
