package scenario

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// observationForm is how what was seen of a signal is written in full.
type observationForm struct {
	samplesForm

	// Servers has a value, a series or samples for each server.
	Servers map[string]any `json:"servers"`
	Error   string         `json:"error"`
	Pending string         `json:"pending"`
	// LastGoodAge is how long ago there was a value.
	LastGoodAge *time.Duration `json:"last_good_age"`
}

// samplesForm is how samples are written in full.
type samplesForm struct {
	// Value is a sample of this instant.
	Value *reading `json:"value"`
	// Series has a value for each period, the newest last; null: none.
	Series []any `json:"series"`
	// Samples have ages.
	Samples []sampleForm `json:"samples"`
}

type sampleForm struct {
	Age   *time.Duration `json:"age"`
	Value *reading       `json:"value"`
}

// there reports whether there are samples, be it none of them.
func (f samplesForm) there() bool { return f.Value != nil || f.Series != nil || f.Samples != nil }

// signal reads what was seen of a signal; false: nobody has looked.
func (r *reader) signal(name string, written any) (policy.Observation, bool) {
	path := []string{"signals", name}
	signal, declared := r.spec.Signals[name]
	switch {
	case !declared && len(r.spec.Signals) == 0:
		r.fault(path, "is not a signal of the policy, which has none")
	case !declared:
		r.fault(path, "is not a signal of the policy; %s", thereIs(slices.Sorted(maps.Keys(r.spec.Signals))))
	case written == nil:
	case signal.Literal != nil:
		r.fault(path, "is a literal in the policy and never looked at; remove it here, or the literal there")
	case signal.Expression != "":
		r.fault(path, "is computed from an expression; give the signals that it uses instead")
	default:
		return r.observation(path, written, signal), true
	}
	return policy.Observation{}, false
}

// observation reads a number, a series, or an object.
func (r *reader) observation(path []string, written any, signal policy.Signal) policy.Observation {
	form, ok := observationForm{}, false
	if object, is := written.(map[string]any); is {
		ok = r.fill(path, object, &form)
		form.Series, _ = object["series"].([]any) // With its nulls.
	} else {
		form.samplesForm, ok = r.samplesForm(path, written)
	}
	if !ok || !r.apt(path, form, signal) {
		return policy.Observation{}
	}
	observation := policy.Observation{Error: form.Error, Pending: form.Pending, Samples: r.samples(path, form.samplesForm, signal)}
	if form.LastGoodAge != nil {
		observation.LastGood = r.before(slices.Concat(path, []string{"last_good_age"}), form.LastGoodAge)
	}
	if form.Servers == nil {
		return observation
	}
	observation.Servers = make([]policy.ServerSamples, 0, len(form.Servers))
	for _, id := range slices.Sorted(maps.Keys(form.Servers)) {
		at := slices.Concat(path, []string{"servers", id})
		if own, ok := r.samplesForm(at, form.Servers[id]); ok {
			observation.Servers = append(observation.Servers, policy.ServerSamples{ID: id, Samples: r.samples(at, own, signal)})
		}
	}
	return observation
}

// apt refuses what the policy wouldn't look at in such a signal.
func (r *reader) apt(path []string, form observationForm, signal policy.Signal) bool {
	before := len(r.faults)
	sampled := form.there() || form.Servers != nil
	switch {
	case form.Error != "" && form.Pending != "":
		r.fault(path, "can't have both error, which says that a look has failed, and pending, which says that nobody has looked")
	case form.Error != "" && sampled:
		r.fault(path, "can't have samples together with error, which says that there are none; remove one of them")
	case form.Pending != "" && sampled:
		r.fault(path, "can't have samples together with pending, which says that nobody has looked; remove one of them")
	case form.there() && signal.PerServer != nil:
		r.fault(path, `is a signal of single servers (per_server); write for example { "servers": { "a": 10, "b": 12 } }`)
	case form.Servers != nil && signal.PerServer == nil:
		r.fault(path, "is not a signal of single servers, for it has no per_server; write a number, or a list with one for each period")
	}
	return len(r.faults) == before
}

// fill decodes an object.
func (r *reader) fill(path []string, object map[string]any, form any) bool {
	faults := decode(object, form, path...)
	r.faults = append(r.faults, faults...)
	return len(faults) == 0
}

// samplesForm reads a number, a series, or an object.
func (r *reader) samplesForm(path []string, written any) (samplesForm, bool) {
	var form samplesForm
	switch value := written.(type) {
	case []any:
		return samplesForm{Series: value}, true
	case map[string]any:
		ok := r.fill(path, value, &form)
		form.Series, _ = value["series"].([]any) // With its nulls.
		return form, ok
	}
	one, faults := toReading(written, path)
	r.faults = append(r.faults, faults...)
	return samplesForm{Value: &one}, len(faults) == 0
}

// toReading reads a single value.
func toReading(written any, path []string) (reading, []policy.Fault) {
	var one struct {
		Value reading `json:"value"`
	}
	faults := decode(map[string]any{"value": written}, &one)
	for i := range faults {
		faults[i].Path = path
	}
	return one.Value, faults
}

func (r *reader) samples(path []string, form samplesForm, signal policy.Signal) []policy.Sample {
	var samples []policy.Sample
	if form.Value != nil {
		samples = append(samples, policy.Sample{At: r.now, Value: float64(*form.Value)})
	}
	for i, sample := range form.Samples {
		at := slices.Concat(path, []string{"samples", fmt.Sprint(i)})
		taken := r.before(slices.Concat(at, []string{"age"}), sample.Age)
		if sample.Value == nil {
			r.fault(slices.Concat(at, []string{"value"}), "is needed: zero is a value, nothing is not; leave the sample out where there was none")
			continue
		}
		samples = append(samples, policy.Sample{At: taken, Value: float64(*sample.Value)})
	}
	return append(samples, r.series(path, form.Series, signal)...)
}

// series spaces values by the signal's period, so that each has a bucket of its own.
func (r *reader) series(path []string, values []any, signal policy.Signal) []policy.Sample {
	if len(values) > 0 && signal.Period == 0 {
		r.fault(path, "is a point, of which only the newest sample counts: write a number, or give the signal a period in the policy")
		return nil
	}
	var samples []policy.Sample
	for i, value := range values {
		if value == nil {
			continue
		}
		one, faults := toReading(value, slices.Concat(path, []string{fmt.Sprint(i)}))
		r.faults = append(r.faults, faults...)
		age := signal.Offset + time.Duration(len(values)-1-i)*signal.Period
		samples = append(samples, policy.Sample{At: r.now.Add(-age), Value: float64(one)})
	}
	return samples
}
