package ec2

import (
	"context"
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// readStates reads parameters of the ledger; what isn't there is left out. What this
// process knows to be there is waited for.
func (s *Service) readStates(ctx context.Context, names []string) (map[string]state, error) {
	states := make(map[string]state, len(names))
	if len(names) == 0 {
		return states, nil
	}
	_, err := settles(ctx, func(ctx context.Context) (bool, error) {
		found, err := s.getParameters(ctx, names)
		if err != nil {
			return false, err
		}
		learned, missing, err := s.learn(ctx, names, found)
		maps.Copy(states, learned)
		names = missing
		return len(missing) == 0, err
	})
	if err != nil {
		return nil, err
	}
	// What doesn't come back was deleted by somebody else.
	s.ledger.forget(names...)
	return states, nil
}

// learn takes in what SSM shows of parameters, and returns their states as far as
// anything is known. Missing is what must be there and isn't shown.
func (s *Service) learn(ctx context.Context, names []string, found map[string]parameter) (states map[string]state, missing []string, err error) {
	states = make(map[string]state, len(names))
	for _, name := range names {
		fresh, shown, err := s.learnOne(ctx, name, found[name])
		switch {
		case err != nil:
			return nil, nil, err
		case shown:
			states[name] = fresh
		case fresh.version > 0:
			missing = append(missing, name)
		}
	}
	return states, missing, nil
}

// learnOne returns the newer one of what SSM shows and of what is known. shown is
// false where SSM shows nothing, or something that was deleted.
func (s *Service) learnOne(ctx context.Context, name string, p parameter) (fresh state, shown bool, err error) {
	known := s.ledger.get(name)
	if p.version == 0 {
		return known, false, nil
	}
	e, err := decodeEntry(name, p)
	if err != nil {
		return state{}, false, err
	}
	if p.version == known.version && e.Write == known.top {
		return known, true, nil
	}
	if fresh, err = s.resolve(ctx, name, p, state{}); err != nil {
		return state{}, false, err
	}
	switch {
	case s.ledger.hasDeleted(fresh.incarnation):
		return known, false, nil
	case fresh.incarnation == known.incarnation && fresh.version <= known.version:
		return known, true, nil
	}
	s.ledger.set(name, fresh)
	return fresh, true, nil
}

// readKnown reads a group's record and, in the same call, the data of the incarnation
// that this process knows, if any. That there is no record is believed at the second look:
// a group that is taken to be gone is forgotten by Terraform.
func (s *Service) readKnown(ctx context.Context, group string) (states map[string]state, incarnation string, err error) {
	main := s.recordParameter(group)
	incarnation = s.ledger.get(main).incarnation
	names := []string{main}
	if incarnation != "" {
		names = append(names, s.dataParameters(hosting.GroupRef{Name: group, Incarnation: incarnation})...)
	}
	states, err = s.readStates(ctx, names)
	if err != nil || states[main].exists() || incarnation != "" || s.ledger.hasDeleted(main) {
		return states, incarnation, err
	}
	if err := pause(ctx, agreement); err != nil {
		return nil, "", err
	}
	states, err = s.readStates(ctx, names)
	return states, incarnation, err
}

// dataParameters are the parameters that hold what is in a group's record besides the
// record proper.
func (s *Service) dataParameters(ref hosting.GroupRef) []string {
	return []string{s.partParameter(ref, partValues), s.partParameter(ref, partWires)}
}

// settle looks again at records that say that a launch is under way, until two looks
// agree: if a run was cut short in it, its last writes may still be to be seen. What
// this process has written needs no second look. waited reports whether there was one.
func (s *Service) settle(ctx context.Context, records map[string]state) (waited bool, err error) {
	for {
		doubtful, err := s.doubtful(records)
		if err != nil || len(doubtful) == 0 {
			return waited, err
		}
		if err := pause(ctx, agreement); err != nil {
			return waited, err
		}
		waited = true
		again, err := s.readStates(ctx, doubtful)
		if err != nil {
			return waited, err
		}
		for _, name := range doubtful {
			if again[name].version == records[name].version {
				s.ledger.agree(name, again[name].version)
			}
			records[name] = again[name]
		}
	}
}

func (s *Service) doubtful(records map[string]state) ([]string, error) {
	var doubtful []string
	for name, main := range records {
		if !main.exists() || s.ledger.believable(name, main) {
			continue
		}
		r, err := decodeRecord(name, main)
		if err != nil {
			return nil, err
		}
		if r.Launch != nil {
			doubtful = append(doubtful, name)
		}
	}
	slices.Sort(doubtful)
	return doubtful, nil
}

// complete returns the records with their values and wires. read are data that have been
// read already; nil: none.
func (s *Service) complete(ctx context.Context, mains, read map[string]state) ([]record, error) {
	var records []record
	var unread []string
	for name, main := range mains {
		if !main.exists() {
			continue
		}
		r, err := decodeRecord(name, main)
		if err != nil {
			return nil, err
		}
		records = append(records, r)
		unread = append(unread, s.dataParameters(r.GroupRef)...)
	}
	if read == nil {
		var err error
		if read, err = s.readStates(ctx, unread); err != nil {
			return nil, err
		}
	}
	for i := range records {
		if err := records[i].decodeData(s.dataParameters(records[i].GroupRef), read); err != nil {
			return nil, err
		}
	}
	return records, nil
}
