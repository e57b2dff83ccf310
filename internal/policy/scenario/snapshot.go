package scenario

import (
	"fmt"
	"maps"
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
	Age  time.Duration `json:"age"`
	From int           `json:"from"`
	To   int           `json:"to"`
}

// observationForm is how an observation is written in full.
type observationForm struct {
	// Value is a sample of this instant.
	Value *reading `json:"value"`
	// Series has a value for each period, the newest last; null: none.
	Series []any `json:"series"`
	// Samples have ages.
	Samples []sampleForm `json:"samples"`
	// Servers has a value, a series or an observation for each server.
	Servers map[string]any `json:"servers"`
	Error   string         `json:"error"`
	Pending string         `json:"pending"`
	// LastGoodAge is how long ago there was a value.
	LastGoodAge *time.Duration `json:"last_good_age"`
}

type sampleForm struct {
	Age   time.Duration `json:"age"`
	Value reading       `json:"value"`
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
		return policy.Snapshot{}, []policy.Fault{{Message: "a snapshot must be an object"}}
	}
	series := signalsOf(data)
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
	for _, change := range form.Changes {
		snapshot.Changes = append(snapshot.Changes, policy.Change{At: r.now.Add(-change.Age), From: change.From, To: change.To})
	}
	for name, written := range series {
		path := []string{"signals", name}
		declared, ok := spec.Signals[name]
		if !ok {
			r.fault(path, "is not a signal of the policy")
		}
		if written != nil {
			snapshot.Signals[name] = r.observation(path, written, declared)
		}
	}
	slices.SortFunc(r.faults, func(a, b policy.Fault) int { return slices.Compare(a.Path, b.Path) })
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

func (r *reader) servers(forms []serverForm) []policy.Server {
	var servers []policy.Server
	for i, form := range forms {
		server := policy.Server{ID: form.ID, State: form.State}
		if form.Age != nil {
			server.Launched = r.now.Add(-*form.Age)
		}
		if server.State == "" {
			server.State = policy.ServerInService
		}
		path := []string{"servers", fmt.Sprint(i)}
		if !slices.Contains(policy.ServerStates(), string(server.State)) {
			r.fault(append(path, "state"), "must be one of in_service, pending, leaving, not %q", server.State)
		}
		if server.ID == "" {
			r.fault(append(path, "id"), "is needed")
		}
		servers = append(servers, server)
	}
	return servers
}

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
		basis.Intended = *form.Current
	case len(servers) == 0 && form.Unseen == "":
		r.fault([]string{"current"}, "is needed: the number of servers that the group is meant to have")
	}
	switch {
	case form.InService != nil:
		basis.InService = *form.InService
	case len(servers) == 0:
		basis.InService = basis.Intended
	}
	return basis
}

// observation reads a number, a series, or an object.
func (r *reader) observation(path []string, written any, signal policy.Signal) policy.Observation {
	form, ok := r.form(path, written)
	if !ok {
		return policy.Observation{}
	}
	observation := policy.Observation{Error: form.Error, Pending: form.Pending, Samples: r.samples(path, form, signal)}
	if form.LastGoodAge != nil {
		observation.LastGood = r.now.Add(-*form.LastGoodAge)
	}
	if form.Servers == nil {
		return observation
	}
	observation.Servers = make([]policy.ServerSamples, 0, len(form.Servers))
	for _, id := range slices.Sorted(maps.Keys(form.Servers)) {
		own := form.Servers[id]
		at := slices.Concat(path, []string{"servers", id})
		if one, ok := r.form(at, own); ok {
			observation.Servers = append(observation.Servers, policy.ServerSamples{ID: id, Samples: r.samples(at, one, signal)})
		}
	}
	return observation
}

func (r *reader) form(path []string, written any) (observationForm, bool) {
	var form observationForm
	switch value := written.(type) {
	case []any:
		return observationForm{Series: value}, true
	case map[string]any:
		faults := decode(value, &form, path...)
		form.Series, _ = value["series"].([]any) // With its nulls.
		r.faults = append(r.faults, faults...)
		return form, len(faults) == 0
	}
	faults := decode(map[string]any{"value": written}, &form, path...)
	r.faults = append(r.faults, faults...)
	return form, len(faults) == 0
}

func (r *reader) samples(path []string, form observationForm, signal policy.Signal) []policy.Sample {
	var samples []policy.Sample
	if form.Value != nil {
		samples = append(samples, policy.Sample{At: r.now, Value: float64(*form.Value)})
	}
	for _, sample := range form.Samples {
		samples = append(samples, policy.Sample{At: r.now.Add(-sample.Age), Value: float64(sample.Value)})
	}
	return append(samples, r.series(path, form.Series, signal)...)
}

// series spaces values by the signal's period, so that each has a bucket of its own.
func (r *reader) series(path []string, values []any, signal policy.Signal) []policy.Sample {
	var samples []policy.Sample
	for i, value := range values {
		if value == nil {
			continue
		}
		var one struct{ Value reading }
		if faults := decode(map[string]any{"Value": value}, &one, path...); len(faults) > 0 {
			r.faults = append(r.faults, policy.Fault{Path: slices.Concat(path, []string{fmt.Sprint(i)}), Message: faults[0].Message})
			continue
		}
		age := signal.Offset + time.Duration(len(values)-1-i)*max(signal.Period, time.Second)
		samples = append(samples, policy.Sample{At: r.now.Add(-age), Value: float64(one.Value)})
	}
	return samples
}
