package manager

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Member is the current server of a slot, with what it last reported.
type Member struct {
	hosting.Server

	Report boot.Report
}

// Failed reports whether one of the member's scripts has failed.
func (m Member) Failed() bool { return m.Report.Status == boot.StatusFailed }

// Observation is one look at a group.
type Observation struct {
	Group         hosting.Group
	Configuration boot.Configuration
	// Members are the running servers, the newest of each slot, sorted by slot.
	Members []Member
	// Lost says why by slot, for the slots whose newest server has ended.
	Lost map[int]string
	// Leftovers are what a change that was cut short has left: servers that a
	// newer one has replaced or that have ended.
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

func (o Observation) servers() []hosting.Server {
	servers := make([]hosting.Server, 0, len(o.Members))
	for _, member := range o.Members {
		servers = append(servers, member.Server)
	}
	return servers
}

// Observe reads the group's record, its servers and their reports. A group that
// doesn't exist, or has another incarnation, is [hosting.ErrNotFound].
func (m *Manager) Observe(ctx context.Context, ref hosting.GroupRef) (Observation, error) {
	group, err := m.group(ctx, ref)
	if err != nil {
		return Observation{}, err
	}
	return m.observe(ctx, group)
}

// ObserveByName is Observe for whatever incarnation the group has.
func (m *Manager) ObserveByName(ctx context.Context, name string) (Observation, error) {
	group, err := m.service.Group(ctx, name)
	if err != nil {
		return Observation{}, fmt.Errorf("reading server group %q: %w", name, err)
	}
	return m.observe(ctx, group)
}

func (m *Manager) group(ctx context.Context, ref hosting.GroupRef) (hosting.Group, error) {
	group, err := m.service.Group(ctx, ref.Name)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("reading server group %q: %w", ref.Name, err)
	}
	if group.Incarnation != ref.Incarnation {
		return hosting.Group{}, fmt.Errorf("reading server group %q: another incarnation is there: %w", ref.Name, hosting.ErrNotFound)
	}
	return group, nil
}

func (m *Manager) observe(ctx context.Context, group hosting.Group) (Observation, error) {
	configuration, err := m.Configuration(ctx, group.Configuration)
	if err != nil {
		return Observation{}, fmt.Errorf("reading the configuration of server group %q: %w", group.Name, err)
	}
	servers, err := m.service.Servers(ctx, group.GroupRef)
	if err != nil {
		return Observation{}, fmt.Errorf("listing the servers of group %q: %w", group.Name, err)
	}
	observation := sortServers(group, servers)
	observation.Configuration = configuration
	reports, err := m.service.Reports(ctx, observation.servers())
	if err != nil {
		return Observation{}, fmt.Errorf("reading the reports of server group %q: %w", group.Name, err)
	}
	for i, member := range observation.Members {
		observation.Members[i].Report = reports[member.ID]
	}
	return observation, nil
}

// sortServers tells members from what is lost and what is left over: per slot,
// the newest running server is the member.
func sortServers(group hosting.Group, servers []hosting.Server) Observation {
	observation := Observation{Group: group, Lost: make(map[int]string)}
	newest := make(map[int]hosting.Server)
	for _, server := range servers {
		current, taken := newest[server.Slot]
		switch {
		case server.State != hosting.ServerRunning:
			observation.Leftovers = append(observation.Leftovers, server)
			observation.Lost[server.Slot] = server.EndReason
		case !taken:
			newest[server.Slot] = server
		case server.Attempt > current.Attempt:
			observation.Leftovers = append(observation.Leftovers, current)
			newest[server.Slot] = server
		default:
			observation.Leftovers = append(observation.Leftovers, server)
		}
	}
	for _, slot := range slices.Sorted(maps.Keys(newest)) {
		delete(observation.Lost, slot)
		observation.Members = append(observation.Members, Member{Server: newest[slot]})
	}
	return observation
}
