package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

const (
	// maxTemplatePage is how many versions DescribeLaunchTemplateVersions returns, and
	// DeleteLaunchTemplateVersions takes, at most.
	maxTemplatePage = 200

	// defaultVersionText describes the version that is the default one and holds nothing.
	defaultVersionText = "Made by Muster. Every other version holds a server configuration; this one holds none."

	codeTemplateExists = "InvalidLaunchTemplateName.AlreadyExistsException"
)

// template is the version of a launch template that holds a configuration.
type template struct {
	ID      string
	Version int
	// InstanceType is that of the base launch template; empty: none.
	InstanceType string
	// InstanceTags and VolumeTags are those of the base launch template. Whether AWS
	// merges them with those of a RunInstances request or drops them is not documented:
	// the request is to name both.
	InstanceTags, VolumeTags map[string]string
	// Interfaces are its network interfaces; none where the subnet is given on the level
	// of the instance. Otherwise EC2 refuses a SubnetId and SecurityGroupIds in a RunInstances
	// request: the request then has these interfaces, each with the subnet.
	Interfaces []ec2types.InstanceNetworkInterfaceSpecification
}

// templateName returns the name of a configuration's launch template. Neither part can
// hold a dot, so that no two pairs of them have the same name.
func (s *Service) templateName(configuration string) string {
	return "muster." + s.options.Namespace + "." + configuration
}

// readContents returns what is stored under the name, or hosting.ErrNotFound where there is no
// template. It costs a call per 200 versions.
func (s *Service) readContents(ctx context.Context, name string) (contents, error) {
	shown := contents{name: name}
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(s.options.EC2, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateName: aws.String(s.templateName(name)), MaxResults: aws.Int32(maxTemplatePage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			shown = contents{name: name}
			break
		}
		if err != nil {
			return contents{}, explain(ctx, err)
		}
		for _, version := range page.LaunchTemplateVersions {
			shown.templateID = aws.ToString(version.LaunchTemplateId)
			if one, ok := toContent(name, version); ok {
				shown.list = append(shown.list, one)
			}
		}
	}
	stored := s.configurations.reconcile(shown)
	if stored.templateID == "" {
		return contents{name: name}, hosting.ErrNotFound
	}
	return stored, nil
}

// toContent returns the content that a version holds; ok is false where it holds none.
func toContent(name string, version ec2types.LaunchTemplateVersion) (one content, ok bool) {
	id := name + "@" + aws.ToString(version.VersionDescription)
	data := version.LaunchTemplateData
	if contentHash(id) == "" || data == nil {
		return content{}, false
	}
	return content{
		id: id, userData: aws.ToString(data.UserData),
		template: template{
			ID: aws.ToString(version.LaunchTemplateId), Version: int(aws.ToInt64(version.VersionNumber)),
			InstanceType: string(data.InstanceType),
			InstanceTags: tagsOf(data.TagSpecifications, ec2types.ResourceTypeInstance),
			VolumeTags:   tagsOf(data.TagSpecifications, ec2types.ResourceTypeVolume),
			Interfaces:   toInterfaces(data.NetworkInterfaces),
		},
	}, true
}

func tagsOf(specifications []ec2types.LaunchTemplateTagSpecification, resource ec2types.ResourceType) map[string]string {
	tags := make(map[string]string)
	for _, specification := range specifications {
		if specification.ResourceType != resource {
			continue
		}
		for _, tag := range specification.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags
}

// createTemplate creates the template; hosting.ErrExists where there is one.
func (s *Service) createTemplate(ctx context.Context, name string) (id string, err error) {
	tags := tagList(merge(s.options.DefaultTags, map[string]string{
		channel.NamespaceTag: s.options.Namespace, channel.ConfigurationTag: name,
	}))
	output, err := s.options.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String(s.templateName(name)),
		VersionDescription: aws.String(defaultVersionText),
		// Some data there must be; these are those of EC2 itself.
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceInitiatedShutdownBehavior: ec2types.ShutdownBehaviorStop},
		TagSpecifications:  []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeLaunchTemplate, Tags: tags}},
	})
	if errorCode(err) == codeTemplateExists {
		return "", hosting.ErrExists
	}
	if err != nil {
		return "", explain(ctx, err)
	}
	id = aws.ToString(output.LaunchTemplate.LaunchTemplateId)
	s.configurations.claim(name, id)
	return id, nil
}

