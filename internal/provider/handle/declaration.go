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

// LookupParameter finds a declared parameter in the parameters of a handle. known
// is false where the declarations are not known yet. The error names what is
// declared.
func LookupParameter(parameters types.Map, owner, name string) (parameter boot.Parameter, known bool, err error) {
	object, known, err := lookup(parameters, "parameter", owner, name, nil)
	if !known || err != nil {
		return boot.Parameter{}, known, err
	}
	return boot.Parameter{
		Type:        boot.Type(text(object, "type")),
		Pattern:     text(object, "pattern"),
		Deferred:    flag(object, "deferred"),
		Sensitive:   flag(object, "sensitive"),
		RequiredFor: boot.Requirement(text(object, "required_for")),
	}, true, nil
}

// LookupOutput finds a declared output or a fact in the outputs of a handle. known
// is false where the declarations are not known yet. The error names what there
// is.
func LookupOutput(outputs types.Map, owner, name string) (output boot.Output, known bool, err error) {
	if slices.Contains(hosting.FactNames(), name) {
		return boot.Output{Type: boot.TypeString}, true, nil
	}
	object, known, err := lookup(outputs, "output", owner, name, hosting.FactNames())
	if !known || err != nil {
		return boot.Output{}, known, err
	}
	return boot.Output{Type: boot.Type(text(object, "type")), Sensitive: flag(object, "sensitive")}, true, nil
}

// MissingValues returns, sorted, the declared parameters that must be given at
// launch and aren't: they have no default and aren't deferred.
func MissingValues(parameters types.Map, given map[string]attr.Value) []string {
	var missing []string
	for name, element := range parameters.Elements() {
		object, isObject := element.(types.Object)
		if _, has := given[name]; has || !isObject || !known(object) {
			continue
		}
		if !flag(object, "has_default") && !flag(object, "deferred") {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

func lookup(declared types.Map, kind, owner, name string, facts []string) (types.Object, bool, error) {
	if declared.IsUnknown() || declared.IsNull() {
		return types.Object{}, false, nil
	}
	element, found := declared.Elements()[name]
	if !found {
		names := append(slices.Sorted(maps.Keys(declared.Elements())), facts...)
		return types.Object{}, true, fmt.Errorf("server configuration of %s declares no %s %q; %s", owner, kind, name, offer(names))
	}
	object, ok := element.(types.Object)
	if !ok || !known(object) {
		return types.Object{}, false, nil
	}
	return object, true, nil
}

func offer(names []string) string {
	if len(names) == 0 {
		return "it declares none"
	}
	return "there are: " + strings.Join(names, ", ")
}

func known(object types.Object) bool {
	if object.IsUnknown() || object.IsNull() {
		return false
	}
	for _, value := range object.Attributes() {
		if value.IsUnknown() {
			return false
		}
	}
	return true
}

func text(object types.Object, name string) string {
	value, _ := object.Attributes()[name].(types.String)
	return value.ValueString()
}

func flag(object types.Object, name string) bool {
	value, _ := object.Attributes()[name].(types.Bool)
	return value.ValueBool()
}
