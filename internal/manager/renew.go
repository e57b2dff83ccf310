package manager

import (
	"context"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// restartNext restarts the first of the members that have to boot anew for a value that has
// changed, if it has been given that, and none is on its way up again or has failed to come.
// It reports whether there was one.
func (m *Manager) restartNext(ctx context.Context, look Observation, group hosting.Group) (bool, error) {
	for _, member := range look.Members {
		renewal, _ := group.RenewalDue(member.Server)
		if !member.restartDue(group) || member.Delivered < renewal.Revision {
			continue
		}
		if slices.ContainsFunc(look.Members, func(other Member) bool { return other.isRestarting(renewal.Revision) }) {
			return false, nil
		}
		return true, m.restart(ctx, group, member)
	}
	return false, nil
}

// restartDue reports whether the member has to boot anew for a value that has changed.
func (m Member) restartDue(group hosting.Group) bool {
	_, due := group.RenewalDue(m.Server)
	return due && m.Slot < group.Size
}

// isRestarting reports whether the member has booted for the revision and isn't up yet.
func (m Member) isRestarting(revision int) bool {
	return hosting.ParseBootMark(m.Restart).Revision == revision && (m.Report.Status != boot.StatusReady || m.Failed())
}
