package boot

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// MaxScriptBytes is the largest boot, update or decommission script. A larger program is
	// better fetched by its script than carried by every launch.
	MaxScriptBytes = 64 << 10

	// MaxNames is the largest number of parameters, and of outputs. It bounds
	// what a delivery or a report can hold.
	MaxNames = 256

	// MinUpdateScriptTimeout is the shortest time limit of an update script: the
	// agent counts whole seconds.
	MinUpdateScriptTimeout = time.Second

	// MaxUpdateScriptTimeout is the longest time limit of an update script. What
	// runs longer belongs into a process of its own.
	MaxUpdateScriptTimeout = 24 * time.Hour

	// MinParameterTimeout is the shortest timeout of a parameter: the agent counts
	// whole seconds.
	MinParameterTimeout = time.Second

	// MaxParameterTimeout is the longest timeout of a parameter. Whoever can wait
	// longer needs none.
	MaxParameterTimeout = 24 * time.Hour
)

// FieldFault is a fault of one field of a configuration.
type FieldFault struct {
	// Path mirrors the names of the Terraform attributes and the keys of maps,
	// for example "parameters", "db_host", "default".
	Path []string
	// Message is a sentence without its full stop. It never quotes a value of a
	// sensitive parameter.
	Message string
}

// Check returns every fault of the scripts and the declarations, in the order of
// paths. No output may be called like one of the reserved names, which are those
// of the facts. Name and image are the caller's to check.
func (c Configuration) Check(reserved []string) []FieldFault {
	var f faults
	f.script("boot_script", c.BootScript)
	if c.BootScript == "" {
		f.add("it is empty: a server is ready when its boot script exits 0", "boot_script")
	}
	f.script("decommission_script", c.DecommissionScript)
	f.outputs(c.Outputs, reserved)
	f.count(len(c.Parameters), "parameters")
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		f.name("parameters", name)
		f.parameter(name, c.Parameters[name])
	}
	f.script("update_script", c.UpdateScript)
	f.updateScriptTimeout(c)
	return f
}

type faults []FieldFault

func (f *faults) add(message string, path ...string) {
	*f = append(*f, FieldFault{Path: path, Message: message})
}

func (f *faults) count(count int, attribute string) {
	if count > MaxNames {
		f.add(fmt.Sprintf("there are %d of them, at most %d are supported", count, MaxNames), attribute)
	}
}

func (f *faults) script(attribute, script string) {
	if len(script) > MaxScriptBytes {
		f.add(fmt.Sprintf("it has %d bytes, at most %d are carried; let it fetch the rest", len(script), MaxScriptBytes), attribute)
	}
	if strings.IndexByte(script, 0) >= 0 {
		f.add("it holds a NUL byte, and a script is text; let it fetch what is binary", attribute)
	}
	first, _, _ := strings.Cut(script, "\n")
	if strings.HasPrefix(first, "#!") && strings.HasSuffix(first, "\r") {
		f.add("its first line ends with a carriage return, which would be part of the interpreter's name; save it with Unix line ends", attribute)
	}
}

func (f *faults) updateScriptTimeout(c Configuration) {
	limit := c.UpdateScriptTimeout
	if limit == 0 {
		return
	}
	if limit%time.Second != 0 || limit < MinUpdateScriptTimeout || limit > MaxUpdateScriptTimeout {
		f.add(`it must be whole seconds, from "1s" to "24h"`, "update_script_timeout")
	}
	if c.UpdateScript == "" {
		f.add("there is no update_script that it could limit; add one, or remove update_script_timeout", "update_script_timeout")
	}
}

func (f *faults) name(attribute, name string) {
	if err := CheckVariableName(name); err != nil {
		f.add(err.Error(), attribute, name)
	}
}

func (f *faults) outputs(outputs map[string]Output, reserved []string) {
	f.count(len(outputs), "outputs")
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		f.name("outputs", name)
		if slices.Contains(reserved, name) {
			f.add(fmt.Sprintf("every server has the output %q without publishing it; choose another name", name), "outputs", name)
		}
		f.pattern(outputs[name].Pattern, "outputs", name, "pattern")
		f.kind(outputs[name].Type, "outputs", name, "type")
	}
}

func (f *faults) kind(t Type, path ...string) {
	if !slices.Contains(Types(), string(t)) {
		f.add(fmt.Sprintf("%q is no type; use %s", string(t), alternatives(Types())), path...)
	}
}

