package manager

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// Basis is what a scaling policy's decision rests on besides its signals.
type Basis struct {
	// Exists: there is a group. Where there is none, the rest is zero.
	Exists bool
	// Group is the name of the group that the policy sizes.
	Group string
	// Intended is the group's size as the ledger has it.
	Intended int
	// InService counts the members that are ready and not about to go.
	InService int
	// Servers are those of all members, in the order of the slots.
	Servers []BasisServer
}

// BasisServer is one server of a [Basis].
type BasisServer struct {
	policy.Server

	// Names are what else a metric source may call it: its key and its addresses.
	Names []string
}

// Serving returns the IDs of the servers in service, in the order of the slots.
func (b Basis) Serving() []string {
	var ids []string
	for _, server := range b.Servers {
		if server.State == policy.ServerInService {
			ids = append(ids, server.ID)
		}
	}
	return ids
}

// Basis returns the basis for the group of that name or, where group is empty,
// for the one group of the server configuration of that name. Several groups of
// the configuration are an error that names them.
func (m *Manager) Basis(ctx context.Context, configuration, group string) (Basis, error) {
	record, found, err := m.sizedGroup(ctx, configuration, group)
	if err != nil || !found {
		return Basis{}, err
	}
	observation, err := m.observe(ctx, record, m.service.LastReports)
	if err != nil {
		return Basis{}, err
	}
	basis := Basis{Exists: true, Group: record.Name, Intended: record.Size}
	for _, member := range observation.Members {
		server := policy.Server{ID: member.ID, Launched: member.LaunchedAt, State: stateOf(member, record.Size)}
		if server.State == policy.ServerInService {
			basis.InService++
		}
		names := []string{member.Key()}
		for _, name := range []string{member.Facts.PrivateIP, member.Facts.PrivateDNS, member.Facts.PublicIP} {
			if name != "" {
				names = append(names, name)
			}
		}
		basis.Servers = append(basis.Servers, BasisServer{Server: server, Names: names})
	}
	return basis, nil
}

// stateOf says whether a member of a group of that size carries load.
func stateOf(member Member, size int) policy.ServerState {
	switch {
	case member.Failed() || member.Slot >= size:
		return policy.ServerLeaving
	case member.Report.Status == boot.StatusReady:
		return policy.ServerInService
	}
	return policy.ServerPending
}

func (m *Manager) sizedGroup(ctx context.Context, configuration, name string) (hosting.Group, bool, error) {
	groups, err := m.service.Groups(ctx)
	if err != nil {
		return hosting.Group{}, false, fmt.Errorf("listing the server groups: %w", err)
	}
	var matching []hosting.Group
	var names []string
	for _, group := range groups {
		if group.Name == name || name == "" && boot.ConfigurationName(group.Configuration) == configuration {
			matching = append(matching, group)
			names = append(names, group.Name)
		}
	}
	switch len(matching) {
	case 0:
		return hosting.Group{}, false, nil
	case 1:
		return matching[0], true, nil
	}
	return hosting.Group{}, false, fmt.Errorf("configuration %q has several server groups (%s): set server_group to the one that the policy sizes",
		configuration, strings.Join(names, ", "))
}
