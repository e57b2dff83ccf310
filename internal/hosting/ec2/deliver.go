package ec2

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/ec2/channel"
)

// delivering is what one call at a time does to a group: see [Service.lock].
const delivering = "deliver"

// Deliver implements [hosting.Servers]. A delivery without secrets is the same tags for
// all servers, in a call per 200 of them. One with secrets is sealed to the key that each
// server has shown on its console: a server without one is passed over until it has. Where
// the servers have a role, it is a pointer to an SSM parameter, and again the same for all.
func (s *Service) Deliver(ctx context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	return s.reach(ctx, servers, delivering, func(ctx context.Context, ref hosting.GroupRef, members []member) error {
		behind := slices.DeleteFunc(members, func(m member) bool {
			return channel.DeliveredRevision(m.tags) >= delivery.Revision
		})
		if err := s.deliver(ctx, ref, behind, delivery); err != nil {
			return fmt.Errorf("delivering revision %d to servers of group %q: %w", delivery.Revision, ref.Name, err)
		}
		return nil
	})
}

// reach does something, one call at a time, to those of the servers that run and are
// proved to be members, group by group.
func (s *Service) reach(ctx context.Context, servers []hosting.Server, what string,
	do func(ctx context.Context, ref hosting.GroupRef, members []member) error,
) error {
	var errs []error
	for ref, ids := range byGroup(servers) {
		errs = append(errs, s.reachGroup(ctx, ref, ids, what, do))
	}
	return errors.Join(errs...)
}

func (s *Service) reachGroup(ctx context.Context, ref hosting.GroupRef, ids []string, what string,
	do func(ctx context.Context, ref hosting.GroupRef, members []member) error,
) error {
	unlock, err := s.lock(ctx, ref, what)
	if err != nil {
		return fmt.Errorf("reaching servers of group %q: %w", ref.Name, err)
	}
	defer unlock()
	members, err := s.members(ctx, ref)
	if err != nil {
		return fmt.Errorf("listing the servers of group %q: %w", ref.Name, err)
	}
	members = slices.DeleteFunc(members, func(m member) bool { return !m.runs() || !slices.Contains(ids, m.id) })
	if len(members) == 0 {
		return nil
	}
	return do(ctx, ref, members)
}

// byGroup returns the servers' IDs by group. Servers that are of no group are left out.
func byGroup(servers []hosting.Server) map[hosting.GroupRef][]string {
	groups := make(map[hosting.GroupRef][]string)
	for _, server := range servers {
		if server.Group.Name != "" && server.Group.Incarnation != "" {
			groups[server.Group] = append(groups[server.Group], server.ID)
		}
	}
	return groups
}

// deliver puts the delivery into the tags of members, whatever they have, and waits until
// EC2 shows it: the plan of the next process, maybe seconds later, must not deliver again.
func (s *Service) deliver(ctx context.Context, ref hosting.GroupRef, members []member, delivery boot.Delivery) error {
	byChannel := make(map[boot.Channel][]member)
	for _, m := range members {
		by := boot.Channel(m.tags[channelTag])
		byChannel[by] = append(byChannel[by], m)
	}
	var errs []error
	for by, some := range byChannel {
		errs = append(errs, s.deliverBy(ctx, ref, some, delivery, by))
	}
	return errors.Join(append(errs, s.awaitShown(ctx, ref, memberIDs(members)))...)
}

func (s *Service) deliverBy(ctx context.Context, ref hosting.GroupRef, members []member, delivery boot.Delivery, by boot.Channel) error {
	room := 0
	for _, m := range members {
		room = max(room, roomBeside(m.tags))
	}
	tags, method, err := s.commonDelivery(ctx, ref, delivery, by, room)
	switch {
	case err != nil:
		return err
	case method == deliverSealed:
		return s.deliverSealed(ctx, members, delivery)
	}
	var ids []string
	var errs []error
	for _, m := range members {
		if room := roomBeside(m.tags); room < len(tags) {
			errs = append(errs, fmt.Errorf("%s (%s) has so many tags that EC2 takes only %d more, and the delivery needs %d; remove some that are of no use",
				hosting.MemberKey(ref.Name, m.slot), m.id, room, len(tags)))
			continue
		}
		ids = append(ids, m.id)
	}
	return errors.Join(append(errs, s.writeTags(ctx, ids, tags))...)
}

