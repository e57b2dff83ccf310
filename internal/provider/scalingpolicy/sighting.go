package scalingpolicy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
}

// digest identifies what is asked of which source. How the answer is used isn't
// part of it: another target or another treatment of missing data leaves the
// sample as good as it was. Nor is the source's own configuration, which a plan
// can't always know: a refresh asks every source anew.
func (s signalModel) digest() string {
	content, err := json.Marshal([]string{s.Source.ValueString(), s.Path.ValueString(), s.Value.ValueString()})
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
// there is none.
func record(signal signalModel, observation policy.Observation) seenSignal {
	seen := seenSignal{Query: signal.digest(), Error: cut(observation.Error), Pending: cut(observation.Pending)}
	if seen.Error != "" || seen.Pending != "" {
		return seen
	}
	for _, sample := range observation.Samples {
		if seen.At == nil || !sample.At.Before(*seen.At) {
			seen.At, seen.Value = &sample.At, sample.Value
		}
	}
	if math.IsNaN(seen.Value) || math.IsInf(seen.Value, 0) {
		return seenSignal{Query: seen.Query, Error: "its newest sample is not a finite number"}
	}
	return seen
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

func (s seenSignal) toObservation() policy.Observation {
	observation := policy.Observation{Error: s.Error, Pending: s.Pending}
	if s.At != nil {
		observation.Samples = []policy.Sample{{At: *s.At, Value: s.Value}}
	}
	return observation
}
