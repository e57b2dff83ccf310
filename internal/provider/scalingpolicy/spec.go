package scalingpolicy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
	"github.com/musterhq/terraform-provider-muster/internal/policy/scenario"
	"github.com/musterhq/terraform-provider-muster/internal/tfvalue"
)

// draft is a policy's arguments as data. What isn't known yet is absent from it, and
// what that concerns is marked as vague: no fault is found there before all of it is
// known.
type draft struct {
	arguments map[string]any
	// vague are the names of arguments, and of entries as "signals.cpu".
	vague map[string]bool
}

// draft returns the arguments that the engine knows.
func (m model) draft() draft {
	d := draft{arguments: make(map[string]any), vague: make(map[string]bool)}
	for name, argument := range m.arguments() {
		tree, complete := tfvalue.Tree(argument)
		d.arguments[name] = tree
		d.vague[name] = !complete
	}
	for name, entries := range map[string]map[string]any{
		"signals": d.entries("signals"), "rules": d.entries("rules"), "schedules": d.entries("schedules"),
	} {
		for key := range entries {
			_, complete := tfvalue.Tree(m.entry(name, key))
			d.vague[name+"."+key] = !complete
			if entries[key] == nil {
				entries[key] = map[string]any{} // The engine says what it should have.
			}
		}
	}
	d.fillBounds()
	d.declare(m)
	return d
}

// fillBounds puts bounds in place of unknown ones with which nothing is wrong.
func (d draft) fillBounds() {
	if d.vague["min_servers"] {
		d.arguments["min_servers"] = 0.0
	}
	if d.vague["max_servers"] {
		d.arguments["max_servers"] = float64(math.MaxInt32)
	}
}

// declare declares the signals and schedules that rules name where nothing is known of
// any.
func (d draft) declare(m model) {
	signals, schedules := d.entries("signals"), d.entries("schedules")
	for key, entry := range d.entries("rules") {
		rule, _ := entry.(map[string]any)
		if m.Schedules.IsUnknown() {
			delete(rule, "active_during")
		}
		for _, kind := range rule {
			body, _ := kind.(map[string]any)
			name, named := body["signal"].(string)
			switch {
			case named && m.Signals.IsUnknown():
				signals[name] = map[string]any{}
				d.vague["rules."+key], d.vague["signals."+name] = true, true
			case named && d.vague["signals."+name]:
				d.vague["rules."+key] = true
			}
		}
	}
	d.arguments["signals"], d.arguments["schedules"] = signals, schedules
}

// entries returns the entries of a map, never nil.
func (d draft) entries(name string) map[string]any {
	if entries, ok := d.arguments[name].(map[string]any); ok {
		return entries
	}
	return make(map[string]any)
}

// certain reports whether a fault will still be one when all is known.
func (d draft) certain(fault policy.Fault) bool {
	switch name := fault.Path[0]; {
	case name == "signals" && fault.Path[len(fault.Path)-1] == "expression":
		return !d.vague["signals"] // It may use any of them.
	case name == "schedules" && len(fault.Path) == 2 && d.vague["rules"]:
		return false // A rule may name it.
	case len(fault.Path) > 1 && name != "behavior":
		return !d.vague[name+"."+fault.Path[1]]
	case strings.HasSuffix(name, "_servers"):
		return !d.vague["min_servers"] && !d.vague["max_servers"]
	default:
		return !d.vague[name]
	}
}

// compile returns the compiled policy, or an attribute error for every fault. What
// isn't known yet is taken to be valid; where it can't be, there is no policy.
func (m model) compile(ctx context.Context) (*policy.Policy, diag.Diagnostics) {
	signals, diagnostics := m.signals(ctx)
	d := m.draft()
	spec, faults := scenario.DecodePolicy(d.arguments)
	var compiled *policy.Policy
	if len(faults) == 0 {
		var err error
		compiled, err = policy.Compile(spec)
		if wrong, ok := errors.AsType[*policy.SpecError](err); ok {
			faults = wrong.Faults
		}
	}
	faults = slices.DeleteFunc(faults, func(f policy.Fault) bool { return !d.certain(f) || reported(signals, f) })
	for name, signal := range signals {
		faults = append(faults, signal.faults([]string{"signals", name})...)
	}
	slices.SortStableFunc(faults, func(a, b policy.Fault) int { return slices.Compare(a.Path, b.Path) })
	for _, fault := range faults {
		diagnostics.AddAttributeError(attributePath(fault.Path), "Invalid Scaling Policy",
			fmt.Sprintf("%s: %s.", strings.Join(fault.Path, "."), fault.Message))
	}
	return compiled, diagnostics
}

// reported reports whether a fault is one that the signal's own check finds, under the
// name that its user knows.
func reported(signals map[string]signalModel, fault policy.Fault) bool {
	if fault.Path[0] != "signals" || len(fault.Path) < 3 {
		return false
	}
	return !signals[fault.Path[1]].CloudWatch.IsNull() && slices.Contains([]string{"period", "offset", "per_server"}, fault.Path[2])
}

// attributePath returns the path of a fault as far as Terraform finds its line: to
// the signal or the rule. Of a path that leads further down, it would show the
// first line of the resource. The message has the whole of it.
func attributePath(names []string) path.Path {
	at := path.Root(names[0])
	if len(names) > 1 && names[0] != "behavior" {
		at = at.AtMapKey(names[1])
	}
	return at
}

// entry returns an entry of one of the maps; nil where there is none.
func (m model) entry(name, key string) attr.Value {
	switch name {
	case "signals":
		return m.Signals.Elements()[key]
	case "rules":
		return m.Rules.Elements()[key]
	default:
		return m.Schedules.Elements()[key]
	}
}
