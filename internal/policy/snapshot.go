package policy

import "time"

// Snapshot is everything that a decision depends on besides the policy, as it
// was at one instant.
type Snapshot struct {
	// Now is the instant of the observation. Ages are measured from it, and schedules
	// are looked up at it.
	Now   time.Time
	Basis Basis
	// Unseen says in a few words why nothing is known of the group, for example
	// [NoGroupYet]; empty where it was looked at. Then only literals count, and
	// every other signal has neither failed nor a value, so that nothing is
	// refused and no fallback is used; schedules don't count either. The snapshot of a
	// creation is Snapshot{Unseen: NoGroupYet}: the decision is then the lower bound,
	// or what literals ask for. Later, Basis.Intended is the number decided before,
	// which is held.
	Unseen string
	// Servers are the group's servers. Signals of single servers count only for those.
	Servers []Server
	// Signals are the observations by the signal's name. One that is absent was
	// not looked at.
	Signals map[string]Observation
	// Changes are the changes of the intended size that are known, in any order.
	Changes []Change
}

// NoGroupYet is why nothing is known of a group that doesn't exist.
const NoGroupYet = "no group exists yet"

// Basis is the group that a decision starts from.
type Basis struct {
	// Intended is the size that the group is meant to have. It is what every
	// stage calls current: holds, floors and directions are relative to it, so
	// that a server that was killed doesn't become the new normal.
	Intended int
	// InService counts the servers that do carry the load. Only ratio formulas
	// multiply by it: what they compare was measured on these servers.
	InService int
}

// Server is one server of the group.
type Server struct {
	ID string
	// Launched is when it was launched; zero: long ago.
	Launched time.Time
	State    ServerState
}

// ServerState says whether a server carries load.
type ServerState string

// The states.
const (
	// ServerInService: it is up.
	ServerInService ServerState = "in_service"
	// ServerPending: it is launched and not up yet.
	ServerPending ServerState = "pending"
	// ServerLeaving: it has failed, or is about to be terminated. It counts nowhere.
	ServerLeaving ServerState = "leaving"
)

// ServerStates lists every ServerState, for validators and documentation.
func ServerStates() []string {
	return []string{string(ServerInService), string(ServerPending), string(ServerLeaving)}
}

// Observation is what was seen of one signal: samples, an error, or that nobody
// looked.
type Observation struct {
	// Samples may come in any order.
	Samples []Sample
	// Servers are the samples of the single servers, sorted by ID, in place of Samples,
	// of a signal of single servers. One that has none may be absent.
	Servers []ServerSamples
	// Error says in a few words why there are no samples; empty if there are. It
	// is shown to users and must be the same for the same failure.
	Error string
	// Pending says in a few words why the signal has not been looked at, for
	// example because it was edited since. Such a signal holds scale-in (or is
	// ignored, where its OnMissing says so) but never fails a decision and never
	// uses its fallback: nothing is known to be wrong with it.
	Pending string
	// LastGood is when the signal last had a value, as far as it is known from earlier
	// looks; zero: never.
	LastGood time.Time
}

// ServerSamples are the samples of one server, in any order.
type ServerSamples struct {
	ID      string
	Samples []Sample
}

// Sample is one measured value.
type Sample struct {
	At    time.Time
	Value float64
}

// Change is one change of the group's intended size.
type Change struct {
	At       time.Time
	From, To int
}
