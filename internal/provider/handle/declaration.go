package handle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Handles carry a declaration as one line of text, for example "string, deferred,
// required for boot, sensitive": a plan shows it in one line, and a property that
// is added later changes no type in anybody's state.
const (
	wordDefault   = "has a default"
	wordDeferred  = "deferred"
	wordProceeds  = "proceeds with a placeholder"
	wordSensitive = "sensitive"
	wordRequired  = "required for "
	wordEffect    = "on change "
	// wordPattern comes last, because a pattern may hold the separator.
	wordPattern = "pattern "
	separator   = ", "
)

// FromParameters returns declared parameters as handles carry them.
func FromParameters(parameters map[string]boot.Parameter) types.Map {
	lines := make(map[string]string, len(parameters))
	for name, parameter := range parameters {
		lines[name] = describeParameter(parameter)
	}
	return fromLines(lines)
}

// FromOutputs returns declared outputs as handles carry them.
func FromOutputs(outputs map[string]boot.Output) types.Map {
	lines := make(map[string]string, len(outputs))
	for name, output := range outputs {
		lines[name] = describeOutput(output)
	}
	return fromLines(lines)
}

func describeOutput(output boot.Output) string {
	words := []string{string(output.Type)}
	if output.Sensitive {
		words = append(words, wordSensitive)
	}
	if output.Pattern != "" {
		words = append(words, wordPattern+output.Pattern)
	}
	return strings.Join(words, separator)
}

func describeParameter(parameter boot.Parameter) string {
	words := []string{string(parameter.Type)}
	if parameter.Default != nil {
		words = append(words, wordDefault)
	}
	if parameter.Deferred {
		words = append(words, wordDeferred, wordRequired+string(parameter.RequiredFor))
	}
	if parameter.Proceeds() {
		words = append(words, wordProceeds)
	}
	if parameter.Sensitive {
		words = append(words, wordSensitive)
	}
	if parameter.OnChange != "" {
		words = append(words, wordEffect+string(parameter.OnChange))
	}
	if parameter.Pattern != "" {
		words = append(words, wordPattern+parameter.Pattern)
	}
	return strings.Join(words, separator)
}

func fromLines(lines map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(lines))
	for name, line := range lines {
		elements[name] = types.StringValue(line)
	}
	return types.MapValueMust(types.StringType, elements)
}

// parseParameter reads what describeParameter has written. A word that it doesn't
// know is skipped. The text of a default is not carried; one that exists is empty.
// Nor are timeouts and placeholders: only whether servers proceed without a value.
func parseParameter(line string) boot.Parameter {
	line, pattern, _ := strings.Cut(line, separator+wordPattern)
	parameter := boot.Parameter{RequiredFor: boot.RequiredForBoot, Pattern: pattern}
	for i, word := range strings.Split(line, separator) {
		required, isRequired := strings.CutPrefix(word, wordRequired)
		effect, isEffect := strings.CutPrefix(word, wordEffect)
		switch {
		case i == 0:
			parameter.Type = boot.Type(word)
		case word == wordDefault:
			parameter.Default = new(string)
		case word == wordDeferred:
			parameter.Deferred = true
		case word == wordProceeds:
			parameter.OnTimeout = boot.OnTimeoutProceed
		case word == wordSensitive:
			parameter.Sensitive = true
		case isRequired:
			parameter.RequiredFor = boot.Requirement(required)
		case isEffect:
			parameter.OnChange = boot.Effect(effect)
		}
	}
	return parameter
}

// parseOutput reads what describeOutput has written.
func parseOutput(line string) boot.Output {
	line, pattern, _ := strings.Cut(line, separator+wordPattern)
	words := strings.Split(line, separator)
	return boot.Output{Type: boot.Type(words[0]), Sensitive: slices.Contains(words[1:], wordSensitive), Pattern: pattern}
}

// LookupParameter finds a declared parameter in the parameters of a handle. known
// is false where the declarations are not known yet. The error names what is
// declared.
func LookupParameter(parameters types.Map, owner, name string) (parameter boot.Parameter, known bool, err error) {
	line, known, err := lookup(parameters, "parameter", owner, name, nil)
	if !known || err != nil {
		return boot.Parameter{}, known, err
	}
	return parseParameter(line), true, nil
}

// LookupOutput finds a declared output or a fact, with its pattern, in the outputs of a
// handle. known is false where the declarations are not known yet. The error names what
// there is.
func LookupOutput(outputs types.Map, owner, name string) (output boot.Output, known bool, err error) {
	if slices.Contains(hosting.FactNames(), name) {
		return boot.Output{Type: boot.TypeString, Pattern: hosting.FactPattern(name)}, true, nil
	}
	line, known, err := lookup(outputs, "output", owner, name, hosting.FactNames())
	if !known || err != nil {
		return boot.Output{}, known, err
	}
	return parseOutput(line), true, nil
}

// Parameters returns the declarations of a handle by name; known is false where one of them
// isn't known yet.
func Parameters(declared types.Map) (parameters map[string]boot.Parameter, known bool) {
	if declared.IsUnknown() {
		return nil, false
	}
	parameters = make(map[string]boot.Parameter)
	for name, element := range declared.Elements() {
		line, ok := element.(types.String)
		if !ok || line.IsUnknown() {
			return nil, false
		}
		parameters[name] = parseParameter(line.ValueString())
	}
	return parameters, true
}

// MissingValues returns, sorted, the declared parameters that must be given at
// launch and aren't: they have no default and aren't deferred.
func MissingValues(parameters types.Map, given map[string]attr.Value) []string {
	var missing []string
	for name, element := range parameters.Elements() {
		line, ok := element.(types.String)
		if _, has := given[name]; has || !ok || line.IsUnknown() {
			continue
		}
		if parameter := parseParameter(line.ValueString()); parameter.Default == nil && !parameter.Deferred {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

func lookup(declared types.Map, kind, owner, name string, facts []string) (line string, known bool, err error) {
	if declared.IsUnknown() || declared.IsNull() {
		return "", false, nil
	}
	element, found := declared.Elements()[name]
	if !found {
		names := append(slices.Sorted(maps.Keys(declared.Elements())), facts...)
		return "", true, fmt.Errorf("server configuration of %s declares no %s %q; %s", owner, kind, name, offer(names))
	}
	text, ok := element.(types.String)
	if !ok || text.IsUnknown() {
		return "", false, nil
	}
	return text.ValueString(), true, nil
}

func offer(names []string) string {
	if len(names) == 0 {
		return "it declares none"
	}
	return "there are: " + strings.Join(names, ", ")
}
