package provider

import (
	"context"

	cloudwatchsdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	ec2sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	ssmsdk "github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2"
	"github.com/musterhq/terraform-provider-muster/internal/metric/cloudwatch"
)

// The types in this file make the calls of the SDK's clients that are used, and nothing
// else. A client itself must not be put into an interface, nor a type that has one as a
// field: libraries call methods by their names, so the linker keeps every method of
// whatever is in an interface. With all 800 of EC2's, the binary has twice the size.
var (
	_ ec2.EC2API     = ec2Calls{}
	_ ec2.SSMAPI     = ssmCalls{}
	_ cloudwatch.API = cloudWatchCalls{}
)

// call is a method of a client.
type call[In, Out, Options any] func(context.Context, *In, ...func(*Options)) (*Out, error)

// ec2Calls are the calls of EC2.
type ec2Calls struct {
	runInstances                   call[ec2sdk.RunInstancesInput, ec2sdk.RunInstancesOutput, ec2sdk.Options]
	describeInstances              call[ec2sdk.DescribeInstancesInput, ec2sdk.DescribeInstancesOutput, ec2sdk.Options]
	createTags                     call[ec2sdk.CreateTagsInput, ec2sdk.CreateTagsOutput, ec2sdk.Options]
	rebootInstances                call[ec2sdk.RebootInstancesInput, ec2sdk.RebootInstancesOutput, ec2sdk.Options]
	terminateInstances             call[ec2sdk.TerminateInstancesInput, ec2sdk.TerminateInstancesOutput, ec2sdk.Options]
	getConsoleOutput               call[ec2sdk.GetConsoleOutputInput, ec2sdk.GetConsoleOutputOutput, ec2sdk.Options]
	describeImages                 call[ec2sdk.DescribeImagesInput, ec2sdk.DescribeImagesOutput, ec2sdk.Options]
	createLaunchTemplate           call[ec2sdk.CreateLaunchTemplateInput, ec2sdk.CreateLaunchTemplateOutput, ec2sdk.Options]
	createLaunchTemplateVersion    call[ec2sdk.CreateLaunchTemplateVersionInput, ec2sdk.CreateLaunchTemplateVersionOutput, ec2sdk.Options]
	describeLaunchTemplateVersions call[ec2sdk.DescribeLaunchTemplateVersionsInput, ec2sdk.DescribeLaunchTemplateVersionsOutput, ec2sdk.Options]
	deleteLaunchTemplateVersions   call[ec2sdk.DeleteLaunchTemplateVersionsInput, ec2sdk.DeleteLaunchTemplateVersionsOutput, ec2sdk.Options]
	deleteLaunchTemplate           call[ec2sdk.DeleteLaunchTemplateInput, ec2sdk.DeleteLaunchTemplateOutput, ec2sdk.Options]
}

func toEC2Calls(client *ec2sdk.Client) ec2Calls {
	return ec2Calls{
		runInstances:                   client.RunInstances,
		describeInstances:              client.DescribeInstances,
		createTags:                     client.CreateTags,
		rebootInstances:                client.RebootInstances,
		terminateInstances:             client.TerminateInstances,
		getConsoleOutput:               client.GetConsoleOutput,
		describeImages:                 client.DescribeImages,
		createLaunchTemplate:           client.CreateLaunchTemplate,
		createLaunchTemplateVersion:    client.CreateLaunchTemplateVersion,
		describeLaunchTemplateVersions: client.DescribeLaunchTemplateVersions,
		deleteLaunchTemplateVersions:   client.DeleteLaunchTemplateVersions,
		deleteLaunchTemplate:           client.DeleteLaunchTemplate,
	}
}

func (c ec2Calls) RunInstances(ctx context.Context, in *ec2sdk.RunInstancesInput, options ...func(*ec2sdk.Options)) (*ec2sdk.RunInstancesOutput, error) {
	return c.runInstances(ctx, in, options...)
}

func (c ec2Calls) DescribeInstances(ctx context.Context, in *ec2sdk.DescribeInstancesInput, options ...func(*ec2sdk.Options)) (*ec2sdk.DescribeInstancesOutput, error) {
	return c.describeInstances(ctx, in, options...)
}

func (c ec2Calls) CreateTags(ctx context.Context, in *ec2sdk.CreateTagsInput, options ...func(*ec2sdk.Options)) (*ec2sdk.CreateTagsOutput, error) {
	return c.createTags(ctx, in, options...)
}

func (c ec2Calls) RebootInstances(ctx context.Context, in *ec2sdk.RebootInstancesInput, options ...func(*ec2sdk.Options)) (*ec2sdk.RebootInstancesOutput, error) {
	return c.rebootInstances(ctx, in, options...)
}

func (c ec2Calls) TerminateInstances(ctx context.Context, in *ec2sdk.TerminateInstancesInput, options ...func(*ec2sdk.Options)) (*ec2sdk.TerminateInstancesOutput, error) {
	return c.terminateInstances(ctx, in, options...)
}

