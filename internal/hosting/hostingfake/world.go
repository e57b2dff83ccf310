package hostingfake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Options are what a [World] is made of. Only Now is required.
type Options struct {
	// Now is the clock. It must not go backwards.
	Now func() time.Time
	// Location is what [hosting.Service.Location] returns; empty: "fake:world".
	Location string
	// Abandoned are the locations that no longer exist.
	Abandoned []string
	// Images are the images that the world knows; nil: "host".
	Images []string
	// Pace is how often to look; zero: 20 ms while busy, 200 ms while idle.
	Pace hosting.Pace
	// Behaviors say how servers behave, by the ID of their configuration or by its
	// name; the ID goes first. What isn't in it has the [DefaultBehavior].
	Behaviors map[string]Behavior
}

// Lag is how late things become visible.
type Lag struct {
	// Reports is how old the newest report is that can be seen.
	Reports time.Duration
	// Deliveries is how long a delivery or a request to decommission is under way.
	Deliveries time.Duration
	// Listing is how long a server is unlisted that no Launch has returned yet, because
	// the client died before the answer.
	Listing time.Duration
}

// World is what the clients share: the durable state of a hosting service, and the
// servers that live there. It is safe for concurrent use.
type World struct {
	options Options
	// path is where the world is saved after every call that has changed it; empty:
	// nowhere.
	path string

	mu             sync.Mutex
	capacity       int
	lag            Lag
	behaviors      map[string]Behavior
	running        map[string]bool
	configurations []storedConfiguration
	records        map[string]hosting.Group
	programs       map[string]*program
	servers        map[string]*server
	members        map[hosting.GroupRef][]*server
	// addresses counts the addresses that were given to servers.
	addresses int
}

// storedConfiguration is the content of a configuration; it never changes.
type storedConfiguration struct {
	ID      string
	Content boot.Configuration
}

// NewWorld returns a world in which there is nothing.
func NewWorld(options Options) *World {
	options.Location = cmp.Or(options.Location, "fake:world")
	if options.Images == nil {
		options.Images = []string{"host"}
	}
	if options.Pace == (hosting.Pace{}) {
		options.Pace = hosting.Pace{Busy: 20 * time.Millisecond, Idle: 200 * time.Millisecond}
	}
	w := &World{
		options:   options,
		behaviors: maps.Clone(options.Behaviors),
		records:   make(map[string]hosting.Group),
		programs:  make(map[string]*program),
		servers:   make(map[string]*server),
		members:   make(map[hosting.GroupRef][]*server),
	}
	if w.behaviors == nil {
		w.behaviors = make(map[string]Behavior)
	}
	return w
}

// Clone returns a world of its own that is now as w is. It has no file.
func (w *World) Clone() *World {
	w.mu.Lock()
	defer w.mu.Unlock()
	clone := NewWorld(w.options)
	clone.capacity, clone.lag, clone.addresses = w.capacity, w.lag, w.addresses
	clone.behaviors = maps.Clone(w.behaviors)
	clone.configurations = slices.Clone(w.configurations)
	clone.programs = maps.Clone(w.programs)
	for name, record := range w.records {
		clone.records[name] = cloneGroup(record)
	}
	for _, server := range w.servers {
		clone.admit(server.clone())
	}
	return clone
}

// SetCapacity limits the servers that can run at the same time; 0: no limit.
func (w *World) SetCapacity(servers int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.capacity = servers
}

// SetLag makes reports and deliveries late from now on.
func (w *World) SetLag(lag Lag) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lag = lag
}

// SetBehavior says how servers of a configuration, given by ID or by name, behave
// from their next boot on.
func (w *World) SetBehavior(configuration string, behavior Behavior) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behaviors[configuration] = behavior
}

// End ends a server as a crash of its machine does. It reports whether there was a
// running server of that ID.
func (w *World) End(id, reason string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	server, found := w.servers[id]
	return found && server.end(w.options.Now(), reason)
}

// Servers returns every server of every group and incarnation, running or ended,
// sorted by group, incarnation, slot and attempt.
func (w *World) Servers() []hosting.Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []hosting.Server
	for _, server := range w.servers {
		all = append(all, server.describe(w.options.Now()))
	}
	slices.SortFunc(all, func(a, b hosting.Server) int {
		return cmp.Or(cmp.Compare(a.Group.Name, b.Group.Name), cmp.Compare(a.Group.Incarnation, b.Group.Incarnation), byIdentity(a, b))
	})
	return all
}

// Launched counts the servers that have ever been launched.
func (w *World) Launched() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addresses
}

// Report returns what the server of that ID would say at this moment, however late
// reports are; ok is false where it doesn't exist or has not reported yet.
func (w *World) Report(id string) (report boot.Report, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	server, found := w.servers[id]
	if !found {
		return boot.Report{}, false
	}
	return server.reportAt(w.options.Now())
}

// Groups returns the records of all groups, sorted by name.
func (w *World) Groups() []hosting.Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.allRecords()
}

// Configurations returns the IDs of all stored configurations, the oldest first.
func (w *World) Configurations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for _, stored := range w.configurations {
		ids = append(ids, stored.ID)
	}
	return ids
}

func (w *World) allRecords() []hosting.Group {
	var groups []hosting.Group
	for _, name := range slices.Sorted(maps.Keys(w.records)) {
		groups = append(groups, cloneGroup(w.records[name]))
	}
	return groups
}

// admit adds a server to the indices.
func (w *World) admit(s *server) {
	w.servers[s.ID] = s
	w.members[s.Group] = append(w.members[s.Group], s)
}

// forget removes a server from the indices.
func (w *World) forget(s *server) {
	delete(w.servers, s.ID)
	w.members[s.Group] = slices.DeleteFunc(w.members[s.Group], func(other *server) bool { return other == s })
	if len(w.members[s.Group]) == 0 {
		delete(w.members, s.Group)
	}
}

// behaviorOf returns how servers of the configuration behave.
func (w *World) behaviorOf(p *program) Behavior {
	if behavior, found := w.behaviors[p.configurationID]; found {
		return behavior
	}
	if behavior, found := w.behaviors[p.Payload.Configuration.Name]; found {
		return behavior
	}
	return DefaultBehavior()
}

// nextAddress returns an address that no server has had.
func (w *World) nextAddress() string {
	w.addresses++
	return fmt.Sprintf("10.%d.%d.%d", w.addresses>>16&0xff, w.addresses>>8&0xff, w.addresses&0xff)
}

func byIdentity(a, b hosting.Server) int {
	return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Attempt, b.Attempt))
}
