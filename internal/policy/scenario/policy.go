package scenario

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// What holds for signals unless it is set.
const (
	// DefaultPeriod is the period of the signals that have a past at their source.
	DefaultPeriod = time.Minute
	// DefaultCloudWatchOffset is the offset of signals from CloudWatch, whose samples
	// come up to two minutes late. Without it, the newest period would hardly ever have
	// one, and no server would be taken away.
	DefaultCloudWatchOffset = 2 * time.Minute
)

// elsewhere are the arguments of muster_scaling_policy that the engine doesn't know:
// which group it is about, and what it has decided.
func elsewhere() []string {
	return []string{
		"server_configuration", "server_group", "initial_servers",
		"desired_servers", "decision", "recommended_servers", "evaluation", "memory",
	}
}

// fetching are the arguments of a signal that say where its samples come from.
func fetching() []string {
	return []string{"source", "query", "path", "value", "time", "window", "cloudwatch"}
}

// identifying are the arguments of a signal's per_server that say which server a sample
// is of.
func identifying() []string { return []string{"dimension", "label"} }

// DecodePolicy reads the arguments of a policy. The faults are those of its form;
// [policy.Compile] finds the others.
func DecodePolicy(data any) (policy.Spec, []policy.Fault) {
	var spec policy.Spec
	arguments, ok := data.(map[string]any)
	if !ok {
		return spec, []policy.Fault{{Message: "a policy must be an object"}}
	}
	arguments = maps.Clone(arguments)
	for _, name := range elsewhere() {
		delete(arguments, name)
	}
	if signals, ok := arguments["signals"].(map[string]any); ok {
		arguments["signals"] = measured(signals)
	}
	faults := decode(arguments, &spec)
	return spec, slices.Concat(faults, required(arguments))
}

// required reports bounds that aren't there.
func required(arguments map[string]any) []policy.Fault {
	var faults []policy.Fault
	for _, name := range []string{"min_servers", "max_servers"} {
		if arguments[name] == nil {
			faults = append(faults, policy.Fault{Path: []string{name}, Message: "is needed"})
		}
	}
	return faults
}

// lacking reports what steps lack and what the engine can't tell from 0. The resource
// needs no such check: its schema requires them, and they may not be known yet.
func lacking(data any) []policy.Fault {
	var faults []policy.Fault
	need := func(in map[string]any, name, why string, path ...string) {
		if in[name] == nil {
			faults = append(faults, policy.Fault{Path: append(path, name), Message: "is needed: " + why})
		}
	}
	rules := member(data, "rules")
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		step := member(rules[name], "step")
		if step == nil {
			continue
		}
		need(step, "threshold", "what the signal is compared with", "rules", name, "step")
		steps, _ := step["steps"].([]any)
		for i, one := range steps {
			adjustment, _ := one.(map[string]any)
			need(adjustment, "adjustment", "the servers to add, or the percentage", "rules", name, "step", "steps", fmt.Sprint(i))
		}
	}
	return faults
}

// member returns a member of an object that is an object too, and else nil.
func member(data any, name string) map[string]any {
	object, _ := data.(map[string]any)
	inner, _ := object[name].(map[string]any)
	return inner
}

// measured returns the signals with what the engine needs to know of them.
func measured(signals map[string]any) map[string]any {
	result := make(map[string]any, len(signals))
	for name, value := range signals {
		signal, ok := value.(map[string]any)
		if !ok {
			result[name] = value
			continue
		}
		result[name] = measuredSignal(signal)
	}
	return result
}

func measuredSignal(signal map[string]any) map[string]any {
	signal = maps.Clone(signal)
	if cloudWatch, ok := signal["cloudwatch"].(map[string]any); ok {
		for _, name := range []string{"period", "offset", "per_server"} {
			if cloudWatch[name] != nil {
				signal[name] = cloudWatch[name]
			}
		}
		if signal["offset"] == nil {
			signal["offset"] = DefaultCloudWatchOffset.String()
		}
	}
	if signal["period"] == nil && (signal["cloudwatch"] != nil || signal["query"] != nil) {
		signal["period"] = DefaultPeriod.String()
	}
	for _, name := range fetching() {
		delete(signal, name)
	}
	if perServer, ok := signal["per_server"].(map[string]any); ok {
		perServer = maps.Clone(perServer)
		for _, name := range identifying() {
			delete(perServer, name)
		}
		signal["per_server"] = perServer
	}
	return signal
}
