package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

const (
	// pageSize is how many instances a page of DescribeInstances is asked to have.
	pageSize = 1000
	// filterValues is how many values a filter takes.
	filterValues = 200
	// absentFor is for how long a member that EC2 doesn't show is taken to be there all the
	// same. EC2 shows what is terminated for about an hour.
	absentFor = 10 * time.Minute
)

// Servers implements [hosting.Servers].
func (s *Service) Servers(ctx context.Context, ref hosting.GroupRef) ([]hosting.Server, error) {
	members, err := s.members(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("listing the servers of group %q: %w", ref.Name, err)
	}
	servers := make([]hosting.Server, 0, len(members))
	for _, m := range members {
		servers = append(servers, m.server())
	}
	return servers, nil
}

// members looks at the group's instances and returns those that exist, or have stopped,
// sorted by slot and attempt. What this process has launched is among them, also while
// EC2 doesn't show it.
func (s *Service) members(ctx context.Context, ref hosting.GroupRef) ([]member, error) {
	templates, err := s.templates(ctx, ref)
	if err != nil && !errors.Is(err, hosting.ErrNotFound) {
		return nil, err
	}
	var shown []member
	// A filter without values is an error, and without it every instance of the account
	// would be listed.
	for chunk := range slices.Chunk(templates, filterValues) {
		instances, err := s.describe(ctx, filter("tag:"+templateTag, chunk...), filter("instance-state-name", listedStates()...))
		if err != nil {
			return nil, err
		}
		for _, instance := range instances {
			if m, ok := s.prove(ref, templates, instance); ok {
				shown = append(shown, m)
			}
		}
	}
	s.remember(shown, true)
	if err := s.recheck(ctx, ref, s.unseen(ref, shown)); err != nil {
		return nil, err
	}
	return s.knownMembers(ref), nil
}

// listedStates are the states of instances that are listed: all but "terminated".
func listedStates() []string {
	return []string{
		string(ec2types.InstanceStateNamePending), string(ec2types.InstanceStateNameRunning),
		string(ec2types.InstanceStateNameStopping), string(ec2types.InstanceStateNameStopped),
		string(ec2types.InstanceStateNameShuttingDown),
	}
}

// recheck looks for members that are known and not in the list by their IDs: the list is
// by a tag, and what is terminated loses its tags.
func (s *Service) recheck(ctx context.Context, ref hosting.GroupRef, ids []string) error {
	instances, err := s.describeIDs(ctx, ids)
	if err != nil {
		return err
	}
	var shown []member
	for _, instance := range instances {
		m, ok := s.identify(ref, instance)
		if !ok {
			continue
		}
		if k, found := s.recollect(m.id); found && len(m.tags) == 0 {
			m.tags = k.tags
		}
		shown = append(shown, m)
	}
	s.remember(shown, false)
	now := s.options.Now()
	for _, id := range ids {
		s.note(id, func(k *known) { k.gone = k.gone || now.Sub(k.seenAt) > absentFor })
	}
	return nil
}

// describeIDs describes those of the instances that EC2 shows. It asks by filter,
// because an unknown ID in the request's own list would fail the whole call.
func (s *Service) describeIDs(ctx context.Context, ids []string) ([]ec2types.Instance, error) {
	var all []ec2types.Instance
	for chunk := range slices.Chunk(ids, filterValues) {
		instances, err := s.describe(ctx, filter("instance-id", chunk...))
		if err != nil {
			return nil, err
		}
		all = append(all, instances...)
	}
	return all, nil
}

// describe returns the instances that pass the filters, from all pages. A page may have
// none and not be the last one.
func (s *Service) describe(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.Instance, error) {
	var all []ec2types.Instance
	input := &ec2.DescribeInstancesInput{Filters: filters, MaxResults: aws.Int32(pageSize)}
	for {
		page, err := s.options.EC2.DescribeInstances(ctx, input)
		if err != nil {
			return nil, explain(ctx, err)
		}
		for _, reservation := range page.Reservations {
			all = append(all, reservation.Instances...)
		}
		if aws.ToString(page.NextToken) == "" {
			return all, nil
		}
		input.NextToken = page.NextToken
	}
}

func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: aws.String(name), Values: values}
}
