package ec2

import (
	"context"
	"errors"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// createGroup writes the data first: it can't be seen before the record is there.
func (s *Service) createGroup(ctx context.Context, group hosting.Group) error {
	if err := boot.CheckResourceName(group.Name); err != nil {
		return err
	}
	if !valid(group.GroupRef) {
		return errors.New("its incarnation is no valid name")
	}
	unlock, err := s.ledger.lock(ctx, group.Name)
	if err != nil {
		return err
	}
	defer unlock()
	t := s.newTransaction(group.GroupRef)
	wanted, err := t.encode(ctx, record{}, &record{Group: group})
	if err != nil {
		return err
	}
	main := wanted[sectionMain]
	if err := t.prepare(ctx, wanted); err != nil {
		return err
	}
	return t.claim(ctx, main)
}

// prepare writes the data of a group that is to be created. An earlier call may have
// done so already.
func (t *transaction) prepare(ctx context.Context, wanted bodies) error {
	wanted[sectionMain] = ""
	for {
		if done, err := t.write(ctx, wanted); done || err != nil {
			return err
		}
	}
}

// maxClaims bounds how often a name is claimed that neither is free nor has a record:
// each time costs up to lagPatience.
const maxClaims = 6

// claim creates the record. Its name is the lock. SSM doesn't let a name be used for 30
// seconds after a parameter that had it was deleted.
func (t *transaction) claim(ctx context.Context, body string) error {
	for range maxClaims {
		next, done, err := t.writeState(ctx, t.names[sectionMain], t.now[sectionMain], state{incarnation: t.ref.Incarnation, body: body})
		switch {
		case errors.Is(err, errTaken):
		case errors.Is(err, hosting.ErrNotFound):
			t.now[sectionMain] = state{}
		case err != nil || done:
			return err
		case next.exists():
			taken, err := t.isTaken(ctx, next)
			switch {
			case err != nil:
				return err
			case taken:
				return errors.Join(hosting.ErrExists, t.discard(ctx, next))
			}
		default:
			t.now[sectionMain] = next
		}
	}
	return errTaken
}

// isTaken looks again at a record that is in the way: it may have been deleted already.
func (t *transaction) isTaken(ctx context.Context, found state) (bool, error) {
	if found.own {
		return true, nil
	}
	if err := pause(ctx, agreement); err != nil {
		return false, err
	}
	states, err := t.readStates(ctx, t.names[sectionMain:])
	return states[t.names[sectionMain]].exists(), err
}

// discard removes the data of a group that is not created after all.
func (t *transaction) discard(ctx context.Context, taken state) error {
	if taken.incarnation == t.ref.Incarnation {
		return nil
	}
	var names []string
	for section, name := range t.names[:sectionMain] {
		if t.now[section].version > 0 {
			names = append(names, name)
		}
	}
	return t.deleteParameters(ctx, names)
}
