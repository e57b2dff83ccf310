package ec2

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// Decommission implements [hosting.Servers]: the request is a tag.
func (s *Service) Decommission(ctx context.Context, servers []hosting.Server) error {
	return s.reach(ctx, servers, delivering, func(ctx context.Context, ref hosting.GroupRef, members []member) error {
		members = slices.DeleteFunc(members, isLeaving)
		if err := s.writeTags(ctx, memberIDs(members), map[string]string{channel.LeaveTag: "1"}); err != nil {
			return fmt.Errorf("decommissioning servers of group %q: %w", ref.Name, err)
		}
		return nil
	})
}

// isLeaving reports whether the member was asked to leave.
func isLeaving(m member) bool { return m.tags[channel.LeaveTag] != "" }

func memberIDs(members []member) []string {
	ids := make([]string, 0, len(members))
	for _, m := range members {
		ids = append(ids, m.id)
	}
	return ids
}
