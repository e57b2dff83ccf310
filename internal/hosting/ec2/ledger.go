package ec2

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// The ledger of a group are SSM parameters:
//
//	/muster/NAMESPACE/GROUP                        the record; its name is the lock
//	/muster/NAMESPACE/GROUP/INCARNATION/values     delivered values (encrypted)
//	/muster/NAMESPACE/GROUP/INCARNATION/wires
//	/muster/NAMESPACE/GROUP/INCARNATION/launches   see ledger_launch.go
//	/muster/NAMESPACE/GROUP/INCARNATION/key        see ledger_key.go (encrypted)
//	/muster/NAMESPACE/GROUP/INCARNATION/delivery   with a role: what members read (encrypted)
//	/muster/NAMESPACE/GROUP/INCARNATION/o/…        with a role: their reports
//
// What belongs to an incarnation has its name in the path: SSM shows the content of a
// deleted parameter for a while, and doesn't let its name be used for 30 seconds. A group
// is there exactly when its record is: that is created last and deleted last.
// The parameters of the ledger proper are versioned as ledger_entry.go says.

// CreateGroup implements [hosting.Ledger].
func (s *Service) CreateGroup(ctx context.Context, group hosting.Group) error {
	if err := s.createGroup(ctx, group); err != nil {
		return fmt.Errorf("recording group %q: %w", group.Name, err)
	}
	return nil
}

// Group implements [hosting.Ledger].
func (s *Service) Group(ctx context.Context, name string) (hosting.Group, error) {
	found, err := s.readGroup(ctx, name)
	if err != nil {
		return hosting.Group{}, fmt.Errorf("reading group %q: %w", name, err)
	}
	return found.Group, nil
}

func (s *Service) readGroup(ctx context.Context, name string) (record, error) {
	if boot.CheckResourceName(name) != nil {
		return record{}, hosting.ErrNotFound
	}
	main := s.recordParameter(name)
	// Where the incarnation is known, one call reads everything.
	states, incarnation, err := s.readKnown(ctx, name)
	if err != nil {
		return record{}, err
	}
	records := map[string]state{main: states[main]}
	waited, err := s.settle(ctx, records)
	if err != nil {
		return record{}, err
	}
	if waited || records[main].incarnation != incarnation {
		states = nil
	}
	all, err := s.complete(ctx, records, states)
	if err != nil {
		return record{}, err
	}
	if len(all) == 0 {
		return record{}, hosting.ErrNotFound
	}
	return all[0], nil
}

// Groups implements [hosting.Ledger].
func (s *Service) Groups(ctx context.Context) ([]hosting.Group, error) {
	groups, err := s.readGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the groups: %w", err)
	}
	return groups, nil
}

func (s *Service) readGroups(ctx context.Context) ([]hosting.Group, error) {
	records, err := s.listRecords(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := s.settle(ctx, records); err != nil {
		return nil, err
	}
	all, err := s.complete(ctx, records, nil)
	if err != nil {
		return nil, err
	}
	groups := make([]hosting.Group, 0, len(all))
	for _, found := range all {
		groups = append(groups, found.Group)
	}
	slices.SortFunc(groups, func(a, b hosting.Group) int { return cmp.Compare(a.Name, b.Name) })
	return groups, nil
}

// listRecords reads the records of all groups by the names of their parameters.
func (s *Service) listRecords(ctx context.Context) (map[string]state, error) {
	listed, err := s.getParametersByPath(ctx, s.namespacePath(), pathOptions{})
	if err != nil {
		return nil, err
	}
	records, missing, err := s.learn(ctx, slices.Collect(maps.Keys(listed)), listed)
	if err != nil {
		return nil, err
	}
	// What this process has written may not be listed yet.
	missing = append(missing, s.ledger.unlistedRecords(s.namespacePath(), listed)...)
	late, err := s.readStates(ctx, missing)
	if err != nil {
		return nil, err
	}
	maps.Copy(records, late)
	return records, nil
}

// UpdateGroup implements [hosting.Ledger].
func (s *Service) UpdateGroup(ctx context.Context, ref hosting.GroupRef, change func(*hosting.Group) error) (hosting.Group, error) {
	refused := error(nil)
	updated, err := s.update(ctx, ref, func(r *record) error {
		refused = change(&r.Group)
		return refused
	})
	switch {
	case err == nil:
		return updated.Group, nil
	case refused != nil && err == refused: //nolint:errorlint // The very error is promised.
		return hosting.Group{}, refused
	}
	return hosting.Group{}, fmt.Errorf("updating group %q: %w", ref.Name, err)
}

// DeleteGroup implements [hosting.Ledger].
func (s *Service) DeleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	if err := s.deleteGroup(ctx, ref); err != nil {
		return fmt.Errorf("deleting group %q: %w", ref.Name, err)
	}
	return nil
}

func (s *Service) deleteGroup(ctx context.Context, ref hosting.GroupRef) error {
	if !valid(ref) {
		return context.Cause(ctx)
	}
	unlock, err := s.ledger.lock(ctx, ref.Name)
	if err != nil {
		return err
	}
	defer unlock()
	main := s.recordParameter(ref.Name)
	states, _, err := s.readKnown(ctx, ref.Name)
	if err != nil || !states[main].of(ref) {
		return err
	}
	// What another incarnation has left behind goes too: whoever made it was cut short.
	rest, err := s.getParametersByPath(ctx, main, pathOptions{recursive: true, namesOnly: true})
	if err != nil {
		return err
	}
	names := append(slices.Collect(maps.Keys(rest)), s.partParameters(ref)...)
	slices.Sort(names)
	if err := s.deleteParameters(ctx, slices.Compact(names)); err != nil {
		return err
	}
	if err := s.deleteParameters(ctx, []string{main}); err != nil {
		return err
	}
	s.ledger.forgetIncarnation(main, ref.Incarnation)
	return nil
}
