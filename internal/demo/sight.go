package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// sight is what the hosting service knows at a moment: its ledger, its servers and
// what they have reported.
type sight struct {
	groups  map[string]hosting.Group
	servers []seenServer
}

type seenServer struct {
	hosting.Server

	report boot.Report
}

func (s seenServer) lane() lane { return newLane(s.Key(), s.report.Events) }

// look reads the ledger and the reports. Servers that have ended are left out.
func look(ctx context.Context, service hosting.Service) (sight, error) {
	groups, err := service.Groups(ctx)
	if err != nil {
		return sight{}, err
	}
	found := sight{groups: make(map[string]hosting.Group)}
	for _, group := range groups {
		found.groups[group.Name] = group
		servers, err := service.Servers(ctx, group.GroupRef)
		if err != nil {
			return sight{}, err
		}
		reports, err := service.Reports(ctx, servers)
		if err != nil {
			return sight{}, err
		}
		for _, server := range servers {
			if server.State == hosting.ServerRunning {
				found.servers = append(found.servers, seenServer{Server: server, report: reports[server.ID]})
			}
		}
	}
	return found, nil
}

// of returns the servers of the groups, in the order of the groups.
func (s sight) of(groups ...string) []seenServer {
	var found []seenServer
	for _, group := range groups {
		for _, server := range s.servers {
			if server.Group.Name == group {
				found = append(found, server)
			}
		}
	}
	return found
}

// member returns the server of that key.
func (s sight) member(key string) (seenServer, error) {
	for _, server := range s.servers {
		if server.Key() == key {
			return server, nil
		}
	}
	return seenServer{}, fmt.Errorf("there is no server %s", key)
}

// keys returns the members' keys, sorted.
func (s sight) keys() []string {
	var keys []string
	for _, server := range s.servers {
		keys = append(keys, server.Key())
	}
	slices.Sort(keys)
	return keys
}

// checkReady reports the first server that isn't ready.
func (s sight) checkReady() error {
	for _, server := range s.servers {
		if server.report.Status != boot.StatusReady {
			return fmt.Errorf("%s is %s, not ready", server.Key(), server.report.Status)
		}
	}
	return nil
}

// checkUntouched reports the first server of an earlier sight that is not the same
// any more.
func (s sight) checkUntouched(before sight) error {
	for _, old := range before.servers {
		now, err := s.member(old.Key())
		if err != nil {
			return err
		}
		if now.ID != old.ID {
			return fmt.Errorf("%s was replaced: it is %s and was %s", old.Key(), now.ID, old.ID)
		}
	}
	return nil
}
