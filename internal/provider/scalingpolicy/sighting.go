package scalingpolicy

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/manager"
	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// sightingKey is where the private state holds a sighting.
const sightingKey = "sighting"

const (
	// maxSightingBytes bounds what is kept in the private state, which Terraform
	// carries along with every plan.
	maxSightingBytes = 256 << 10
	// maxCauseBytes bounds what is kept of an error's text.
	maxCauseBytes = 300

	edited     = "it was edited since the last refresh"
	notLooked  = "the group has not been looked at yet"
	notVisible = "the group could not be looked at"
	tooMuch    = "its servers have more samples than Terraform can carry"
)

// sighting is what a refresh has seen: the group and its signals. Plans are made
// from it. The zero sighting is that of a policy that has not been refreshed yet. In
// the private state it is compressed: a thousand servers have many samples.
type sighting struct { //nolint:recvcheck // A value has to encode as its pointer does.
	ObservedAt time.Time `json:"observed_at"`
	// Configuration and Group are the arguments that said which group to look at.
	Configuration string `json:"configuration"`
	Group         string `json:"group"`
	// Hidden is true where the look at the group failed.
	Hidden    bool         `json:"hidden,omitempty"`
	Exists    bool         `json:"exists"`
	Intended  int          `json:"intended"`
	InService int          `json:"in_service"`
	Servers   []seenServer `json:"servers,omitempty"`
	// Signals are what was seen of the signals that have a source, by name.
	Signals map[string]seenSignal `json:"signals,omitempty"`
}

// seenServer is one of the group's servers.
type seenServer struct {
	ID       string             `json:"id"`
	Launched time.Time          `json:"launched,omitzero"`
	State    policy.ServerState `json:"state"`
}

// seenSignal is what was seen of one signal.
type seenSignal struct {
	// Query is the digest of what was asked for.
	Query   string  `json:"query"`
	Samples []point `json:"samples,omitempty"`
	// Servers are the samples of the single servers, in the order of the sighting's.
	Servers  [][]point `json:"servers,omitempty"`
	Error    string    `json:"error,omitempty"`
	Pending  string    `json:"pending,omitempty"`
	LastGood time.Time `json:"last_good,omitzero"`
}

// point is a sample: how many milliseconds before the observation it was measured, and
// its value.
type point struct {
	age   int64
	value float64
}

// MarshalJSON writes the point as [age, value].
func (p point) MarshalJSON() ([]byte, error) {
	text := append([]byte{'['}, strconv.FormatInt(p.age, 10)...)
	text = strconv.AppendFloat(append(text, ','), p.value, 'g', -1, 64)
	return append(text, ']'), nil
}

// UnmarshalJSON reads what MarshalJSON has written.
func (p *point) UnmarshalJSON(text []byte) error {
	var pair [2]float64
	if err := json.Unmarshal(text, &pair); err != nil {
		return fmt.Errorf("reading a sample: %w", err)
	}
	p.age, p.value = int64(pair[0]), pair[1]
	return nil
}

// plainSighting is a sighting that encodes as the fields that it has.
type plainSighting sighting

// MarshalJSON writes the sighting as a string, the base64 form of compressed JSON.
func (s sighting) MarshalJSON() ([]byte, error) {
	var compressed bytes.Buffer
	writer, err := flate.NewWriter(&compressed, flate.DefaultCompression)
	if err == nil {
		err = errors.Join(json.NewEncoder(writer).Encode(plainSighting(s)), writer.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("encoding a sighting: %w", err)
	}
	return json.Marshal(compressed.Bytes())
}

// UnmarshalJSON reads what MarshalJSON has written.
func (s *sighting) UnmarshalJSON(text []byte) error {
	var compressed []byte
	if err := json.Unmarshal(text, &compressed); err != nil {
		return fmt.Errorf("reading a sighting: %w", err)
	}
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(compressed))).Decode((*plainSighting)(s)); err != nil {
		return fmt.Errorf("reading a sighting: %w", err)
	}
	return nil
}

