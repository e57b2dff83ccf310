package ec2

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// keptVersions is how many versions of a parameter SSM keeps.
const keptVersions = 100

// entry is one version of a parameter of the ledger.
//
// SSM has no compare-and-swap: a put overwrites whatever is there, and its answer says
// only which version it has become. So every entry names the version that its writer had
// taken into account, and counts only if that is the one right before it: the
// writer of any other was overtaken. Whoever reads goes back to the newest entry
// that counts; a writer whose entry doesn't, does its work again on top of that. So no
// update is lost, and none is done in part, also where its writer dies at any point.
type entry struct {
	// After is the version that was taken into account; 0: there was none.
	After int64 `json:"after"`
	// Write tells a writer its own entry when the answer to its put was lost.
	Write       string          `json:"write"`
	Incarnation string          `json:"incarnation"`
	Body        json.RawMessage `json:"body"`
}

// state is what is known of a parameter of the ledger.
type state struct {
	// version is the newest one, whether it counts or not, and top its Write; 0: there
	// is none.
	version int64
	top     string
	// The others are of the newest entry that counts; empty where none does.
	write, incarnation, body string
	// own says that the newest version is of this process.
	own bool
}

// exists reports whether there is anything that counts.
func (s state) exists() bool { return s.body != "" }

// of reports whether it is there and belongs to the incarnation.
func (s state) of(ref hosting.GroupRef) bool { return s.exists() && s.incarnation == ref.Incarnation }

// newWrite returns what tells one write from every other.
func newWrite() string {
	const length = 12 // 60 bits.
	return rand.Text()[:length]
}

// encodeBody returns v as JSON in the form that SSM stores: it refuses "{{", which
// occurs only in strings.
func encodeBody(v any) (string, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", err
	}
	return strings.ReplaceAll(strings.TrimSuffix(buffer.String(), "\n"), "{{", `{\u007b`), nil
}

// decodeBody is strict: what a newer version of the provider has added would be lost
// with the next update.
func decodeBody(name, body string, v any) error {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return damaged(name)
	}
	return nil
}

// damaged doesn't quote what the decoder says: it may hold a value.
func damaged(name string) error {
	return fmt.Errorf("the SSM parameter %s isn't what this version of Muster writes: "+
		"update Muster, or restore the parameter's former value from its history", name)
}

func decodeEntry(name string, p parameter) (entry, error) {
	var e entry
	if json.Unmarshal([]byte(p.value), &e) != nil || len(e.Body) == 0 || e.Incarnation == "" {
		return entry{}, damaged(name)
	}
	return e, nil
}

// resolve finds the newest entry that counts at or below a version. It costs a call for
// each that doesn't. floor is what is known of a former version; zero: nothing.
func (s *Service) resolve(ctx context.Context, name string, newest parameter, floor state) (state, error) {
	top := ""
	for p := newest; ; {
		e, err := decodeEntry(name, p)
		if err != nil {
			return state{}, err
		}
		top = cmp.Or(top, e.Write)
		switch p.version - 1 {
		case e.After:
			return state{version: newest.version, top: top, write: e.Write, incarnation: e.Incarnation, body: string(e.Body)}, nil
		case floor.version:
			floor.version, floor.top, floor.own = newest.version, top, false
			return floor, nil
		}
		if p, err = s.getVersion(ctx, name, p.version-1); err != nil {
			return state{}, err
		}
	}
}

// writeState puts a body in the place of what base says is there. done says that it has
// taken effect; next is what is there now, which may be what somebody else has made of it
// since. Where something else than base was there, it has not, and next says what. An
// error may leave it done. A parameter that was deleted meanwhile is hosting.ErrNotFound.
func (s *Service) writeState(ctx context.Context, name string, base, wanted state) (next state, done bool, err error) {
	wanted.write, wanted.own = newWrite(), true
	wanted.top = wanted.write
	value, err := encodeBody(entry{After: base.version, Write: wanted.write, Incarnation: wanted.incarnation, Body: json.RawMessage(wanted.body)})
	if err != nil {
		return state{}, false, err
	}
	wanted.version, err = s.putParameter(ctx, put{name: name, value: value, secret: s.isSecret(name), create: base.version == 0})
	switch {
	case errors.Is(err, errTaken):
		if next, err = s.await(ctx, name); err == nil {
			done, err = s.hasCounted(ctx, name, base, wanted, next)
		}
	case err != nil:
	case wanted.version <= base.version:
		err = s.bury(ctx, name, wanted.version)
	case wanted.version == base.version+1:
		next, done = wanted, true
	default:
		if next, err = s.overtaken(ctx, name, base, wanted); err == nil {
			done, err = s.hasCounted(ctx, name, base, wanted, next)
		}
	}
	if err != nil {
		return state{}, false, err
	}
	next.own = next.own || next.write == wanted.write
	s.ledger.set(name, next)
	return next, done, nil
}

// overtaken finds out what was there when an entry was put that doesn't count.
func (s *Service) overtaken(ctx context.Context, name string, base, wanted state) (next state, err error) {
	before, err := s.getVersion(ctx, name, wanted.version-1)
	if err != nil {
		return state{}, err
	}
	next, err = s.resolve(ctx, name, before, base)
	next.version, next.top = wanted.version, wanted.top
	return next, err
}

// hasCounted reports whether an entry has counted although the answer to its put says that
// it hasn't: SDKs repeat a call whose answer was lost. The first of its kind was
// right after base then; others may have come since.
func (s *Service) hasCounted(ctx context.Context, name string, base, wanted, next state) (bool, error) {
	if next.write == wanted.write || !next.exists() {
		return next.exists(), nil
	}
	if next.version-base.version >= keptVersions {
		return false, nil // It is as old as the parameter.
	}
	first, err := s.getVersion(ctx, name, base.version+1)
	if err != nil {
		return false, err
	}
	e, err := decodeEntry(name, first)
	return e.Write == wanted.write, err
}

// bury removes a parameter that a put has brought back to life: it was deleted since it
// was read. It stays where somebody else has created it anew.
func (s *Service) bury(ctx context.Context, name string, version int64) error {
	risen, err := s.getVersion(ctx, name, version)
	if err != nil {
		return err
	}
	found, err := s.resolve(ctx, name, risen, state{})
	if err == nil && !found.exists() {
		err = s.deleteParameters(ctx, []string{name})
	}
	if err != nil {
		return err
	}
	return hosting.ErrNotFound
}

// await reads a parameter that exists; errTaken where it doesn't appear.
func (s *Service) await(ctx context.Context, name string) (state, error) {
	var found state
	shown, err := settles(ctx, func(ctx context.Context) (bool, error) {
		listed, err := s.getParameters(ctx, []string{name})
		if err != nil {
			return false, err
		}
		states, _, err := s.learn(ctx, []string{name}, listed)
		found = states[name]
		return found.version > 0, err
	})
	if err == nil && !shown {
		err = errTaken
	}
	return found, err
}
