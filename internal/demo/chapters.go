package main

import (
	"context"
	"fmt"
	"strings"
)

// mutual: servers of two configurations boot at once, and each gets what it misses.
func (s *story) mutual(ctx context.Context) error {
	s.chapter(1, "Two kinds of servers that need each other, from one command")
	s.linef("store  talks only to servers on its lists, and makes a token for each list")
	s.linef("web    needs the store's address, and a token")
	s.space()
	s.command(s.cli.name() + " apply")
	if _, err := s.apply(ctx, s.signal()); err != nil {
		return err
	}
	if got, want := fmt.Sprint(s.latest.keys()), "[store-0 web-0 web-1]"; got != want {
		return fmt.Errorf("there should be the servers %s; there are %s", want, got)
	}
	servers := s.latest.of("store", "web")
	s.timeline(lanes(servers))
	if err := s.tellOverlap(servers); err != nil {
		return err
	}
	if err := s.tellExchange("web"); err != nil {
		return err
	}
	return s.talk(ctx)
}

// tellExchange checks, and says, that the store waited for what the group's servers
// published, and they for what the store published then.
func (s *story) tellExchange(group string) error {
	store, err := s.latest.member("store-0")
	if err != nil {
		return err
	}
	servers := s.latest.of(group)
	for _, server := range servers {
		waited, err := waitedFor(server.lane(), "token", store.lane(), "published "+group+"_token")
		if err != nil {
			return err
		}
		s.linef("%-11swaited %s for the token, until store-0 had made it", server.Key(), seconds(waited))
	}
	if group != "web" {
		s.space()
		return nil // The store was up long before.
	}
	for _, server := range servers {
		waited, err := waitedFor(store.lane(), group+"_endpoints", server.lane(), "published endpoint")
		if err != nil {
			return err
		}
		if server.Slot == len(servers)-1 {
			s.linef("%-11swaited %s for the endpoints, until all of %s had told theirs", store.Key(), seconds(waited), group)
		}
	}
	s.space()
	return nil
}

// waitedFor returns how long the server waited for the parameter, in hundredths of
// a second, and checks that it did so until the source had had its event.
func waitedFor(waiter lane, parameter string, source lane, event string) (int64, error) {
	at, found := source.at(event)
	if !found {
		return 0, fmt.Errorf("%s should have an event %q", source.name, event)
	}
	for _, p := range waiter.pauses() {
		if p.parameter == parameter && p.from < at && at <= p.to {
			return p.to - p.from, nil
		}
	}
	return 0, fmt.Errorf("%s should have waited for %s until %s had %s", waiter.name, parameter, source.name, event)
}

func lanes(servers []seenServer) []lane {
	var lanes []lane
	for _, server := range servers {
		lanes = append(lanes, server.lane())
	}
	return lanes
}

// tellOverlap checks that the servers booted at once, none of them complete: each
// one's script ran before the first of them had published anything.
func (s *story) tellOverlap(servers []seenServer) error {
	var first, last int64
	published, found := servers[0].lane().at("published web_token")
	if !found {
		return fmt.Errorf("%s has not published its token", servers[0].Key())
	}
	for _, server := range servers {
		started, ran := server.lane().at("script started")
		if !ran || started >= published {
			return fmt.Errorf("the boot script of %s should have begun before the token existed", server.Key())
		}
		booting, _ := server.lane().at("booting")
		if first == 0 || booting < first {
			first = booting
		}
		last = max(last, booting)
	}
	s.linef("%d servers began to boot within %s, none of them complete.", len(servers), seconds(last-first))
	return nil
}

// talk lets every web server count a visit in the store.
func (s *story) talk(ctx context.Context) error {
	store, err := s.latest.member("store-0")
	if err != nil {
		return err
	}
	web := s.latest.of("web", "overflow")
	if err := checkMembers(ctx, store, web); err != nil {
		return err
	}
	s.linef("And they talk, from address to address:")
	for _, server := range web {
		target := server.Facts.PrivateIP + ":8080"
		answer, err := fetch(ctx, target)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(answer, server.Key()+": visit ") || !strings.HasSuffix(answer, store.Facts.PrivateIP) {
			return fmt.Errorf("%s answers %q", server.Key(), answer)
		}
		s.linef("    %s  %s", s.style(dim, fmt.Sprintf("%-20s", target)), answer)
	}
	return nil
}

// rise: a group that had no server gets its first ones.
func (s *story) rise(ctx context.Context) error {
	const depth = 20
	s.chapter(2, fmt.Sprintf("%d jobs wait, and the policy answers", depth))
	if group := s.latest.groups["overflow"]; group.Size != 0 || len(group.Values) != 0 {
		return fmt.Errorf("nothing should have been delivered to the group overflow yet")
	}
	s.queue.depth.Store(depth)
	if err := s.plan(ctx, "0 -> 2: queue 20 ", "overflow-0", "overflow-1"); err != nil {
		return err
	}
	began, err := s.applyPlan(ctx)
	if err != nil {
		return err
	}
	s.timeline(append([]lane{s.laneSince("store-0", began)}, lanes(s.latest.of("overflow"))...))
	s.linef("Nothing had been delivered to this group, so its servers booted without a token:")
	if err := s.tellExchange("overflow"); err != nil {
		return err
	}
	return s.talk(ctx)
}

// riseAgain: a server that comes later starts complete.
func (s *story) riseAgain(ctx context.Context) error {
	const depth = 30
	s.chapter(3, fmt.Sprintf("%d jobs wait", depth))
	s.queue.depth.Store(depth)
	if err := s.plan(ctx, "2 -> 3: queue 30 ", "overflow-2"); err != nil {
		return err
	}
	began, err := s.applyPlan(ctx)
	if err != nil {
		return err
	}
	server, err := s.latest.member("overflow-2")
	if err != nil {
		return err
	}
	s.timeline([]lane{s.laneSince("store-0", began), server.lane()})
	received, found := server.lane().at("received token")
	started, _ := server.lane().at("script started")
	if pauses := server.lane().pauses(); len(pauses) > 0 || !found || received > started {
		return fmt.Errorf("%s should have started complete; it waited: %v", server.Key(), pauses)
	}
	s.linef("The group's values were there already: overflow-2 started complete and waited for none.")
	s.linef("The store alone had something to learn: one more server.")
	s.space()
	return s.talk(ctx)
}

func (s *story) laneSince(key string, began int64) lane {
	server, err := s.latest.member(key)
	if err != nil {
		return lane{name: key}
	}
	return server.lane().since(began)
}
