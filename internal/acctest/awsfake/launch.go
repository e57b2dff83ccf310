package awsfake

import (
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// maxUserData is the limit of user data before base64.
const maxUserData = 16384

var instanceTypeName = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)

// plan is a launch that has been checked.
type plan struct {
	data     ec2.RunInstancesInput // request and template together
	template *templateRef
	// subnets are those to choose from, all of one zone if the request is zonal.
	subnets []Subnet
	zonal   bool
	// public is nil where the subnet says whether there is a public address.
	public   *bool
	userData []byte
	// tags are by resource type.
	tags     map[string]map[string]string
	min, max int
}

func runInstances(w *World, req *request, in *ec2.RunInstancesInput) (*ec2.RunInstancesOutput, error) {
	p, err := w.planLaunch(in)
	if err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	instances, repeated, err := w.launchOnce(p, req.form)
	if err != nil {
		return nil, err
	}
	return w.launchOutput(instances, repeated), nil
}

// planLaunch merges the request with its template and checks both.
func (w *World) planLaunch(in *ec2.RunInstancesInput) (*plan, error) {
	p := &plan{data: *in, min: int(aws.ToInt32(in.MinCount)), max: int(aws.ToInt32(in.MaxCount))}
	if in.LaunchTemplate != nil {
		version, err := w.launchVersion(in.LaunchTemplate)
		if err != nil {
			return nil, err
		}
		p.template = &templateRef{id: version.template.id, version: version.number}
		p.data = merge(*in, version.data)
	}
	for _, check := range []func(*plan) error{
		checkCounts, w.checkImage, checkType, w.checkNetwork, w.checkNames, checkUserData, checkLaunchTags,
	} {
		if err := check(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func checkCounts(p *plan) error {
	switch {
	case p.data.MinCount == nil:
		return missingParameter("MinCount")
	case p.data.MaxCount == nil:
		return missingParameter("MaxCount")
	case p.min < 1 || p.max < p.min:
		return invalidValue("Value (%d) for parameter maxCount is invalid. MaxCount must not be less than MinCount (%d).", p.max, p.min)
	case len(aws.ToString(p.data.ClientToken)) > 64:
		return invalidValue("Value (%s) for parameter clientToken is invalid. Length exceeds 64 characters.", *p.data.ClientToken)
	}
	return nil
}

func (w *World) checkImage(p *plan) error {
	id := aws.ToString(p.data.ImageId)
	if id == "" {
		return missingParameter("ImageId")
	}
	return w.imageError(id)
}

func checkType(p *plan) error {
	if p.data.InstanceType == "" {
		p.data.InstanceType = ec2types.InstanceTypeM1Small
	}
	if !instanceTypeName.MatchString(string(p.data.InstanceType)) {
		return invalidValue("Invalid value '%s' for InstanceType.", p.data.InstanceType)
	}
	return nil
}

// checkNetwork finds the subnets to choose from. A network interface and the settings
// of the instance exclude each other, also where one is in the template and the other in
// the request: hashicorp/terraform-provider-aws#32614.
func (w *World) checkNetwork(p *plan) error {
	subnet, groups := p.data.SubnetId, p.data.SecurityGroupIds
	if len(p.data.NetworkInterfaces) > 0 {
		if err := checkInterfaces(p); err != nil {
			return err
		}
		first := p.data.NetworkInterfaces[0]
		subnet, groups, p.public = first.SubnetId, first.Groups, first.AssociatePublicIpAddress
	}
	for _, group := range groups {
		if !slices.Contains(w.options.SecurityGroups, group) {
			return fault(http.StatusBadRequest, "InvalidGroup.NotFound", "The security group '%s' does not exist", group)
		}
	}
	return w.findSubnets(p, aws.ToString(subnet))
}

func checkInterfaces(p *plan) error {
	interfaces := p.data.NetworkInterfaces
	switch {
	case p.data.SubnetId != nil:
		return invalidCombination("Network interfaces and an instance-level subnet ID may not be specified on the same request")
	case len(p.data.SecurityGroupIds) > 0 || len(p.data.SecurityGroups) > 0:
		return invalidCombination("Network interfaces and an instance-level security groups may not be specified on the same request")
	case len(interfaces) > 1 && interfaces[0].AssociatePublicIpAddress != nil:
		return invalidCombination("The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces")
	case aws.ToInt32(interfaces[0].DeviceIndex) != 0 || interfaces[0].DeviceIndex == nil:
		return missingParameter("NetworkInterface.1.DeviceIndex")
	}
	return nil
}

// findSubnets finds the subnet, or those of the zone, or all: EC2 then chooses.
func (w *World) findSubnets(p *plan, subnet string) error {
	zone := ""
	if p.data.Placement != nil {
		zone = aws.ToString(p.data.Placement.AvailabilityZone)
	}
	for _, s := range w.options.Subnets {
		if (subnet == "" || s.ID == subnet) && (zone == "" || s.Zone == zone) {
			p.subnets = append(p.subnets, s)
		}
	}
	p.zonal = subnet != "" || zone != ""
	switch {
	case len(p.subnets) > 0:
		return nil
	case subnet != "":
		return fault(http.StatusBadRequest, "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist", subnet)
	default:
		return invalidValue("Invalid availability zone: [%s]", zone)
	}
}

func (w *World) checkNames(p *plan) error {
	if key := aws.ToString(p.data.KeyName); key != "" && !slices.Contains(w.options.KeyNames, key) {
		return fault(http.StatusBadRequest, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", key)
	}
	profile := p.profile()
	if profile != "" && !slices.Contains(w.options.InstanceProfiles, profile) {
		return invalidValue("Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", profile)
	}
	return nil
}

// profile returns the name of the instance profile, or "".
func (p *plan) profile() string {
	if p.data.IamInstanceProfile == nil {
		return ""
	}
	if arn := aws.ToString(p.data.IamInstanceProfile.Arn); arn != "" {
		return roleName(arn)
	}
	return aws.ToString(p.data.IamInstanceProfile.Name)
}

func checkUserData(p *plan) error {
	data, err := decodeUserData(p.data.UserData)
	p.userData = data
	return err
}

func decodeUserData(text *string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(aws.ToString(text))
	if err != nil {
		return nil, invalidValue("Invalid BASE64 encoding of user data.")
	}
	if len(data) > maxUserData {
		return nil, invalidValue("User data is limited to %d bytes", maxUserData)
	}
	return data, nil
}

// taggedAtLaunch are the resources that a launch can tag.
func taggedAtLaunch() []string {
	return []string{"instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"}
}

func checkLaunchTags(p *plan) error {
	p.tags = map[string]map[string]string{}
	for _, specification := range p.data.TagSpecifications {
		kind := string(specification.ResourceType)
		if !slices.Contains(taggedAtLaunch(), kind) {
			return invalidValue("'%s' is not a valid taggable resource type for this operation.", kind)
		}
		tags, err := newTags(specification.Tags)
		if err != nil {
			return err
		}
		if p.tags[kind] == nil {
			p.tags[kind] = map[string]string{}
		}
		maps.Copy(p.tags[kind], tags)
		if len(p.tags[kind]) > maxTags {
			return tooManyTags()
		}
	}
	options := p.data.MetadataOptions
	if options == nil || options.InstanceMetadataTags != ec2types.InstanceMetadataTagsStateEnabled {
		return nil
	}
	return checkMetadataKeys(p.tags["instance"])
}

// isNitro reports whether instances of the type run on Nitro. The families that don't
// are a closed list; every newer one does.
func isNitro(instanceType string) bool {
	family, size, _ := strings.Cut(instanceType, ".")
	xen := []string{
		"c1", "c3", "c4", "cc1", "cc2", "cg1", "cr1", "d2", "f1", "g2", "g3", "g3s", "h1", "hi1", "hs1",
		"i2", "i3", "m1", "m2", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
	}
	return size == "metal" || !slices.Contains(xen, family)
}