func (c ec2Calls) GetConsoleOutput(ctx context.Context, in *ec2sdk.GetConsoleOutputInput, options ...func(*ec2sdk.Options)) (*ec2sdk.GetConsoleOutputOutput, error) {
	return c.getConsoleOutput(ctx, in, options...)
}

func (c ec2Calls) DescribeImages(ctx context.Context, in *ec2sdk.DescribeImagesInput, options ...func(*ec2sdk.Options)) (*ec2sdk.DescribeImagesOutput, error) {
	return c.describeImages(ctx, in, options...)
}

func (c ec2Calls) CreateLaunchTemplate(ctx context.Context, in *ec2sdk.CreateLaunchTemplateInput, options ...func(*ec2sdk.Options)) (*ec2sdk.CreateLaunchTemplateOutput, error) {
	return c.createLaunchTemplate(ctx, in, options...)
}

func (c ec2Calls) CreateLaunchTemplateVersion(ctx context.Context, in *ec2sdk.CreateLaunchTemplateVersionInput, options ...func(*ec2sdk.Options)) (*ec2sdk.CreateLaunchTemplateVersionOutput, error) {
	return c.createLaunchTemplateVersion(ctx, in, options...)
}

func (c ec2Calls) DescribeLaunchTemplateVersions(ctx context.Context, in *ec2sdk.DescribeLaunchTemplateVersionsInput, options ...func(*ec2sdk.Options)) (*ec2sdk.DescribeLaunchTemplateVersionsOutput, error) {
	return c.describeLaunchTemplateVersions(ctx, in, options...)
}

func (c ec2Calls) DeleteLaunchTemplateVersions(ctx context.Context, in *ec2sdk.DeleteLaunchTemplateVersionsInput, options ...func(*ec2sdk.Options)) (*ec2sdk.DeleteLaunchTemplateVersionsOutput, error) {
	return c.deleteLaunchTemplateVersions(ctx, in, options...)
}

func (c ec2Calls) DeleteLaunchTemplate(ctx context.Context, in *ec2sdk.DeleteLaunchTemplateInput, options ...func(*ec2sdk.Options)) (*ec2sdk.DeleteLaunchTemplateOutput, error) {
	return c.deleteLaunchTemplate(ctx, in, options...)
}

// ssmCalls are the calls of SSM.
type ssmCalls struct {
	putParameter        call[ssmsdk.PutParameterInput, ssmsdk.PutParameterOutput, ssmsdk.Options]
	getParameters       call[ssmsdk.GetParametersInput, ssmsdk.GetParametersOutput, ssmsdk.Options]
	getParametersByPath call[ssmsdk.GetParametersByPathInput, ssmsdk.GetParametersByPathOutput, ssmsdk.Options]
	deleteParameters    call[ssmsdk.DeleteParametersInput, ssmsdk.DeleteParametersOutput, ssmsdk.Options]
}

func toSSMCalls(client *ssmsdk.Client) ssmCalls {
	return ssmCalls{
		putParameter:        client.PutParameter,
		getParameters:       client.GetParameters,
		getParametersByPath: client.GetParametersByPath,
		deleteParameters:    client.DeleteParameters,
	}
}

func (c ssmCalls) PutParameter(ctx context.Context, in *ssmsdk.PutParameterInput, options ...func(*ssmsdk.Options)) (*ssmsdk.PutParameterOutput, error) {
	return c.putParameter(ctx, in, options...)
}

func (c ssmCalls) GetParameters(ctx context.Context, in *ssmsdk.GetParametersInput, options ...func(*ssmsdk.Options)) (*ssmsdk.GetParametersOutput, error) {
	return c.getParameters(ctx, in, options...)
}

func (c ssmCalls) GetParametersByPath(ctx context.Context, in *ssmsdk.GetParametersByPathInput, options ...func(*ssmsdk.Options)) (*ssmsdk.GetParametersByPathOutput, error) {
	return c.getParametersByPath(ctx, in, options...)
}

func (c ssmCalls) DeleteParameters(ctx context.Context, in *ssmsdk.DeleteParametersInput, options ...func(*ssmsdk.Options)) (*ssmsdk.DeleteParametersOutput, error) {
	return c.deleteParameters(ctx, in, options...)
}

// cloudWatchCalls are the calls of CloudWatch.
type cloudWatchCalls struct {
	getMetricData call[cloudwatchsdk.GetMetricDataInput, cloudwatchsdk.GetMetricDataOutput, cloudwatchsdk.Options]
}

func toCloudWatchCalls(client *cloudwatchsdk.Client) cloudWatchCalls {
	return cloudWatchCalls{
		getMetricData: client.GetMetricData,
	}
}

func (c cloudWatchCalls) GetMetricData(ctx context.Context, in *cloudwatchsdk.GetMetricDataInput, options ...func(*cloudwatchsdk.Options)) (*cloudwatchsdk.GetMetricDataOutput, error) {
	return c.getMetricData(ctx, in, options...)
}
