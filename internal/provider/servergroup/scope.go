package servergroup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
)

// groupScope plans the scope in the handle. A group that exists keeps what the refresh has
// seen: its servers don't move, and what hangs on it isn't to run again because the
// provider's configuration is unknown for once.
func (p *planner) groupScope(ctx context.Context) types.String {
	if p.state != nil {
		if prior, ok, _ := handle.ParseGroup(ctx, p.state.Handle); ok {
			return prior.Scope
		}
	}
	return p.scope
}

// keepScope gives the group the scope that was planned, unless that was unknown.
func (m *model) keepScope(ctx context.Context, group *handle.Group) {
	if planned, ok, _ := handle.ParseGroup(ctx, m.Handle); ok && !planned.Scope.IsUnknown() {
		group.Scope = planned.Scope
	}
}
