package awsfake

import (
	"reflect"
	"strings"
)

// codec knows how a service names on the wire what the SDK's types call otherwise.
// Keys are "<type>.<field>", or ".<field>" for every type.
type codec struct {
	// parameters are names in requests.
	parameters map[string]string
	// elements and items are names in answers: of a field, and of a list's entries.
	elements, items map[string]string
	// lists is put after the name of a list in answers.
	lists string
	// lower says that elements begin with a lower-case letter.
	lower bool
}

// field returns the field that a request's parameter is about.
func (c codec) field(t reflect.Type, parameter string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.IsExported() && c.isParameter(t, field, parameter) {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func (c codec) isParameter(t reflect.Type, field reflect.StructField, parameter string) bool {
	if name := lookup(c.parameters, t, field); name != "" {
		return name == parameter
	}
	if field.Type.Kind() == reflect.Slice && c.lists != "" {
		return singular(field.Name) == parameter
	}
	return strings.EqualFold(field.Name, parameter)
}

// element returns the name of a field in an answer.
func (c codec) element(t reflect.Type, field reflect.StructField) string {
	if name := lookup(c.elements, t, field); name != "" {
		return name
	}
	name := field.Name
	if field.Type.Kind() == reflect.Slice && c.lists != "" {
		name = singular(name) + c.lists
	}
	if c.lower {
		name = strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

// item returns the name of the entries of a list in an answer.
func (c codec) item(t reflect.Type, field reflect.StructField) string {
	if name := lookup(c.items, t, field); name != "" {
		return name
	}
	return "item"
}

func lookup(names map[string]string, t reflect.Type, field reflect.StructField) string {
	if name := names[t.Name()+"."+field.Name]; name != "" {
		return name
	}
	return names["."+field.Name]
}

// singular is enough English for the names that EC2 has.
func singular(name string) string {
	for _, plural := range []string{"sses", "xes"} {
		if strings.HasSuffix(name, plural) {
			return strings.TrimSuffix(name, "es")
		}
	}
	return strings.TrimSuffix(name, "s")
}

// queryCodec is STS's: names are those of the SDK.
func queryCodec() codec { return codec{} }

// ec2Codec is EC2's. Its lists have singular names in requests; in answers they end in
// Set. What is listed here are the exceptions; the tests find those that are missing.
func ec2Codec() codec {
	return codec{
		lists: "Set",
		lower: true,
		parameters: map[string]string{
			"CreateTagsInput.Resources":                    "ResourceId",
			"DescribeImagesInput.ExecutableUsers":          "ExecutableBy",
			"DescribeLaunchTemplateVersionsInput.Versions": "LaunchTemplateVersion",
			"DeleteLaunchTemplateVersionsInput.Versions":   "LaunchTemplateVersion",

			"InstanceNetworkInterfaceSpecification.Groups":             "SecurityGroupId",
			"InstanceNetworkInterfaceSpecification.Ipv6Addresses":      "Ipv6Addresses",
			"InstanceNetworkInterfaceSpecification.PrivateIpAddresses": "PrivateIpAddresses",

			"LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.Groups":             "SecurityGroupId",
			"LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.Ipv6Addresses":      "Ipv6Addresses",
			"LaunchTemplateInstanceNetworkInterfaceSpecificationRequest.PrivateIpAddresses": "PrivateIpAddresses",
		},
		elements: map[string]string{
			"DescribeImagesOutput.Images":                   "imagesSet",
			"DescribeLaunchTemplatesOutput.LaunchTemplates": "launchTemplates",
			"Image.BlockDeviceMappings":                     "blockDeviceMapping",
			"Image.OwnerId":                                 "imageOwnerId",
			"Image.ProductCodes":                            "productCodes",
			"Image.Public":                                  "isPublic",
			"Image.State":                                   "imageState",
			"Instance.BlockDeviceMappings":                  "blockDeviceMapping",
			"Instance.ProductCodes":                         "productCodes",
			"Instance.PublicDnsName":                        "dnsName",
			"Instance.PublicIpAddress":                      "ipAddress",
			"Instance.SecurityGroups":                       "groupSet",
			"Instance.State":                                "instanceState",
			"Instance.StateTransitionReason":                "reason",
			"InstanceNetworkInterface.Ipv6Addresses":        "ipv6AddressesSet",
			"InstanceNetworkInterface.PrivateIpAddresses":   "privateIpAddressesSet",
			"LaunchTemplateInstanceNetworkInterfaceSpecification.Ipv6Addresses":        "ipv6AddressesSet",
			"LaunchTemplateInstanceNetworkInterfaceSpecification.PrivateIpAddresses":   "privateIpAddressesSet",
			"LaunchTemplateInstanceSecondaryInterfaceSpecification.PrivateIpAddresses": "privateIpAddressesSet",
			"ProductCode.ProductCodeId":                        "productCode",
			"ProductCode.ProductCodeType":                      "type",
			"Reservation.Instances":                            "instancesSet",
			"ResponseLaunchTemplateData.LicenseSpecifications": "licenseSet",
			"RunInstancesOutput.Instances":                     "instancesSet",
			"TerminateInstancesOutput.TerminatingInstances":    "instancesSet",
		},
		items: map[string]string{
			"LaunchTemplateInstanceNetworkInterfaceSpecification.Groups": "groupId",
		},
	}
}