// deliveryMethod is how a delivery travels. The zero deliveryMethod is invalid.
type deliveryMethod int

const (
	// deliverPlain: as tags that everybody may read.
	deliverPlain deliveryMethod = iota + 1
	// deliverPointer: as an SSM parameter, to which the tags point.
	deliverPointer
	// deliverSealed: as tags of each server, sealed to its key.
	deliverSealed
)

// commonDelivery returns the tags that deliver to every member of a group, at most room of
// them; none where each needs its own.
func (s *Service) commonDelivery(ctx context.Context, ref hosting.GroupRef, delivery boot.Delivery, by boot.Channel, room int) (map[string]string, deliveryMethod, error) {
	secret := hasSecrets(delivery)
	if secret && by != boot.ChannelSSM {
		return nil, deliverSealed, nil
	}
	if !secret {
		tags, err := channel.DeliveryTags(delivery, room)
		if size := (*channel.SizeError)(nil); by != boot.ChannelSSM || !errors.As(err, &size) {
			return tags, deliverPlain, err
		}
	}
	value, err := channel.EncodeSecretDelivery(delivery)
	if err != nil {
		return nil, deliverPointer, err
	}
	version, err := s.putDelivery(ctx, ref, value)
	if err != nil {
		return nil, deliverPointer, err
	}
	return channel.PointerDeliveryTags(delivery.Revision, version), deliverPointer, nil
}

func hasSecrets(delivery boot.Delivery) bool {
	for _, value := range delivery.Values {
		if value.Sensitive {
			return true
		}
	}
	return false
}

// deliverSealed seals the delivery to each member that has shown its key.
func (s *Service) deliverSealed(ctx context.Context, members []member, delivery boot.Delivery) error {
	var mu sync.Mutex
	var errs []error
	inParallel(members, func(_ int, m member) {
		if err := s.sealTo(ctx, m, delivery); err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, fmt.Errorf("%s: %w", hosting.MemberKey(m.ref.Name, m.slot), err))
		}
	})
	return joinDistinct(errs...)
}

func (s *Service) sealTo(ctx context.Context, m member, delivery boot.Delivery) error {
	k, known := s.recollect(m.id)
	if known && k.key == nil {
		if err := s.readConsole(ctx, k); err != nil {
			return err
		}
		k, known = s.recollect(m.id)
	}
	if !known || k.key == nil {
		return nil
	}
	tags, err := channel.SealedDeliveryTags(delivery, k.key, roomBeside(k.tags))
	if err != nil {
		return err
	}
	return s.writeTags(ctx, []string{m.id}, tags)
}

// roomBeside returns how many tags are left for a delivery beside those that are not this
// package's.
func roomBeside(tags map[string]string) int {
	others := 0
	for key := range tags {
		if key != nameTag && !strings.HasPrefix(key, "aws:") && !strings.HasPrefix(key, tagPrefix) {
			others++
		}
	}
	return max(0, maxTags-controlTags-reportTags-others)
}

// writeTags writes the same tags to all the instances and takes note of it.
func (s *Service) writeTags(ctx context.Context, ids []string, tags map[string]string) error {
	if len(ids) == 0 {
		return nil
	}
	list := tagList(tags)
	_, err := batchCall{service: s, call: func(ctx context.Context, ids []string) error {
		_, err := s.options.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: ids, Tags: list})
		if err == nil {
			s.noteTags(ids, tags)
		}
		return err
	}}.do(ctx, ids)
	return err
}