func (f *faults) pattern(expression string, path ...string) {
	if _, err := regexp.Compile(expression); err != nil {
		f.add(fmt.Sprintf("it is not a valid RE2 expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: ")), path...)
	}
}

func (f *faults) parameter(name string, p Parameter) {
	f.defaultValue(name, p)
	f.onChange(name, p)
	f.onTimeout(name, p)
	f.pattern(p.Pattern, "parameters", name, "pattern")
	f.placeholder(name, p)
	switch {
	case !slices.Contains(Requirements(), string(p.RequiredFor)):
		f.add(fmt.Sprintf("%q is no requirement; use %s", string(p.RequiredFor), alternatives(Requirements())), "parameters", name, "required_for")
	case !p.Deferred && p.RequiredFor != RequiredForBoot:
		f.add("only a deferred parameter can arrive after the server has started; set deferred = true", "parameters", name, "required_for")
	}
	f.timeout(name, p)
	f.kind(p.Type, "parameters", name, "type")
}

func (f *faults) onChange(name string, p Parameter) {
	if p.OnChange != "" && !slices.Contains(Effects(), string(p.OnChange)) {
		f.add(fmt.Sprintf("%q is no effect; use %s", string(p.OnChange), alternatives(Effects())), "parameters", name, "on_change")
	}
}

func (f *faults) defaultValue(name string, p Parameter) {
	path := []string{"parameters", name, "default"}
	switch {
	case p.Default == nil:
	case p.Sensitive:
		f.add("a sensitive parameter has no default, which would be stored in plain text; remove it, and give the value with parameters_wo of the muster_server_group or, if it is to arrive later, with deferred = true and a muster_parameter_injection", path...)
	case p.Deferred:
		f.add("a deferred parameter has no default: its value arrives later", path...)
	default:
		f.value(*p.Default, p, path...)
	}
}

// value checks a text that is declared for the parameter. Any other error than one of
// the text is one of the type or the pattern itself, and told there.
func (f *faults) value(text string, p Parameter, path ...string) {
	if err := p.Check(text); errors.Is(err, ErrValue) && slices.Contains(Types(), string(p.Type)) {
		f.add(err.Error(), path...)
	}
}

func (f *faults) timeout(name string, p Parameter) {
	path := []string{"parameters", name, "timeout"}
	switch {
	case p.Timeout == 0:
	case !p.Deferred:
		f.add("only a deferred parameter can be late; set deferred = true, or remove timeout", path...)
	case p.Timeout%time.Second != 0 || p.Timeout < MinParameterTimeout || p.Timeout > MaxParameterTimeout:
		f.add(`it must be whole seconds, from "1s" to "24h"`, path...)
	}
}

func (f *faults) onTimeout(name string, p Parameter) {
	path := []string{"parameters", name, "on_timeout"}
	switch {
	case p.OnTimeout == "":
	case !slices.Contains(OnTimeouts(), string(p.OnTimeout)):
		f.add(fmt.Sprintf("%q is nothing that can happen; use %s", string(p.OnTimeout), alternatives(OnTimeouts())), path...)
	case p.Timeout == 0:
		f.add("there is no timeout after which it could happen; add one, or remove on_timeout", path...)
	case p.Proceeds() && p.Sensitive:
		f.add(`a server can't proceed with a placeholder for a sensitive parameter, because it would be stored in plain text; use "fail"`, path...)
	case p.Proceeds() && p.Placeholder == nil:
		f.add(`the server proceeds with a placeholder, and there is none; add one, or use "fail"`, path...)
	}
}

func (f *faults) placeholder(name string, p Parameter) {
	path := []string{"parameters", name, "placeholder"}
	switch {
	case p.Placeholder == nil:
	case p.Sensitive:
		f.add("a sensitive parameter has no placeholder, which would be stored in plain text; remove it", path...)
	case !p.Proceeds():
		f.add(`it is used only with on_timeout = "proceed"; set that, or remove placeholder`, path...)
	default:
		f.value(*p.Placeholder, p, path...)
	}
}

func alternatives(words []string) string {
	last := len(words) - 1
	return fmt.Sprintf(`"%s" or %q`, strings.Join(words[:last], `", "`), words[last])
}
