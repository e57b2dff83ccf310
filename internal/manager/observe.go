package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/wait"
)

// Member is the current server of a slot, with what it last reported.
type Member struct {
	hosting.Server

	Report boot.Report
}

// Failed reports whether the member must be replaced: one of its scripts has failed,
// or it was asked to leave and serves nobody any more.
func (m Member) Failed() bool {
	return m.Report.Status == boot.StatusFailed || m.Report.Decommission.Begun()
}

// Failure says in one line why the member has failed.
func (m Member) Failure() string {
	if m.Report.Status != boot.StatusFailed && m.Report.Decommission.Begun() {
		return "it has been decommissioned"
	}
	return m.Report.Failure
}

// Observation is one look at a group.
type Observation struct {
	Group         hosting.Group
	Configuration boot.Configuration
	// Scope is that of the manager that has looked.
	Scope string
	// Members are the running servers, the newest of each slot, sorted by slot.
	Members []Member
	// Predecessors are, by slot, running servers older than the slot's member: what
	// a replacement that is under way, or was cut short, has not ended yet.
	Predecessors map[int]Member
	// Lost says why by slot, for the slots whose newest server has ended.
	Lost map[int]string
	// Leftovers are servers that are of no use any more and known to the hosting
	// service all the same: they have ended, or two newer ones run in their slot.
	Leftovers []hosting.Server
}

// Member returns the member in the slot.
func (o Observation) Member(slot int) (Member, bool) {
	i, found := slices.BinarySearchFunc(o.Members, slot, func(m Member, slot int) int { return m.Slot - slot })
	if !found {
		return Member{}, false
	}
	return o.Members[i], true
}

// reporting returns the servers whose reports are read.
func (o Observation) reporting() []hosting.Server {
	servers := make([]hosting.Server, 0, len(o.Members)+len(o.Predecessors))
	for _, member := range o.Members {
		servers = append(servers, member.Server)
	}
	for _, predecessor := range o.Predecessors {
		servers = append(servers, predecessor.Server)
	}
	return servers
}

// ConfigurationMissingError says that the content of a group's configuration is
// not stored. The group itself exists.
type ConfigurationMissingError struct{ Group, ID string }

// Error says what is missing and what to do.
func (e *ConfigurationMissingError) Error() string {
	return fmt.Sprintf("the content of server configuration %s, from which server group %q launches, is not stored on the hosting service any more: "+
		"apply its muster_server_configuration again, if need be with terraform apply -replace", e.ID, e.Group)
}

// Observe reads the group's record, its servers and what is known of their reports
// without asking each. A group that doesn't exist, or has another incarnation, is
// [hosting.ErrNotFound].
func (m *Manager) Observe(ctx context.Context, ref hosting.GroupRef) (Observation, error) {
	group, err := m.group(ctx, ref)
	if err != nil {
		return Observation{}, err
	}
	return m.observe(ctx, group, m.service.LastReports)
}

// watch is Observe with the servers' newest reports, for whoever waits for them.
func (m *Manager) watch(ctx context.Context, ref hosting.GroupRef) (Observation, error) {
	group, err := m.group(ctx, ref)
	if err != nil {
		return Observation{}, err
	}
	return m.observe(ctx, group, m.service.Reports)
}

// readReports is one of the two ways to read reports; see [hosting.Servers].
type readReports func(ctx context.Context, servers []hosting.Server) (map[string]boot.Report, error)

// ObserveByName is Observe for whatever incarnation the group has.
func (m *Manager) ObserveByName(ctx context.Context, name string) (Observation, error) {
	group, err := m.service.Group(ctx, name)
	if err != nil {
		return Observation{}, err
	}
	return m.observe(ctx, group, m.service.LastReports)
}

func (m *Manager) group(ctx context.Context, ref hosting.GroupRef) (hosting.Group, error) {
	group, err := m.service.Group(ctx, ref.Name)
	if err != nil {
		return hosting.Group{}, err
	}
	if group.Incarnation != ref.Incarnation {
		return hosting.Group{}, fmt.Errorf("reading server group %q: another incarnation is there: %w", ref.Name, hosting.ErrNotFound)
	}
	return group, nil
}

func (m *Manager) observe(ctx context.Context, group hosting.Group, read readReports) (Observation, error) {
	group, servers, err := m.servers(ctx, group)
	if err != nil {
		return Observation{}, err
	}
	configuration, err := m.Configuration(ctx, group.Configuration)
	if errors.Is(err, hosting.ErrNotFound) {
		return Observation{}, &ConfigurationMissingError{Group: group.Name, ID: group.Configuration}
	}
	if err != nil {
		return Observation{}, err
	}
	observation := sortServers(group, servers)
	observation.Configuration, observation.Scope = configuration, m.scope
	reports, err := read(ctx, observation.reporting())
	if err != nil {
		return Observation{}, err
	}
	for i, member := range observation.Members {
		observation.Members[i].Report = reports[member.ID]
	}
	for slot, predecessor := range observation.Predecessors {
		predecessor.Report = reports[predecessor.ID]
		observation.Predecessors[slot] = predecessor
	}
	return observation, nil
}

// recordPatience is how long a record may stay older than the servers that it is about.
const recordPatience = 30 * time.Second

// servers returns the group's servers, and its record, which is read again where a
// hosting service that shows late what was written has shown an old one: no server is
// launched before its attempt is recorded.
func (m *Manager) servers(ctx context.Context, group hosting.Group) (hosting.Group, []hosting.Server, error) {
	servers, err := m.service.Servers(ctx, group.GroupRef)
	if err != nil || !precedes(group, servers) {
		return group, servers, err
	}
	patient, cancel := context.WithTimeout(ctx, recordPatience)
	defer cancel()
	err = wait.Until(patient, m.service.Pace().Busy, func(context.Context) (bool, error) {
		if group, err = m.group(ctx, group.GroupRef); err != nil {
			return false, err
		}
		servers, err = m.service.Servers(ctx, group.GroupRef)
		return !precedes(group, servers), err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		// Somebody has put an old record back. The servers are there all the same.
		err = nil
	}
	return group, servers, err
}

// precedes reports whether a server is of an attempt that the record doesn't know yet.
func precedes(group hosting.Group, servers []hosting.Server) bool {
	return slices.ContainsFunc(servers, func(server hosting.Server) bool { return server.Attempt > group.Attempt })
}

// sortServers tells members from what is lost and what is left over: per slot,
// the newest running server is the member, and the next one its predecessor.
func sortServers(group hosting.Group, servers []hosting.Server) Observation {
	observation := Observation{Group: group, Lost: make(map[int]string), Predecessors: make(map[int]Member)}
	running := make(map[int][]hosting.Server)
	for _, server := range servers {
		if server.State != hosting.ServerRunning {
			observation.Leftovers = append(observation.Leftovers, server)
			observation.Lost[server.Slot] = server.EndReason
			continue
		}
		running[server.Slot] = append(running[server.Slot], server)
	}
	for _, slot := range slices.Sorted(maps.Keys(running)) {
		newest := running[slot]
		slices.SortFunc(newest, func(a, b hosting.Server) int { return b.Attempt - a.Attempt })
		delete(observation.Lost, slot)
		observation.Members = append(observation.Members, Member{Server: newest[0]})
		if len(newest) > 1 {
			observation.Predecessors[slot] = Member{Server: newest[1]}
			observation.Leftovers = append(observation.Leftovers, newest[2:]...)
		}
	}
	return observation
}
