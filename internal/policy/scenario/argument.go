package scenario

import (
	"reflect"
	"slices"
	"strings"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// thereIs continues the refusal of a name.
func thereIs(names []string) string { return "there is " + strings.Join(names, ", ") }

// argumentsOf lists the names that an object may have which is decoded into such a
// struct.
func argumentsOf(form any) []string { return argumentsOfType(reflect.TypeOf(form)) }

func argumentsOfType(form reflect.Type) []string {
	var names []string
	if form == nil || form.Kind() != reflect.Struct {
		return names
	}
	for _, field := range reflect.VisibleFields(form) {
		if name := field.Tag.Get("json"); name != "" && name != "-" && !field.Anonymous {
			names = append(names, name)
		}
	}
	return slices.Concat(names, alsoKnown(form))
}

// alsoKnown are the arguments that the engine doesn't need and a policy may have.
func alsoKnown(form reflect.Type) []string {
	switch form {
	case reflect.TypeFor[policy.Signal]():
		return fetching()
	case reflect.TypeFor[policy.PerServer]():
		return identifying()
	}
	return nil
}

// typeAt returns the type of what is at a path; nil: it can't be told, as where a name
// has a dot.
func typeAt(form reflect.Type, path []string) reflect.Type {
	for form.Kind() == reflect.Pointer {
		form = form.Elem()
	}
	if len(path) == 0 {
		return form
	}
	switch form.Kind() {
	case reflect.Map, reflect.Slice:
		return typeAt(form.Elem(), path[1:])
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(form) {
			if field.Tag.Get("json") == path[0] {
				return typeAt(field.Type, path[1:])
			}
		}
	default:
	}
	return nil
}
