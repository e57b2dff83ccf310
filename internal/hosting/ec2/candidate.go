package ec2

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// candidate is a place at which servers can be launched. Empty fields are as the launch
// template or the account has them.
type candidate struct{ instanceType, subnet string }

// candidates returns the places to try in their order: every subnet with the first type,
// then every subnet with the second.
func candidates(settings boot.EC2, defaultType string) []candidate {
	types, subnets := settings.InstanceTypes, settings.SubnetIDs
	if len(types) == 0 {
		types = []string{defaultType}
	}
	if len(subnets) == 0 {
		subnets = []string{""}
	}
	var list []candidate
	for _, instanceType := range types {
		for _, subnet := range subnets {
			list = append(list, candidate{instanceType: instanceType, subnet: subnet})
		}
	}
	return list
}

// String names the place for people.
func (c candidate) String() string {
	return fmt.Sprintf("%s in %s", cmp.Or(c.instanceType, "the launch template's instance type"), cmp.Or(c.subnet, "the default subnet"))
}

// isFull reports whether the API's code says that there is no room for the instances at this
// place, and that nothing was launched.
func isFull(code string) bool {
	switch code {
	case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientReservedInstanceCapacity",
		"InsufficientCapacityOnHost", "InsufficientVolumeCapacity", "InsufficientFreeAddressesInSubnet",
		"InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow",
		"ReservationCapacityExceeded", "InsufficientAddressCapacity",
		"Unsupported", "UnsupportedInstanceTypeInAvailabilityZone":
		return true
	}
	return false
}

// isQuota reports whether the API's code says that the account may not have more instances of
// the type, in whatever subnet.
func isQuota(code string) bool {
	switch code {
	case "InstanceLimitExceeded", "VcpuLimitExceeded", "MaxSpotInstanceCountExceeded":
		return true
	}
	return false
}

// isRefused reports whether the API's code says that EC2 has refused the request for what
// it says, so that nothing was launched. Other errors, like those of expired credentials,
// say nothing about an earlier try of the same request.
func isRefused(code string) bool {
	switch code {
	case "UnauthorizedOperation", "OptInRequired", "PendingVerification", "UnknownParameter", "TagLimitExceeded":
		return true
	}
	return strings.HasPrefix(code, "Invalid") || strings.HasPrefix(code, "Missing") || strings.HasPrefix(code, "Unsupported")
}
