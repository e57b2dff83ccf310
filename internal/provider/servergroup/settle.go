package servergroup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/provider/handle"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

const (
	defaultCreateTimeout = 10 * time.Minute
	defaultUpdateTimeout = 30 * time.Minute
	defaultDeleteTimeout = 10 * time.Minute
	defaultDrainTimeout  = 5 * time.Minute
	// drains is how often the drain timeout may pass: for consumers, and for scripts.
	drains = 2
	// defaultDrainText is the default drain timeout as configurations write it.
	defaultDrainText = "5m"
)

// settle puts into the model what is true after a change. A planned survivor stays
// as planned whatever has become of it since: the next refresh tells.
func (m *model) settle(ctx context.Context, observation manager.Observation, planned map[string]attr.Value) {
	members := fromObservation(observation)
	group := handle.FromObservation(observation)
	boots, plannedBoots := group.Members.Elements(), m.boots(ctx)
	m.keepScope(ctx, &group)
	for slot := range observation.Group.Size {
		key := hosting.MemberKey(observation.Group.Name, slot)
		if prior := planned[key]; prior != nil && !memberID(prior).IsUnknown() && !memberID(prior).IsNull() {
			members[key] = prior
			if boot, ok := plannedBoots[key].(types.String); ok && !boot.IsUnknown() {
				boots[key] = boot
			}
		}
		if members[key] == nil {
			members[key] = absentMember()
		}
	}
	m.setMembers(members, group, boots)
}

// boots is what the handle knows the members by.
func (m *model) boots(ctx context.Context) map[string]attr.Value {
	group, _, _ := handle.ParseGroup(ctx, m.Handle)
	return group.Members.Elements()
}

// toSpec returns what the plan asks for. The caller guarantees that it is applied,
// so that nothing in it is unknown.
func (m *model) toSpec(ctx context.Context) (manager.GroupSpec, error) {
	configuration, ok, _ := handle.ParseConfiguration(ctx, m.ServerConfiguration)
	values, known := launchValues(m.Parameters)
	mark, markKnown := restartMark(m.RestartTriggers)
	if !ok || !known || !markKnown {
		return manager.GroupSpec{}, errors.New("the server configuration, a parameter or a restart trigger is not known")
	}
	drainTimeout, err := m.drainTimeout()
	if err != nil {
		return manager.GroupSpec{}, err
	}
	return manager.GroupSpec{
		Name:          m.Name.ValueString(),
		Configuration: configuration.ID.ValueString(),
		Parameters:    values,
		Size:          int(m.DesiredServers.ValueInt64()),
		Restart:       mark,
		DrainTimeout:  drainTimeout,
	}, nil
}

// drainTimeout is the default where the state comes from an import.
func (m *model) drainTimeout() (time.Duration, error) {
	return tfvalue.Duration(m.DrainTimeout, defaultDrainTimeout)
}

// ref returns the incarnation that the state holds.
func (m *model) ref(ctx context.Context) (hosting.GroupRef, error) {
	group, ok, _ := handle.ParseGroup(ctx, m.Handle)
	if !ok {
		return hosting.GroupRef{}, fmt.Errorf("the state of server group %q has no handle", m.Name.ValueString())
	}
	return group.Ref(), nil
}
