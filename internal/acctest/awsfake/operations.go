package awsfake

import (
	"maps"
	"slices"
)

// Operations returns what this fake offers, like "ec2.RunInstances", sorted. With
// GetMetricData of CloudWatch it is all that an endpoint must offer for the provider
// and its instances.
func Operations() []string { return slices.Sorted(maps.Keys(operations())) }

// operations are all operations that the provider and its instances call, and no more:
// another one is answered with InvalidAction and noted; see [World.Unlisted].
func operations() map[string]operation {
	anonymous := onSTS(assumeRoleWithWebIdentity)
	anonymous.anonymous = true
	return map[string]operation{
		"ec2.RunInstances":       onEC2Request(runInstances),
		"ec2.DescribeInstances":  onEC2((*World).describeInstances),
		"ec2.CreateTags":         onEC2((*World).createTags),
		"ec2.RebootInstances":    onEC2((*World).rebootInstances),
		"ec2.TerminateInstances": onEC2((*World).terminateInstances),
		"ec2.GetConsoleOutput":   onEC2((*World).consoleOutput),
		"ec2.DescribeImages":     onEC2((*World).describeImages),

		"ec2.CreateLaunchTemplate":           onEC2Request(createLaunchTemplate),
		"ec2.CreateLaunchTemplateVersion":    onEC2Request(createLaunchTemplateVersion),
		"ec2.DescribeLaunchTemplates":        onEC2((*World).describeLaunchTemplates),
		"ec2.DescribeLaunchTemplateVersions": onEC2((*World).describeLaunchTemplateVersions),
		"ec2.DeleteLaunchTemplateVersions":   onEC2((*World).deleteLaunchTemplateVersions),
		"ec2.DeleteLaunchTemplate":           onEC2((*World).deleteLaunchTemplate),

		"ssm.PutParameter":        onSSM((*World).putParameter),
		"ssm.GetParameter":        onSSM((*World).getParameter),
		"ssm.GetParameters":       onSSM((*World).getParameters),
		"ssm.GetParametersByPath": onSSM((*World).getParametersByPath),
		"ssm.DeleteParameters":    onSSM((*World).deleteParameters),

		"sts.GetCallerIdentity":         onSTS(callerIdentity),
		"sts.AssumeRole":                onSTS(assumeRole),
		"sts.AssumeRoleWithWebIdentity": anonymous,
	}
}
