package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// snapshotForm is how a snapshot is written.
type snapshotForm struct {
	// Now is RFC 3339. It is needed where the policy has schedules.
	Now string `json:"now"`
	// Current is the intended size; default: the number of servers.
	Current *int `json:"current"`
	// InService is how many carry the load; default: the servers in service or,
	// without servers, Current.
	InService *int           `json:"in_service"`
	Unseen    string         `json:"unseen"`
	Servers   []serverForm   `json:"servers"`
	Signals   map[string]any `json:"signals"`
	Changes   []changeForm   `json:"changes"`
}

type serverForm struct {
	ID string `json:"id"`
	// Age is the time since the launch; default: long ago.
	Age   *time.Duration     `json:"age"`
	State policy.ServerState `json:"state"`
}

type changeForm struct {
	Age  *time.Duration `json:"age"`
	From *int           `json:"from"`
	To   *int           `json:"to"`
}

// DecodeSnapshot reads what a policy sees:
//
//	{
//	  "now": "2026-03-08T12:00:00Z",
//	  "current": 4, "in_service": 4,
//	  "servers": [{ "id": "a", "age": "2m", "state": "in_service" }],
//	  "signals": {
//	    "jobs": 120,                                  // a sample of this instant
//	    "load": [50, null, 55],                       // one per period, the newest last
//	    "cpu":  { "samples": [{ "age": "90s", "value": 60 }] },
//	    "idle": { "servers": { "a": 10, "b": [5, 7] } },
//	    "lost": { "error": "timeout", "last_good_age": "10m" }
//	  },
//	  "changes": [{ "age": "3m", "from": 2, "to": 4 }]
//	}
//
// states are in_service (the default), pending and leaving. unseen says that nothing is
// known of the group, as before its creation.
func DecodeSnapshot(data any, spec policy.Spec) (policy.Snapshot, []policy.Fault) {
	var form snapshotForm
	if _, ok := data.(map[string]any); !ok {
		return policy.Snapshot{}, []policy.Fault{{Message: "a snapshot must be an object; " + thereIs(argumentsOf(form))}}
	}
	faults := decode(data, &form)
	if len(faults) > 0 {
		return policy.Snapshot{}, faults
	}
	r := reader{now: time.Unix(0, 0).UTC(), spec: spec}
	snapshot := policy.Snapshot{Unseen: form.Unseen, Signals: make(map[string]policy.Observation)}
	r.instant(form.Now)
	snapshot.Now = r.now
	snapshot.Servers = r.servers(form.Servers)
	snapshot.Basis = r.basis(form, snapshot.Servers)
	snapshot.Changes = r.changes(form.Changes)
	for name, written := range signalsOf(data) {
		if observation, ok := r.signal(name, written); ok {
			snapshot.Signals[name] = observation
		}
	}
	slices.SortStableFunc(r.faults, func(a, b policy.Fault) int { return slices.Compare(a.Path, b.Path) })
	return snapshot, r.faults
}

// signalsOf returns the signals as they are written, with their nulls.
func signalsOf(data any) map[string]any {
	form, _ := data.(map[string]any)
	signals, _ := form["signals"].(map[string]any)
	return signals
}

// reader turns what is written into what the engine takes.
type reader struct {
	now    time.Time
	spec   policy.Spec
	faults []policy.Fault
}

func (r *reader) fault(path []string, format string, args ...any) {
	r.faults = append(r.faults, policy.Fault{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (r *reader) instant(text string) {
	if text == "" {
		if len(r.spec.Schedules) > 0 {
			r.fault([]string{"now"}, "is needed: the policy has schedules")
		}
		return
	}
	now, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fault([]string{"now"}, "must be a time such as 2026-03-08T12:00:00Z, not %q", text)
		return
	}
	r.now = now
}

// before returns the instant of an age.
func (r *reader) before(path []string, age *time.Duration) time.Time {
	switch {
	case age == nil:
		r.fault(path, "is needed: how long ago it was, for example 90s")
	case *age < 0:
		r.fault(path, "must not be negative: it is how long ago something was")
	default:
		return r.now.Add(-*age)
	}
	return r.now
}

// count returns a number of servers.
func (r *reader) count(path []string, written *int, what string) int {
	switch {
	case written == nil:
		r.fault(path, "is needed: %s", what)
	case *written < 0:
		r.fault(path, "must be 0 or more, not %d: it is %s", *written, what)
	default:
		return *written
	}
	return 0
}

func (r *reader) changes(forms []changeForm) []policy.Change {
	var changes []policy.Change
	for i, form := range forms {
		path := []string{"changes", fmt.Sprint(i)}
		changes = append(changes, policy.Change{
			At:   r.before(slices.Concat(path, []string{"age"}), form.Age),
			From: r.count(slices.Concat(path, []string{"from"}), form.From, "the number of servers before the change"),
			To:   r.count(slices.Concat(path, []string{"to"}), form.To, "the number of servers after it"),
		})
	}
	return changes
}

func (r *reader) servers(forms []serverForm) []policy.Server {
	var servers []policy.Server
	first := make(map[string]int)
	for i, form := range forms {
		path := []string{"servers", fmt.Sprint(i)}
		server := policy.Server{ID: form.ID, State: form.State}
		if form.Age != nil {
			server.Launched = r.before(slices.Concat(path, []string{"age"}), form.Age)
		}
		if server.State == "" {
			server.State = policy.ServerInService
		}
		if !slices.Contains(policy.ServerStates(), string(server.State)) {
			r.fault(slices.Concat(path, []string{"state"}), "must be one of in_service, pending, leaving, not %q", server.State)
		}
		switch before, again := first[form.ID]; {
		case form.ID == "":
			r.fault(slices.Concat(path, []string{"id"}), "is needed")
		case again:
			r.fault(slices.Concat(path, []string{"id"}), "%q is the id of servers.%d already; every server has its own", form.ID, before)
		default:
			first[form.ID] = i
		}
		servers = append(servers, server)
	}
	return servers
}

const meantToHave = "the number of servers that the group is meant to have"

func (r *reader) basis(form snapshotForm, servers []policy.Server) policy.Basis {
	basis := policy.Basis{}
	for _, server := range servers {
		if server.State != policy.ServerLeaving {
			basis.Intended++
		}
		if server.State == policy.ServerInService {
			basis.InService++
		}
	}
	switch {
	case form.Current != nil:
		basis.Intended = r.count([]string{"current"}, form.Current, meantToHave)
	case len(servers) == 0 && form.Unseen == "":
		r.count([]string{"current"}, nil, meantToHave)
	}
	switch {
	case form.InService != nil:
		basis.InService = r.count([]string{"in_service"}, form.InService, "the number of servers that carry the load")
	case len(servers) == 0:
		basis.InService = basis.Intended
	}
	return basis
}
