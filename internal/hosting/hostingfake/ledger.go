package hostingfake

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// CreateGroup implements [hosting.Ledger].
func (s *Service) CreateGroup(ctx context.Context, group hosting.Group) error {
	return s.perform(ctx, Call{Method: "CreateGroup", Group: group.Name}, func() (bool, error) {
		if _, taken := s.world.records[group.Name]; taken {
			return false, fmt.Errorf("recording group %q: %w", group.Name, hosting.ErrExists)
		}
		s.world.records[group.Name] = cloneGroup(group)
		return true, nil
	})
}

// Group implements [hosting.Ledger].
func (s *Service) Group(ctx context.Context, name string) (hosting.Group, error) {
	var group hosting.Group
	err := s.perform(ctx, Call{Method: "Group", Group: name}, func() (bool, error) {
		record, found := s.world.records[name]
		if !found {
			return false, notFound(name)
		}
		group = cloneGroup(record)
		return false, nil
	})
	if err != nil {
		return hosting.Group{}, err
	}
	return group, nil
}

// Groups implements [hosting.Ledger].
func (s *Service) Groups(ctx context.Context) ([]hosting.Group, error) {
	var groups []hosting.Group
	err := s.perform(ctx, Call{Method: "Groups"}, func() (bool, error) {
		groups = s.world.allRecords()
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}

// UpdateGroup implements [hosting.Ledger]. The world is locked while change runs.
func (s *Service) UpdateGroup(ctx context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	var updated hosting.Group
	err := s.perform(ctx, Call{Method: "UpdateGroup", Group: ref.Name}, func() (bool, error) {
		record, found := s.world.records[ref.Name]
		if !found || record.Incarnation != ref.Incarnation {
			return false, notFound(ref.Name)
		}
		working := cloneGroup(record)
		if err := change(&working); err != nil {
			return false, err
		}
		updated = working
		if reflect.DeepEqual(record, working) {
			return false, nil
		}
		s.world.records[ref.Name] = cloneGroup(working)
		return true, nil
	})
	if err != nil {
		return hosting.Group{}, err
	}
	return updated, nil
}

// DeleteGroup implements [hosting.Ledger].
func (s *Service) DeleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	return s.perform(ctx, Call{Method: "DeleteGroup", Group: ref.Name}, func() (bool, error) {
		record, found := s.world.records[ref.Name]
		if !found || record.Incarnation != ref.Incarnation {
			return false, nil
		}
		delete(s.world.records, ref.Name)
		return true, nil
	})
}

func notFound(group string) error {
	return fmt.Errorf("reading group %q: %w", group, hosting.ErrNotFound)
}

// cloneGroup copies a record, so that nobody changes the ledger by changing what
// was read from it.
func cloneGroup(group hosting.Group) hosting.Group {
	group.Parameters = maps.Clone(group.Parameters)
	group.Values = maps.Clone(group.Values)
	group.Wires = maps.Clone(group.Wires)
	for id, wire := range group.Wires {
		wire.From = slices.Clone(wire.From)
		group.Wires[id] = wire
	}
	if group.Launch != nil {
		launch := *group.Launch
		launch.Slots = slices.Clone(launch.Slots)
		group.Launch = &launch
	}
	return group
}
