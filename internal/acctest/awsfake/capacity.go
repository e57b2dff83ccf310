package awsfake

import (
	"net/http"
	"strconv"
	"strings"
)

// place returns the first subnet that has room, and how many instances can be launched
// there: as many as fit, at least the minimum. The error is that of the last subnet.
func (w *World) place(p *plan) (subnet Subnet, n int, err error) {
	for _, subnet = range p.subnets {
		if n, err = w.grant(p, subnet); err == nil {
			break
		}
	}
	return subnet, n, err
}

func (w *World) grant(p *plan, subnet Subnet) (int, error) {
	n, err := w.placeCapacity(p, subnet)
	if err != nil {
		return 0, err
	}
	if quota := w.faults.VCPUs; quota > 0 {
		n = min(n, (quota-w.usedVCPUs())/vcpus(string(p.data.InstanceType)))
		if n < p.min {
			return 0, fault(http.StatusBadRequest, "VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", quota)
		}
	}
	if free, limited := w.faults.Addresses[subnet.ID]; limited {
		n = min(n, free-w.countIn(subnet.ID, ""))
		if n < p.min {
			return 0, fault(http.StatusBadRequest, "InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the requested number of instances.", subnet.ID)
		}
	}
	return n, nil
}

// placeCapacity is grant for the type in its zone alone.
func (w *World) placeCapacity(p *plan, subnet Subnet) (int, error) {
	for _, rule := range w.faults.Capacity {
		if !rule.fits(p, subnet) {
			continue
		}
		if rule.Unsupported {
			return 0, fault(http.StatusBadRequest, "Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing another one.", p.data.InstanceType, subnet.Zone)
		}
		n := min(p.max, rule.Instances-w.countIn(rule.SubnetID, rule.InstanceType))
		if n < p.min {
			return 0, fault(w.capacityStatus(), "InsufficientInstanceCapacity", "We currently do not have sufficient %[1]s capacity in the Availability Zone you requested (%[2]s). Our system will be working on provisioning additional capacity. You can currently get %[1]s capacity by not specifying an Availability Zone in your request.", p.data.InstanceType, subnet.Zone)
		}
		return n, nil
	}
	return p.max, nil
}

func (c Capacity) fits(p *plan, subnet Subnet) bool {
	return (c.InstanceType == "" || c.InstanceType == string(p.data.InstanceType)) &&
		(c.SubnetID == "" || c.SubnetID == subnet.ID)
}

func (w *World) capacityStatus() int {
	switch {
	case w.faults.CapacityStatus != 0:
		return w.faults.CapacityStatus
	case w.chance(0.5):
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

// countIn returns how many instances run in the place; empty matches everything.
func (w *World) countIn(subnet, instanceType string) int {
	n := 0
	at := now()
	for _, i := range w.launched {
		if i.holdsRoom(at) && (subnet == "" || i.subnet.ID == subnet) &&
			(instanceType == "" || string(i.data.InstanceType) == instanceType) {
			n++
		}
	}
	return n
}

func (w *World) usedVCPUs() int {
	n := 0
	at := now()
	for _, i := range w.launched {
		if i.holdsRoom(at) {
			n += vcpus(string(i.data.InstanceType))
		}
	}
	return n
}

// vcpus returns the vCPUs of a type by its size, as most families have them.
func vcpus(instanceType string) int {
	_, size, _ := strings.Cut(instanceType, ".")
	factor, large := strings.CutSuffix(size, "xlarge")
	if !large {
		return 2
	}
	n, err := strconv.Atoi(factor)
	if err != nil {
		return 4
	}
	return 4 * n
}
