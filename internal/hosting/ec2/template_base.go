package ec2

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// toRequestData returns a template's data in the form in which they can be stored again. The
// SDK has another type for each, of which the fields have equal names; a test proves
// that none is lost but for those that AWS alone sets.
func toRequestData(data *ec2types.ResponseLaunchTemplateData) (*ec2types.RequestLaunchTemplateData, error) {
	converted, err := recast[ec2types.RequestLaunchTemplateData](data)
	if err == nil {
		converted.Operator = nil // It is for AWS services only.
	}
	return converted, err
}

// toInterfaces returns a template's network interfaces as RunInstances takes them.
func toInterfaces(interfaces []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification) []ec2types.InstanceNetworkInterfaceSpecification {
	var list []ec2types.InstanceNetworkInterfaceSpecification
	for _, one := range interfaces {
		converted, err := recast[ec2types.InstanceNetworkInterfaceSpecification](one)
		if err != nil {
			// Texts, numbers and bools of equal types always convert.
			panic(fmt.Sprintf("converting a network interface: %v", err))
		}
		list = append(list, *converted)
	}
	return list
}

func recast[To any](from any) (*To, error) {
	encoded, err := json.Marshal(from)
	if err != nil {
		return nil, fmt.Errorf("encoding a launch template's data: %w", err)
	}
	to := new(To)
	if err := json.Unmarshal(encoded, to); err != nil {
		return nil, fmt.Errorf("decoding a launch template's data: %w", err)
	}
	return to, nil
}

// checkBase refuses what a base launch template says that no server of a group can have.
func (s *Service) checkBase(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) error {
	if aws.ToBool(data.DisableApiTermination) {
		return errors.New("it protects instances from termination, and then nobody can remove a server; turn that off in it")
	}
	if len(settings.InstanceTypes) == 0 {
		if err := checkBaseType(data); err != nil {
			return err
		}
	}
	for _, one := range data.NetworkInterfaces {
		if id := aws.ToString(one.NetworkInterfaceId); id != "" {
			return fmt.Errorf("it attaches network interface %s, which only one server can have; remove it there", id)
		}
	}
	if len(data.SecurityGroups) > 0 && settings.PublicAddress != nil && len(settings.SecurityGroupIDs) == 0 {
		return errors.New("it names its security groups, which EC2 doesn't take together with a public address; set ec2.security_group_ids")
	}
	return s.checkBaseTags(data, settings)
}

func checkBaseType(data *ec2types.RequestLaunchTemplateData) error {
	switch {
	case data.InstanceType != "":
		if reason := unfitType(string(data.InstanceType)); reason != "" {
			return fmt.Errorf("its instance type %s: %s", data.InstanceType, reason)
		}
		return nil
	case data.InstanceRequirements != nil:
		return errors.New("it chooses instance types by their attributes, which only fleets can; set ec2.instance_types")
	}
	return errors.New("it has no instance type; set ec2.instance_types")
}

// checkBaseTags checks the tags that the servers will have in all.
func (s *Service) checkBaseTags(data *ec2types.RequestLaunchTemplateData, settings boot.EC2) error {
	own := make(map[string]string)
	for _, specification := range data.TagSpecifications {
		if specification.ResourceType != ec2types.ResourceTypeInstance {
			continue
		}
		for _, tag := range specification.Tags {
			key, value := aws.ToString(tag.Key), aws.ToString(tag.Value)
			if fault := tagFault(key, value); fault != "" {
				return fmt.Errorf("its tag %q %s", key, fault)
			}
			own[key] = value
		}
	}
	all := merge(own, s.options.DefaultTags, settings.Tags)
	if len(all) > maxUserTags {
		return fmt.Errorf("there are %d tags with its own, those of the configuration and default_tags (%s); at most %d leave room for what is delivered to servers",
			len(all), strings.Join(slices.Sorted(maps.Keys(all)), ", "), maxUserTags)
	}
	return nil
}
