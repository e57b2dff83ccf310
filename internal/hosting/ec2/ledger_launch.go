package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// send is a contiguous run of slots that is to be launched at one place. It is
// recorded before the call, so that after any crash the same token is replayed at
// the same place.
type send struct {
	Attempt, Base, Count int
	InstanceType, Subnet string
	// Template and Version are the launch template's.
	Template string
	Version  int
	// Try counts the tries at one place: a token with which a launch has failed isn't
	// used again.
	Try int
	// At is when it was sent, in Unix seconds.
	At int64
	// Failed: it has launched nothing, and there was no other place to try.
	Failed bool
}

// storedSends are sends as they are stored: hundreds fit into a parameter.
type storedSends struct {
	Places []storedPlace `json:"places"`
	// Sends are attempt, base, count, the index of the place, try, the time, and 1 where
	// it has failed.
	Sends [][7]int64 `json:"sends"`
}

type storedPlace struct {
	InstanceType string `json:"type"`
	Subnet       string `json:"subnet"`
	Template     string `json:"template"`
	Version      int    `json:"version"`
}

// prunedBytes is the size from which on the sends of former attempts are dropped: they
// have ended. It is that of a parameter in the standard tier.
const prunedBytes = 4 << 10

// sends returns the recorded sends of the attempt in the order in which they were
// recorded. What another process has recorded before the call is among them, however
// late SSM shows it: unless this process has begun the attempt, and nobody else can
// have recorded anything, the record is written once more; an entry counts only
// if its writer has seen the one before.
func (s *Service) sends(ctx context.Context, ref hosting.GroupRef, attempt int) ([]send, error) {
	recorded, err := s.allSends(ctx, ref, attempt)
	if err != nil {
		return nil, fmt.Errorf("reading the launches of group %q: %w", ref.Name, err)
	}
	return slices.DeleteFunc(recorded, func(one send) bool { return one.Attempt != attempt }), nil
}

func (s *Service) allSends(ctx context.Context, ref hosting.GroupRef, attempt int) ([]send, error) {
	name := s.partParameter(ref, partLaunches)
	if !s.ledger.isCurrent(ref.Incarnation, attempt) {
		if err := s.touchSends(ctx, ref); err != nil {
			return nil, err
		}
	}
	return decodeSends(name, s.ledger.get(name))
}

// touchSends writes the sends as they are.
func (s *Service) touchSends(ctx context.Context, ref hosting.GroupRef) error {
	if !valid(ref) {
		return hosting.ErrNotFound
	}
	name := s.partParameter(ref, partLaunches)
	unlock, err := s.ledger.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	now, err := s.readSends(ctx, name)
	for done := false; !done && err == nil; {
		body := now.body
		if !now.exists() {
			body, err = encodeSends(nil)
			if err != nil {
				return err
			}
		}
		now, done, err = s.writeState(ctx, name, now, state{incarnation: ref.Incarnation, body: body})
	}
	if err == nil {
		s.ledger.makeCurrent(ref.Incarnation)
	}
	return err
}

// changeSends changes the record of the incarnation's sends in one step: no other change is
// lost. Where change alters nothing, nothing is written. change may alter what it is
// given; it may be called several times.
func (s *Service) changeSends(ctx context.Context, ref hosting.GroupRef, change func([]send) []send) error {
	if err := s.updateSends(ctx, ref, change); err != nil {
		return fmt.Errorf("recording a launch of group %q: %w", ref.Name, err)
	}
	return nil
}

func (s *Service) updateSends(ctx context.Context, ref hosting.GroupRef, change func([]send) []send) error {
	if !valid(ref) {
		return hosting.ErrNotFound
	}
	name := s.partParameter(ref, partLaunches)
	unlock, err := s.ledger.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	now, err := s.readSends(ctx, name)
	for done := false; !done && err == nil; {
		now, done, err = s.tryChangeSends(ctx, ref, now, change)
	}
	return err
}

func (s *Service) tryChangeSends(ctx context.Context, ref hosting.GroupRef, now state, change func([]send) []send) (next state, done bool, err error) {
	name := s.partParameter(ref, partLaunches)
	recorded, err := decodeSends(name, now)
	if err != nil {
		return state{}, false, err
	}
	changed := change(slices.Clone(recorded))
	if slices.Equal(recorded, changed) {
		return now, true, nil
	}
	body, err := fitSends(changed)
	if err != nil {
		return state{}, false, err
	}
	return s.writeState(ctx, name, now, state{incarnation: ref.Incarnation, body: body})
}

