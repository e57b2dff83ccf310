package scalingpolicy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// sightingKey is where the private state holds a sighting.
const sightingKey = "sighting"

const (
	// maxCauseBytes bounds what is kept of an error's text. With maxEntries
	// signals a sighting stays below 64 KiB.
	maxCauseBytes = 300

	edited     = "it was edited since the last refresh"
	notLooked  = "the group has not been looked at yet"
	notVisible = "the group could not be looked at"
)

// sighting is what a refresh has seen: the group and its signals. Plans are made
// from it. The zero sighting is that of a policy that has not been refreshed yet.
type sighting struct {
	ObservedAt time.Time `json:"observed_at"`
	// Configuration and Group are the arguments that said which group to look at.
	Configuration string `json:"configuration"`
	Group         string `json:"group"`
	// Hidden is true where the look at the group failed.
	Hidden    bool `json:"hidden,omitempty"`
	Exists    bool `json:"exists"`
	Intended  int  `json:"intended"`
	InService int  `json:"in_service"`
	// Signals are what was seen of the signals that have a source, by name.
	Signals map[string]seenSignal `json:"signals,omitempty"`
}

// seenSignal is what was seen of one signal.
type seenSignal struct {
	// Query is the digest of what was asked for.
	Query   string     `json:"query"`
	At      *time.Time `json:"at,omitempty"`
	Value   float64    `json:"value,omitempty"`
	Error   string     `json:"error,omitempty"`
	Pending string     `json:"pending,omitempty"`
	// Silent says which servers the value lacks, where it was asked for per server;
	// empty: none.
	Silent string `json:"silent,omitempty"`
}

// digest identifies what is asked of which source. How the answer is used isn't
// part of it: another target or another treatment of missing data leaves the
// sample as good as it was. Nor is the source's own configuration, which a plan
// can't always know: a refresh asks every source anew.
func (s signalModel) digest() string {
	asked := []any{s.Source.ValueString(), s.Path.ValueString(), s.Value.ValueString()}
	if !s.CloudWatch.IsNull() {
		asked = append(asked, s.query(), cloudWatch{s.CloudWatch}.aggregation())
	}
	content, err := json.Marshal(asked)
	if err != nil {
		panic(fmt.Sprintf("encoding strings: %v", err)) // Strings always encode.
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// look returns a sighting of the group that the model sizes.
func look(m model, basis manager.Basis, now time.Time) sighting {
	return sighting{
		ObservedAt:    now,
		Configuration: m.ServerConfiguration.ValueString(),
		Group:         m.ServerGroup.ValueString(),
		Exists:        basis.Exists,
		Intended:      basis.Intended,
		InService:     basis.InService,
	}
}

// record keeps of an observation what the rules need: the newest sample, or why
// there is none. servers are those that were asked for.
func record(signal signalModel, observation manager.SignalObservation, servers []string) seenSignal {
	seen := seenSignal{Query: signal.digest(), Error: cut(observation.Error), Pending: cut(observation.Pending)}
	if seen.Error != "" || seen.Pending != "" {
		return seen
	}
	samples := observation.Samples
	if len(observation.Servers) > 0 {
		samples = []policy.Sample{cloudWatch{signal.CloudWatch}.aggregation().of(observation.Servers)}
		seen.Silent = cut(silent(servers, observation.Servers))
	}
	if len(samples) > 0 {
		newest := newestOf(samples)
		seen.At, seen.Value = &newest.At, newest.Value
	}
	if math.IsNaN(seen.Value) || math.IsInf(seen.Value, 0) {
		return seenSignal{Query: seen.Query, Error: "its newest sample is not a finite number"}
	}
	return seen
}

// silent says which of the servers have no sample; empty where all have one.
func silent(servers []string, samples map[string][]policy.Sample) string {
	var without []string
	for _, id := range servers {
		if len(samples[id]) == 0 {
			without = append(without, id)
		}
	}
	switch len(without) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("it has no sample of server %s", without[0])
	}
	return fmt.Sprintf("it has no sample of %d of %d servers, %s among them", len(without), len(servers), without[0])
}

func cut(text string) string {
	if len(text) <= maxCauseBytes {
		return text
	}
	return strings.ToValidUTF8(text[:maxCauseBytes], "") + "…"
}

// snapshot returns what the decision on the model depends on. prior is the number
// decided before, which is held where nothing is known of the group. A policy whose
// configuration has another name now holds the size of the group that it had: it
// is most often the same group.
func (s sighting) snapshot(m model, signals map[string]signalModel, prior int) policy.Snapshot {
	snapshot := policy.Snapshot{Now: s.ObservedAt, Basis: policy.Basis{Intended: prior}}
	switch {
	case s.ObservedAt.IsZero(), s.Configuration != m.ServerConfiguration.ValueString(), s.Group != m.ServerGroup.ValueString():
		snapshot.Unseen = notLooked
		if s.Exists {
			snapshot.Basis.Intended = s.Intended
		}
	case s.Hidden:
		snapshot.Unseen = notVisible
	case !s.Exists:
		snapshot.Unseen = policy.NoGroupYet
	default:
		snapshot.Basis = policy.Basis{Intended: s.Intended, InService: s.InService}
		snapshot.Signals = s.observations(signals)
	}
	return snapshot
}

func (s sighting) observations(signals map[string]signalModel) map[string]policy.Observation {
	observations := make(map[string]policy.Observation)
	for name, signal := range signals {
		seen, ok := s.Signals[name]
		switch {
		case !ok:
			// Absent: the engine says that it has not been looked at.
		case seen.Query != signal.digest():
			observations[name] = policy.Observation{Pending: edited}
		default:
			observations[name] = seen.toObservation()
		}
	}
	return observations
}

// decide decides on the model. A signal that lacks servers may add some and takes none
// away: where the decision without it keeps more servers, that one holds, and held is
// true.
func (s sighting) decide(compiled *policy.Policy, m model, signals map[string]signalModel, prior int) (decision policy.Decision, held bool) {
	decision = compiled.Decide(s.snapshot(m, signals, prior))
	without, lacking := s.withoutSilent()
	if !lacking {
		return decision, false
	}
	if safe := compiled.Decide(without.snapshot(m, signals, prior)); safe.Desired > decision.Desired {
		return safe, true
	}
	return decision, false
}

// withoutSilent returns the sighting as if nobody had looked at the signals that lack
// servers; lacking is false where there are none.
func (s sighting) withoutSilent() (without sighting, lacking bool) {
	without = s
	without.Signals = maps.Clone(s.Signals)
	for name, seen := range s.Signals {
		if seen.Silent != "" {
			without.Signals[name] = seenSignal{Query: seen.Query, Pending: seen.Silent}
			lacking = true
		}
	}
	return without, lacking
}

func (s seenSignal) toObservation() policy.Observation {
	observation := policy.Observation{Error: s.Error, Pending: s.Pending}
	if s.At != nil {
		observation.Samples = []policy.Sample{{At: *s.At, Value: s.Value}}
	}
	return observation
}