// digest identifies what is asked of which source, and how its samples are put into
// periods. How a value is used isn't part of it: another target or another treatment of
// missing data leaves the samples as good as they were. Nor is the source's own
// configuration, which a plan can't always know: a refresh asks every source anew.
func (s signalModel) digest() string {
	asked := []any{
		s.Source.ValueString(), s.query(),
		checked(s.Period), checked(s.Offset), s.Statistic.ValueString(),
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
	seen := sighting{
		ObservedAt:    now.Truncate(time.Millisecond),
		Configuration: m.ServerConfiguration.ValueString(),
		Group:         m.ServerGroup.ValueString(),
		Exists:        basis.Exists,
		Intended:      basis.Intended,
		InService:     basis.InService,
	}
	for _, server := range basis.Servers {
		seen.Servers = append(seen.Servers, seenServer{ID: server.ID, Launched: server.Launched, State: server.State})
	}
	return seen
}

// record keeps what was observed of the signals, and from the sighting before when
// each last had a value.
func (s *sighting) record(signals map[string]signalModel, observations map[string]policy.Observation, before sighting) {
	s.Signals = make(map[string]seenSignal, len(observations))
	for name, observation := range observations {
		seen := seenSignal{Query: signals[name].digest(), Error: cut(observation.Error), Pending: cut(observation.Pending)}
		seen.Samples = s.points(observation.Samples)
		if observation.Servers != nil {
			samples := make(map[string][]policy.Sample, len(observation.Servers))
			for _, own := range observation.Servers {
				samples[own.ID] = own.Samples
			}
			seen.Servers = make([][]point, len(s.Servers))
			for i, server := range s.Servers {
				seen.Servers[i] = s.points(samples[server.ID])
			}
		}
		seen.LastGood = s.lastGood(seen, before.Signals[name])
		s.Signals[name] = seen
	}
}

// lastGood returns when the signal last had a value.
func (s *sighting) lastGood(seen, before seenSignal) time.Time {
	if len(seen.Samples) > 0 {
		return s.at(seen.Samples[len(seen.Samples)-1])
	}
	for _, points := range seen.Servers {
		if len(points) > 0 {
			return s.ObservedAt
		}
	}
	if before.Query == seen.Query {
		return before.LastGood
	}
	return time.Time{}
}

// points keeps what is a number. A sample that is none says that the signal is of no
// use, and has an error in its place already.
func (s *sighting) points(samples []policy.Sample) []point {
	var points []point
	for _, sample := range samples {
		if !math.IsNaN(sample.Value) && !math.IsInf(sample.Value, 0) {
			points = append(points, point{age: s.ObservedAt.Sub(sample.At).Milliseconds(), value: sample.Value})
		}
	}
	return points
}

func (s *sighting) at(p point) time.Time {
	return s.ObservedAt.Add(-time.Duration(p.age) * time.Millisecond)
}

func (s *sighting) samples(points []point) []policy.Sample {
	var samples []policy.Sample
	for _, p := range points {
		samples = append(samples, policy.Sample{At: s.at(p), Value: p.value})
	}
	return samples
}

// size is the number of bytes that the sighting takes in the private state.
func (s *sighting) size() int {
	content, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("encoding a sighting: %v", err)) // Its numbers are finite.
	}
	return len(content)
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
func (s *sighting) snapshot(m model, signals map[string]signalModel, remembered memory, prior int) policy.Snapshot {
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
		snapshot.Servers = s.toServers()
		snapshot.Signals = s.observations(signals)
		snapshot.Changes = remembered.followed(s.Intended)
	}
	return snapshot
}

func (s *sighting) toServers() []policy.Server {
	var servers []policy.Server
	for _, server := range s.Servers {
		servers = append(servers, policy.Server{ID: server.ID, Launched: server.Launched, State: server.State})
	}
	return servers
}

func (s *sighting) observations(signals map[string]signalModel) map[string]policy.Observation {
	observations := make(map[string]policy.Observation)
	for name, signal := range signals {
		seen, ok := s.Signals[name]
		switch {
		case !ok:
			// Absent: the engine says that it has not been looked at.
		case seen.Query != signal.digest():
			observations[name] = policy.Observation{Pending: edited}
		default:
			observations[name] = s.toObservation(seen)
		}
	}
	return observations
}

func (s *sighting) toObservation(seen seenSignal) policy.Observation {
	observation := policy.Observation{
		Samples: s.samples(seen.Samples), Error: seen.Error, Pending: seen.Pending, LastGood: seen.LastGood,
	}
	if seen.Servers == nil {
		return observation
	}
	for i, points := range seen.Servers {
		if i < len(s.Servers) && len(points) > 0 {
			observation.Servers = append(observation.Servers, policy.ServerSamples{ID: s.Servers[i].ID, Samples: s.samples(points)})
		}
	}
	slices.SortFunc(observation.Servers, func(a, b policy.ServerSamples) int { return strings.Compare(a.ID, b.ID) })
	return observation
}