// readSends costs a call only the first time: everything since was written by this
// process, or shows when it writes.
func (s *Service) readSends(ctx context.Context, name string) (state, error) {
	if known := s.ledger.get(name); known.version > 0 {
		return known, nil
	}
	states, err := s.readStates(ctx, []string{name})
	return states[name], err
}

// fitSends encodes sends, without those of former attempts where they would
// take too much room.
func fitSends(recorded []send) (string, error) {
	body, err := encodeSends(recorded)
	if err != nil || len(body) <= prunedBytes {
		return body, err
	}
	newest := slices.MaxFunc(recorded, func(a, b send) int { return cmp.Compare(a.Attempt, b.Attempt) }).Attempt
	recorded = slices.DeleteFunc(slices.Clone(recorded), func(one send) bool { return one.Attempt < newest })
	if body, err = encodeSends(recorded); err != nil {
		return "", err
	}
	if entrySize(body) > maxParameterBytes {
		return "", errors.New("the launch is scattered over too many places to be recorded: ask for fewer servers at a time")
	}
	return body, nil
}

func encodeSends(recorded []send) (string, error) {
	stored := storedSends{Places: []storedPlace{}, Sends: [][7]int64{}}
	for _, one := range recorded {
		place := storedPlace{one.InstanceType, one.Subnet, one.Template, one.Version}
		at := slices.Index(stored.Places, place)
		if at < 0 {
			at = len(stored.Places)
			stored.Places = append(stored.Places, place)
		}
		failed := int64(0)
		if one.Failed {
			failed = 1
		}
		stored.Sends = append(stored.Sends, [7]int64{
			int64(one.Attempt), int64(one.Base), int64(one.Count), int64(at), int64(one.Try), one.At, failed,
		})
	}
	return encodeBody(stored)
}

func decodeSends(name string, now state) ([]send, error) {
	if !now.exists() {
		return nil, nil
	}
	var stored storedSends
	if err := decodeBody(name, now.body, &stored); err != nil {
		return nil, err
	}
	var recorded []send
	for _, one := range stored.Sends {
		if one[3] < 0 || one[3] >= int64(len(stored.Places)) {
			return nil, damaged(name)
		}
		place := stored.Places[one[3]]
		recorded = append(recorded, send{
			Attempt: int(one[0]), Base: int(one[1]), Count: int(one[2]),
			InstanceType: place.InstanceType, Subnet: place.Subnet, Template: place.Template, Version: place.Version,
			Try: int(one[4]), At: one[5], Failed: one[6] != 0,
		})
	}
	return recorded, nil
}

// recordTemplate records that the incarnation launches from the launch template;
// it costs no call where that is known. To be called before the first launch from it.
func (s *Service) recordTemplate(ctx context.Context, ref hosting.GroupRef, templateID string) error {
	known, err := s.knownRecord(ref)
	if err == nil && slices.Contains(known.Templates, templateID) {
		return nil
	}
	_, err = s.update(ctx, ref, func(r *record) error {
		r.addTemplate(templateID)
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording the launch template of group %q: %w", ref.Name, err)
	}
	return nil
}

// templates returns the IDs of all launch templates from which the incarnation
// has launched; it costs a call where this process hasn't read the record yet.
// hosting.ErrNotFound: there is no such incarnation in the ledger.
func (s *Service) templates(ctx context.Context, ref hosting.GroupRef) ([]string, error) {
	found, err := s.knownRecord(ref)
	if errors.Is(err, hosting.ErrNotFound) {
		if found, err = s.readGroup(ctx, ref.Name); err == nil && found.GroupRef != ref {
			err = hosting.ErrNotFound
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading group %q: %w", ref.Name, err)
	}
	return found.Templates, nil
}

// knownRecord returns the record proper as this process knows it.
func (s *Service) knownRecord(ref hosting.GroupRef) (record, error) {
	name := s.recordParameter(ref.Name)
	known := s.ledger.get(name)
	if !known.of(ref) {
		return record{}, hosting.ErrNotFound
	}
	return decodeRecord(name, known)
}
