package manager

import (
	"maps"
	"slices"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// put stores the value in the record under a new revision, and what its change asks of the
// servers that have a former one. It reports whether the record held another value. The
// value's secrecy and revision are put's to set.
func put(group *hosting.Group, name string, parameter boot.Parameter, value boot.Value) bool {
	if stores(*group, name, value) {
		return false
	}
	former, held := group.Values[name]
	group.Revision++
	value.Sensitive, value.Since = parameter.Sensitive, group.Revision
	values := maps.Clone(group.Values)
	if values == nil {
		values = make(map[string]boot.Value)
	}
	values[name] = value
	group.Values = values
	if held {
		renew(group, name, parameter.Effect(), former, value)
	}
	return true
}

// renew notes in the record that members have to boot anew, or others to take their place.
func renew(group *hosting.Group, name string, effect boot.Effect, former, value boot.Value) {
	slots, changed := changedSlots(former, value)
	if !changed {
		return
	}
	renewal := hosting.Renewal{Parameter: name, Revision: group.Revision, Attempt: group.Attempt}
	switch effect {
	case boot.EffectRestart:
		group.Restarts = group.Restarts.With(renewal, slots)
	case boot.EffectReplace:
		group.Replacements = group.Replacements.With(renewal, slots)
	case boot.EffectDeliver, boot.EffectUpdate:
	}
}

// changedSlots returns, sorted, the slots whose members have a former value that is another
// one now; nil are all of them. A first value is no change.
func changedSlots(former, value boot.Value) (slots []int, changed bool) {
	if former.BySlot == nil || value.BySlot == nil {
		return nil, true
	}
	for _, slot := range slices.Sorted(maps.Keys(former.BySlot)) {
		if text, there := value.BySlot[slot]; there && text != former.BySlot[slot] {
			slots = append(slots, slot)
		}
	}
	return slots, len(slots) > 0
}

// values are what a group gives to its members.
type values struct {
	// launched are in the payload of every server, and part of what it is.
	launched map[string]string
	// delivered reach servers that run too.
	delivered map[string]string
}

// split tells the values that are launched with from those that are delivered, with the
// defaults of the latter. A secret of which nothing is known is left out.
func split(configuration boot.Configuration, plain, secrets map[string]string) values {
	v := values{launched: make(map[string]string), delivered: make(map[string]string)}
	for name, parameter := range configuration.Parameters {
		text, given := plain[name]
		if parameter.Sensitive {
			text, given = secrets[name]
		}
		switch {
		case parameter.Given() && given:
			v.delivered[name] = text
		case parameter.Given() && parameter.Default != nil:
			v.delivered[name] = *parameter.Default
		case given:
			v.launched[name] = text
		}
	}
	return v
}

// Given returns the values that the group was asked to give to its members, but for secrets
// and what is the default.
func (o Observation) Given() map[string]string {
	given := maps.Clone(o.Group.Parameters)
	if given == nil {
		given = make(map[string]string)
	}
	for name, parameter := range o.Configuration.Parameters {
		value, held := o.Group.Values[name]
		if held && parameter.Given() && !parameter.Sensitive && (parameter.Default == nil || value.Text != *parameter.Default) {
			given[name] = value.Text
		}
	}
	return given
}

// GivenRevision returns the revision of the newest value that the group itself gives to its
// members; 0 where there is none.
func (o Observation) GivenRevision() int {
	newest := 0
	for name, parameter := range o.Configuration.Parameters {
		if parameter.Given() {
			newest = max(newest, o.Group.Values[name].Since)
		}
	}
	return newest
}

// forgetSecrets removes stored secrets of parameters that take none any more: new servers
// have no way to get them, and what is delivered openly must not be what was a secret.
func forgetSecrets(group *hosting.Group, configuration boot.Configuration) {
	kept := maps.Clone(group.Values)
	maps.DeleteFunc(kept, func(name string, value boot.Value) bool {
		return value.Sensitive && !configuration.Parameters[name].Sensitive
	})
	if len(kept) < len(group.Values) {
		group.Values = kept
	}
}

// give stores what the group gives by delivery. keep leaves secrets that are stored as they
// are.
func give(group *hosting.Group, configuration boot.Configuration, delivered map[string]string, keep bool) {
	for _, name := range slices.Sorted(maps.Keys(delivered)) {
		parameter := configuration.Parameters[name]
		if keep && parameter.Sensitive && holdsValue(*group, name) {
			continue
		}
		put(group, name, parameter, boot.Value{Text: delivered[name]})
	}
}
