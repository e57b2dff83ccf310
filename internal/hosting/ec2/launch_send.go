package ec2

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

const (
	// profileLag is how long EC2 may not know a new instance profile, or the role in it;
	// templateLag is that for a launch template's version.
	profileLag  = 2 * time.Minute
	templateLag = time.Minute
	// propagationInterval is the pause between two tries meanwhile.
	propagationInterval = 3 * time.Second
)

// send sends a run and says what has become of it.
func (l *launch) send(ctx context.Context, t task) outcome {
	if full := l.full[t.place()]; full != nil && t.kind == taskSend {
		// The place was found to be full in a former round.
		return outcome{rest: t.slots(), full: full}
	}
	output, err := l.runInstances(ctx, t)
	code := errorCode(err)
	switch {
	case err == nil:
		return l.answered(t, output.Instances)
	case isFull(code):
		return outcome{rest: t.slots(), full: err}
	case code == "IdempotentParameterMismatch":
		// The token was used before.
		return l.find(ctx, t)
	case code == "IdempotentInstanceTerminated":
		t.spent = true
		return l.find(ctx, t)
	case isRefused(code) && l.recall:
		// That it is refused now says nothing about then.
		return l.find(ctx, t)
	}
	return outcome{err: err, failed: t.kind == taskSend && isRefused(code)}
}

// answered reads EC2's answer: all that the run has launched, now or before.
func (l *launch) answered(t task, instances []ec2types.Instance) outcome {
	var launched []member
	for _, instance := range instances {
		m, ok := l.service.identify(l.request.Group, instance)
		if !ok {
			return outcome{err: fmt.Errorf("EC2 has answered with instance %s, which doesn't have the client token of the request",
				aws.ToString(instance.InstanceId))}
		}
		launched = append(launched, m)
	}
	l.service.remember(launched, false)
	result := t.tally(launched)
	if len(result.rest) > 0 {
		result.full = fmt.Errorf("EC2 had room for %d of %d", t.Count-len(result.rest), t.Count)
	}
	return result
}

// runInstances makes the call, also while EC2 doesn't know yet what the request names and
// was made just now.
func (l *launch) runInstances(ctx context.Context, t task) (output *ec2.RunInstancesOutput, err error) {
	input, err := l.input(t)
	if err != nil {
		return nil, err
	}
	started := l.service.options.Now()
	waitErr := wait.Until(ctx, propagationInterval, func(ctx context.Context) (bool, error) {
		output, err = l.service.options.EC2.RunInstances(ctx, input)
		lag := propagation(err)
		err = explain(ctx, err)
		return lag == 0 || l.service.options.Now().Sub(started) > lag, nil
	})
	if waitErr != nil && err == nil {
		err = waitErr
	}
	return output, err
}

// propagation returns for how long the error may mean that EC2 doesn't know yet what
// exists; 0 where it means something else.
func propagation(err error) time.Duration {
	switch code := errorCode(err); {
	case strings.HasPrefix(code, "InvalidLaunchTemplateId.") && strings.HasSuffix(code, "NotFound"):
		return templateLag
	case code == "InvalidParameterValue" && isProfileUnknown(err.Error()):
		return profileLag
	}
	return 0
}

// isProfileUnknown knows EC2's two messages about an instance profile that IAM has not
// spread yet; they have no code of their own.
func isProfileUnknown(message string) bool {
	return strings.Contains(message, "Invalid IAM Instance Profile") || strings.Contains(message, "has no associated IAM Roles")
}

// input returns the request for a run. It is the same for the same run of the same launch
// request, whichever process makes it.
func (l *launch) input(t task) (*ec2.RunInstancesInput, error) {
	userData, err := l.shape.userData(t.Base)
	if err != nil {
		return nil, err
	}
	input := &ec2.RunInstancesInput{
		ClientToken: aws.String(l.service.clientToken(l.request.Group, t.send)),
		MinCount:    aws.Int32(1),
		MaxCount:    aws.Int32(int32(t.Count)), // At most maxRun.
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{
			LaunchTemplateId: aws.String(t.Template), Version: aws.String(fmt.Sprint(t.Version)),
		},
		InstanceType: ec2types.InstanceType(t.InstanceType),
		UserData:     aws.String(base64.StdEncoding.EncodeToString(userData)),
		TagSpecifications: []ec2types.TagSpecification{
			{ResourceType: ec2types.ResourceTypeInstance, Tags: tagList(l.shape.instanceTags)},
			{ResourceType: ec2types.ResourceTypeVolume, Tags: tagList(l.shape.volumeTags)},
		},
	}
	switch {
	case t.Subnet == "":
	case len(l.template.Interfaces) == 0:
		input.SubnetId = aws.String(t.Subnet)
	default:
		input.NetworkInterfaces = slices.Clone(l.template.Interfaces)
		for index := range input.NetworkInterfaces {
			input.NetworkInterfaces[index].SubnetId = aws.String(t.Subnet)
		}
	}
	return input, nil
}

// merge returns all tags; of those with one key, the last.
func merge(sets ...map[string]string) map[string]string {
	all := make(map[string]string)
	for _, set := range sets {
		maps.Copy(all, set)
	}
	return all
}