// addVersion stores a content. A template that is known to exist may not be known to EC2
// everywhere.
func (s *Service) addVersion(ctx context.Context, stored contents, id string, data *ec2types.RequestLaunchTemplateData) error {
	var gone error
	shown, err := settles(ctx, func(ctx context.Context) (bool, error) {
		output, err := s.options.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
			LaunchTemplateId: aws.String(stored.templateID), LaunchTemplateData: data, VersionDescription: aws.String(contentHash(id)),
		})
		if gone = nil; isNotFound(err) {
			gone = explain(ctx, err)
			return false, nil
		}
		if err != nil {
			return false, explain(ctx, err)
		}
		one, err := created(stored, id, data, output.LaunchTemplateVersion.VersionNumber)
		if err != nil {
			return false, err
		}
		s.configurations.add(stored.name, one)
		return true, nil
	})
	if err == nil && !shown {
		s.configurations.dropTemplate(stored.name, stored.templateID)
		return gone
	}
	return err
}

// created returns the content that was stored just now.
func created(stored contents, id string, data *ec2types.RequestLaunchTemplateData, number *int64) (content, error) {
	shown, err := recast[ec2types.ResponseLaunchTemplateData](data)
	if err != nil {
		return content{}, err
	}
	one, _ := toContent(stored.name, ec2types.LaunchTemplateVersion{
		LaunchTemplateId: aws.String(stored.templateID), VersionNumber: number,
		VersionDescription: aws.String(contentHash(id)), LaunchTemplateData: shown,
	})
	return one, nil
}

func (s *Service) deleteTemplate(ctx context.Context, stored contents) error {
	_, err := s.options.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: aws.String(stored.templateID)})
	if err != nil && !isNotFound(err) {
		return explain(ctx, err)
	}
	s.configurations.dropTemplate(stored.name, stored.templateID)
	return nil
}

func (s *Service) deleteVersions(ctx context.Context, unneeded contents) error {
	for some := range slices.Chunk(unneeded.list, maxTemplatePage) {
		var versions []string
		for _, one := range some {
			versions = append(versions, strconv.Itoa(one.Version))
		}
		output, err := s.options.EC2.DeleteLaunchTemplateVersions(ctx, &ec2.DeleteLaunchTemplateVersionsInput{
			LaunchTemplateId: aws.String(unneeded.templateID), Versions: versions,
		})
		if err != nil {
			return explain(ctx, err)
		}
		if err := undeleted(output.UnsuccessfullyDeletedLaunchTemplateVersions); err != nil {
			return err
		}
		for _, one := range some {
			s.configurations.dropVersion(one)
		}
	}
	return nil
}

// undeleted says what is still there that should be deleted.
func undeleted(items []ec2types.DeleteLaunchTemplateVersionsResponseErrorItem) error {
	var errs []error
	for _, item := range items {
		if item.ResponseError == nil {
			continue
		}
		switch item.ResponseError.Code {
		case ec2types.LaunchTemplateErrorCodeLaunchTemplateVersionDoesNotExist, ec2types.LaunchTemplateErrorCodeLaunchTemplateIdDoesNotExist:
			continue
		default:
			errs = append(errs, fmt.Errorf("EC2 doesn't delete version %d of launch template %s: %s: %s", aws.ToInt64(item.VersionNumber),
				aws.ToString(item.LaunchTemplateId), item.ResponseError.Code, cleanMessage(aws.ToString(item.ResponseError.Message))))
		}
	}
	return errors.Join(errs...)
}
