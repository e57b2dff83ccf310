package ec2

import (
	"cmp"
	"context"
	"errors"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// transaction is the change of one record, of which each section is a parameter. As
// long as a section is found to have been changed by somebody else, the whole change is
// applied again.
type transaction struct {
	*Service

	ref   hosting.GroupRef
	names [sections]string
	// base is what the change is applied to, now what is stored. They differ in a section
	// that the transaction has written already.
	base, now [sections]state
	// written is what the transaction has written; empty: nothing.
	written bodies
}

func (s *Service) newTransaction(ref hosting.GroupRef) *transaction {
	data := s.dataParameters(ref)
	return &transaction{Service: s, ref: ref, names: [sections]string{
		sectionValues: data[0], sectionWires: data[1], sectionMain: s.recordParameter(ref.Name),
	}}
}

// update applies change to the incarnation's record as UpdateGroup does.
func (s *Service) update(ctx context.Context, ref hosting.GroupRef, change func(*record) error) (record, error) {
	if !valid(ref) {
		return record{}, cmp.Or(context.Cause(ctx), hosting.ErrNotFound)
	}
	unlock, err := s.ledger.lock(ctx, ref.Name)
	if err != nil {
		return record{}, err
	}
	defer unlock()
	t := s.newTransaction(ref)
	if err := t.read(ctx); err != nil {
		return record{}, err
	}
	for {
		changed, done, err := t.try(ctx, change)
		if done || err != nil {
			return changed, err
		}
	}
}

// read reads the sections, in one call where the record is there.
func (t *transaction) read(ctx context.Context) error {
	states, err := t.readStates(ctx, t.names[:])
	if err != nil {
		return err
	}
	main := t.names[sectionMain]
	if !states[main].exists() {
		looked, _, err := t.readKnown(ctx, t.ref.Name)
		if err != nil {
			return err
		}
		if !looked[main].of(t.ref) {
			return hosting.ErrNotFound
		}
		if states, err = t.readStates(ctx, t.names[:]); err != nil {
			return err
		}
	}
	for section, name := range t.names {
		t.base[section] = states[name]
	}
	t.now = t.base
	return nil
}

// try applies the change to the base and writes what differs from what is stored. done is
// false where somebody else has changed a section meanwhile.
func (t *transaction) try(ctx context.Context, change func(*record) error) (changed record, done bool, err error) {
	before, err := t.decode()
	if err != nil {
		return record{}, false, err
	}
	changed, err = t.decode()
	if err != nil {
		return record{}, false, err
	}
	if err := change(&changed); err != nil {
		return record{}, false, t.restore(ctx, err)
	}
	wanted, err := t.encode(ctx, before, &changed)
	if err != nil {
		return record{}, false, t.restore(ctx, err)
	}
	if done, err = t.write(ctx, wanted); done && err == nil {
		t.noteLaunch(before, changed)
	}
	return changed, done, err
}

func (t *transaction) decode() (record, error) {
	if !t.base[sectionMain].of(t.ref) {
		return record{}, hosting.ErrNotFound
	}
	r, err := decodeRecord(t.names[sectionMain], t.base[sectionMain])
	if err != nil {
		return record{}, err
	}
	return r, r.decodeData(t.names[:sectionMain], map[string]state{
		t.names[sectionValues]: t.base[sectionValues],
		t.names[sectionWires]:  t.base[sectionWires],
	})
}

// encode checks a changed record and returns its sections.
func (t *transaction) encode(ctx context.Context, before record, changed *record) (bodies, error) {
	if changed.GroupRef != t.ref {
		return bodies{}, errors.New("its name and incarnation can't be changed")
	}
	was, err := before.encode()
	if err != nil {
		return bodies{}, err
	}
	wanted, err := changed.encode()
	if err != nil {
		return bodies{}, err
	}
	if wanted[sectionMain] != was[sectionMain] {
		// It is about to be launched from: to note that now saves a write.
		changed.addTemplate(t.configurations.templateID(changed.Configuration))
		if wanted, err = changed.encode(); err != nil {
			return bodies{}, err
		}
	}
	return wanted, t.checkSizes(ctx, *changed, was, wanted)
}

// write puts the sections that differ from what is stored. done is false where one was
// changed by somebody else; that is the base now. What has been written already isn't
// written again, also where somebody else has changed it since.
func (t *transaction) write(ctx context.Context, wanted bodies) (done bool, err error) {
	empty, err := emptyBodies()
	if err != nil {
		return false, err
	}
	for section, body := range wanted {
		if body == cmp.Or(t.written[section], t.now[section].body, empty[section]) {
			continue
		}
		next, done, err := t.writeState(ctx, t.names[section], t.now[section], state{incarnation: t.ref.Incarnation, body: body})
		switch {
		case errors.Is(err, errTaken) && t.base[sectionMain].exists():
			// Only the name of what was deleted just now can't be used.
			return false, hosting.ErrNotFound
		case err != nil:
			return false, err
		}
		t.now[section] = next
		if !done {
			t.base[section], t.written[section] = next, ""
			return false, nil
		}
		t.written[section] = body
	}
	return true, nil
}

// restore puts back what was written of a change that is refused after all, because
// somebody else was faster. It returns the refusal.
func (t *transaction) restore(ctx context.Context, refusal error) error {
	empty, err := emptyBodies()
	if err != nil {
		return errors.Join(refusal, err)
	}
	for section, written := range t.written {
		if written == "" || t.now[section].body != written {
			continue // What somebody else has made of it stays.
		}
		back := state{incarnation: t.ref.Incarnation, body: cmp.Or(t.base[section].body, empty[section])}
		if _, _, err := t.writeState(ctx, t.names[section], t.now[section], back); err != nil {
			return errors.Join(refusal, err)
		}
	}
	return refusal
}

func (t *transaction) noteLaunch(before, changed record) {
	if changed.Launch != nil && changed.Launch.Attempt > before.Attempt {
		t.ledger.begin(t.ref.Incarnation, changed.Launch.Attempt)
	}
}
