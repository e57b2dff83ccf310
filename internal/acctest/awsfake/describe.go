package awsfake

import (
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	minInstanceResults = 5
	maxInstanceResults = 1000
	maxFilters         = 50
	maxFilterValues    = 200
	maxFilterLength    = 255
)

func (w *World) describeInstances(in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	ids, next, err := w.instancePage(in)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstancesOutput{Reservations: []ec2types.Reservation{}, NextToken: next}
	places := map[string]int{}
	at := now()
	for _, id := range ids {
		i := w.instances[id]
		place, known := places[i.reservation]
		if !known {
			place = len(out.Reservations)
			places[i.reservation] = place
			out.Reservations = append(out.Reservations, ec2types.Reservation{
				OwnerId: &w.options.Account, ReservationId: &i.reservation,
				Groups: []ec2types.GroupIdentifier{}, Instances: []ec2types.Instance{},
			})
		}
		reservation := &out.Reservations[place]
		reservation.Instances = append(reservation.Instances, w.instanceView(i, at))
	}
	return out, nil
}

func (w *World) instancePage(in *ec2.DescribeInstancesInput) ([]string, *string, error) {
	if in.MaxResults != nil && len(in.InstanceIds) > 0 {
		return nil, nil, invalidCombination("The parameter instancesSet cannot be used with the parameter maxResults")
	}
	limit := maxInstanceResults
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
		if limit < minInstanceResults || limit > maxInstanceResults {
			return nil, nil, invalidValue("Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", limit, minInstanceResults, maxInstanceResults)
		}
	}
	list := func() ([]string, error) { return w.findInstances(in) }
	return w.page("DescribeInstances", limit, in.MaxResults != nil, in.NextToken, list)
}

// findInstances returns the IDs of the instances that fit. IDs that were asked for must
// all be known.
func (w *World) findInstances(in *ec2.DescribeInstancesInput) ([]string, error) {
	filters, err := newFilters(in.Filters, "tag-key", "client-token", "instance-id", "instance-state-name",
		"instance-type", "image-id", "subnet-id", "availability-zone", "reservation-id", "private-ip-address")
	if err != nil {
		return nil, err
	}
	if _, err := w.named(in.InstanceIds); err != nil {
		return nil, err
	}
	at := now()
	var found []string
	for _, i := range w.launched {
		asked := len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, i.id)
		if asked && i.shown(at) && filters.fit(func(name string) []string { return w.instanceFilter(i, name, at) }) {
			found = append(found, i.id)
		}
	}
	return found, nil
}

// named returns the instances of those IDs, or an error that names the unknown ones.
func (w *World) named(ids []string) ([]*instance, error) {
	at := now()
	var found []*instance
	var unknown []string
	for _, id := range ids {
		if !instanceID.MatchString(id) {
			return nil, fault(http.StatusBadRequest, "InvalidInstanceID.Malformed", "Invalid id: \"%s\"", id)
		}
		if i := w.instances[id]; i != nil && i.shown(at) {
			found = append(found, i)
		} else {
			unknown = append(unknown, id)
		}
	}
	return found, instancesNotFound(unknown)
}

var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)

// instanceFilter returns what the instance has under the name of a filter.
func (w *World) instanceFilter(i *instance, name string, at time.Time) []string {
	if values, ok := tagValues(name, w.visibleTags(i, at)); ok {
		return values
	}
	switch name {
	case "client-token":
		return []string{aws.ToString(i.data.ClientToken)}
	case "instance-id":
		return []string{i.id}
	case "instance-state-name":
		return []string{string(i.state(at))}
	case "instance-type":
		return []string{string(i.data.InstanceType)}
	case "image-id":
		return []string{aws.ToString(i.data.ImageId)}
	case "subnet-id":
		return []string{i.subnet.ID}
	case "availability-zone":
		return []string{i.subnet.Zone}
	case "reservation-id":
		return []string{i.reservation}
	default: // private-ip-address
		return []string{i.privateIP}
	}
}
