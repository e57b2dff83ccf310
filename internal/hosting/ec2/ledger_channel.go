package ec2

import (
	"context"
	"errors"
	"fmt"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// deliveryParameter names the parameter that holds the incarnation's delivery for
// members with a role.
func (s *Service) deliveryParameter(ref hosting.GroupRef) string {
	return s.partParameter(ref, partDelivery)
}

// reportPath is the path below which members with a role write their reports.
func (s *Service) reportPath(ref hosting.GroupRef) string {
	return s.partParameter(ref, partReports)
}

// putDelivery stores the incarnation's delivery, see channel.EncodeSecretDelivery, in
// its parameter and returns the parameter's version.
func (s *Service) putDelivery(ctx context.Context, ref hosting.GroupRef, value string) (version int64, err error) {
	if len(value) > maxParameterBytes {
		return 0, fmt.Errorf("storing the delivery of group %q: it would have %d bytes, and an SSM parameter holds at most %d; "+
			"store the largest values elsewhere and deliver their addresses", ref.Name, len(value), maxParameterBytes)
	}
	p := put{name: s.deliveryParameter(ref), value: value, secret: true, create: true}
	version, err = s.putParameter(ctx, p)
	if errors.Is(err, errTaken) {
		p.create = false
		version, err = s.putParameter(ctx, p)
	}
	if err != nil {
		return 0, fmt.Errorf("storing the delivery of group %q: %w", ref.Name, err)
	}
	return version, nil
}

// reportParameters returns the values of the incarnation's report parameters by the
// last element of their names.
func (s *Service) reportParameters(ctx context.Context, ref hosting.GroupRef) (map[string]string, error) {
	path := s.reportPath(ref)
	found, err := s.getParametersByPath(ctx, path, pathOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the reports of group %q: %w", ref.Name, err)
	}
	reports := make(map[string]string, len(found))
	for name, p := range found {
		reports[name[len(path)+1:]] = p.value
	}
	return reports, nil
}
