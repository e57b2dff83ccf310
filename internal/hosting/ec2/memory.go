package ec2

import (
	"cmp"
	"context"
	"crypto/rsa"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// visibleAfter is how long EC2 may take to show what was done, at most: AWS asks to
// back off up to 5 minutes before an absent resource counts as absent.
const visibleAfter = 5 * time.Minute

// memory is what this process knows of servers before EC2 shows it. [Service.mu] guards it.
type memory struct {
	members map[string]*known // by instance ID
	locks   map[lockKey]chan struct{}
	// withoutKey are the groups of which it is known that no server has sensitive outputs.
	withoutKey map[hosting.GroupRef]bool
	// placeMark stands in for the function placeMark in tests; nil: it doesn't.
	placeMark func(send) string
}

// lockKey is what is done to a group by one call at a time.
type lockKey struct {
	ref  hosting.GroupRef
	what string
}

// known is a member as this process knows it.
type known struct {
	member
	// listed: the list of the group's instances has shown it.
	listed bool
	// seenAt is when EC2 last showed it, or answered that it was launched.
	seenAt time.Time
	// gone: EC2 shows that it was terminated, or has stopped showing it.
	gone bool
	// ended: this process has terminated it; what EC2 shows after that is old.
	ended bool
	// written are tags that this process has written and EC2 doesn't show yet.
	written map[string]string

	// report is the newest one that was read; nil: none.
	report *boot.Report
	// key is the one to which the server's secrets are sealed; nil: not seen yet.
	key *rsa.PublicKey
}

// current returns the member with the tags that it will show.
func (k *known) current() member {
	current := k.clone()
	if channel.DeliveredRevision(k.written) >= channel.DeliveredRevision(k.tags) {
		maps.Copy(current.tags, k.written)
		return current
	}
	// Another process has delivered something newer meanwhile.
	for key, value := range k.written {
		if !isDeliveryTag(key) {
			current.tags[key] = value
		}
	}
	return current
}

// isDeliveryTag reports whether the tag is a part of a delivery.
func isDeliveryTag(key string) bool {
	return key == channel.ManifestTag || strings.HasPrefix(key, tagPrefix+"d.")
}

// see takes over what EC2 shows.
func (k *known) see(shown member, now time.Time) {
	k.member, k.seenAt = shown, now
	maps.DeleteFunc(k.written, func(key, value string) bool {
		now, there := shown.tags[key]
		return there && now == value
	})
	k.gone = k.ended || shown.terminated()
}

// remember takes over members that EC2 has shown; listed says that it was in the list of the
// group's instances.
func (s *Service) remember(shown []member, listed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.members == nil {
		s.memory.members = make(map[string]*known)
	}
	now := s.options.Now()
	for _, m := range shown {
		k, found := s.memory.members[m.id]
		if !found {
			k = &known{written: make(map[string]string)}
			s.memory.members[m.id] = k
		}
		k.see(m, now)
		k.listed = k.listed || listed
	}
}

// recollect returns what is known of the member; ok is false where nothing is.
func (s *Service) recollect(id string) (k known, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.memory.members[id]
	if !ok {
		return known{}, false
	}
	k = *found
	k.member = found.current()
	return k, true
}

// knownMembers returns the group's members that are not gone, sorted by slot and
// attempt.
func (s *Service) knownMembers(ref hosting.GroupRef) []member {
	s.mu.Lock()
	defer s.mu.Unlock()
	var members []member
	for _, k := range s.memory.members {
		if k.ref == ref && !k.gone {
			members = append(members, k.current())
		}
	}
	slices.SortFunc(members, func(a, b member) int {
		return cmp.Or(a.slot-b.slot, a.attempt-b.attempt, cmp.Compare(a.id, b.id))
	})
	return members
}

// unseen returns the IDs of the group's members that are not gone and not among shown.
func (s *Service) unseen(ref hosting.GroupRef, shown []member) []string {
	there := make(map[string]bool, len(shown))
	for _, m := range shown {
		there[m.id] = true
	}
	var ids []string
	for _, m := range s.knownMembers(ref) {
		if !there[m.id] {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// forget takes note that the members are gone. What they have said is forgotten.
func (s *Service) forget(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if k, found := s.memory.members[id]; found {
			k.gone, k.ended, k.report, k.key = true, true, nil, nil
		}
	}
}

// note changes what is known of a member; nothing is done where nothing is known.
func (s *Service) note(id string, change func(*known)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, found := s.memory.members[id]; found {
		change(k)
	}
}

// noteTags takes note that this process has written tags of the members.
func (s *Service) noteTags(ids []string, tags map[string]string) {
	for _, id := range ids {
		s.note(id, func(k *known) { maps.Copy(k.written, tags) })
	}
}

// lock waits until no other call does that to the group. It is no mutex, because it is
// held while calls wait for EC2, and must end with the context.
func (s *Service) lock(ctx context.Context, ref hosting.GroupRef, what string) (unlock func(), err error) {
	key := lockKey{ref: ref, what: what}
	s.mu.Lock()
	if s.memory.locks == nil {
		s.memory.locks = make(map[lockKey]chan struct{})
	}
	held, found := s.memory.locks[key]
	if !found {
		held = make(chan struct{}, 1)
		s.memory.locks[key] = held
	}
	s.mu.Unlock()
	select {
	case held <- struct{}{}:
		return func() { <-held }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
