package scenario

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// root is how the decoder calls the whole.
const root = "."

// decode fills a struct from data by the names of its JSON tags, and returns every
// fault. What is null counts as absent.
func decode(data, result any, path ...string) []policy.Fault {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: result, TagName: "json", RootName: root, ErrorUnused: true, Squash: true,
		MatchName:  func(key, field string) bool { return key == field },
		DecodeHook: mapstructure.ComposeDecodeHookFunc(toDuration, toWhole, toNumber),
	})
	if err != nil {
		panic(fmt.Sprintf("configuring a decoder: %v", err)) // The configuration is a constant.
	}
	return faultsOf(decoder.Decode(withoutNulls(data)), reflect.TypeOf(result), path)
}

// withoutNulls copies data without the members that are null.
func withoutNulls(data any) any {
	switch value := data.(type) {
	case map[string]any:
		kept := make(map[string]any, len(value))
		for key, member := range value {
			if member != nil {
				kept[key] = withoutNulls(member)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(value))
		for _, element := range value {
			kept = append(kept, withoutNulls(element))
		}
		return kept
	}
	return data
}

// formError is an error whose text continues the name of what is wrong.
type formError string

func (e formError) Error() string { return string(e) }

func toDuration(_, to reflect.Type, data any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() {
		return data, nil
	}
	text, ok := data.(string)
	if !ok {
		return nil, formError("must be a duration; write for example 90s or 5m")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, formError(fmt.Sprintf("%q is not a duration; write for example 90s or 5m", text))
	}
	return d, nil
}

// toWhole refuses fractions where a whole number is meant.
func toWhole(_, to reflect.Type, data any) (any, error) {
	number, ok := data.(float64)
	if !ok || to.Kind() != reflect.Int {
		return data, nil
	}
	if number != math.Trunc(number) || math.Abs(number) > math.MaxInt32 {
		return nil, formError("must be a whole number")
	}
	return int(number), nil
}

// toNumber reads the numbers that JSON doesn't have.
func toNumber(_, to reflect.Type, data any) (any, error) {
	if to != reflect.TypeFor[reading]() {
		return data, nil
	}
	switch value := data.(type) {
	case float64:
		return reading(value), nil
	case string:
		special := map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}
		if number, ok := special[value]; ok {
			return reading(number), nil
		}
	}
	return nil, formError(`must be a number, or "NaN", "+Inf" or "-Inf"`)
}

// reading is a value of a sample, which may be no number.
type reading float64

// faultsOf returns a fault for every error in the tree of a decoder's error. into is
// the type of what was to be filled.
func faultsOf(err error, into reflect.Type, path []string) []policy.Fault {
	if err == nil {
		return nil
	}
	var faults []policy.Fault
	var walk func(err error, name string)
	walk = func(err error, name string) {
		if decoding, ok := err.(*mapstructure.DecodeError); ok { //nolint:errorlint // The tree is walked one level at a time.
			walk(decoding.Unwrap(), decoding.Name())
			return
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				walk(one, name)
			}
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			walk(inner, name)
			return
		}
		faults = append(faults, policy.Fault{Path: slices.Concat(path, names(name)), Message: message(err, typeAt(into, names(name)))})
	}
	walk(err, root)
	slices.SortStableFunc(faults, func(a, b policy.Fault) int { return slices.Compare(a.Path, b.Path) })
	return faults
}

// names splits a name such as rules[cpu].step.steps[0].
func names(name string) []string {
	if name == root {
		return nil
	}
	return strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// message says what is wrong in the words of who wrote it; want is the type of what
// belongs there, nil where that isn't known.
func message(err error, want reflect.Type) string {
	if form, ok := errors.AsType[formError](err); ok {
		return form.Error()
	}
	if unknown, found := strings.CutPrefix(err.Error(), "has invalid keys: "); found {
		text := "has no argument " + unknown
		if known := argumentsOfType(want); len(known) > 0 {
			text += "; " + thereIs(known)
		}
		return text
	}
	if want == nil {
		return "is not of the form that belongs here"
	}
	switch want.Kind() {
	case reflect.Float64, reflect.Int:
		return "must be a number"
	case reflect.Bool:
		return "must be true or false"
	case reflect.String:
		return "must be a text"
	case reflect.Slice:
		return "must be a list"
	default:
		return "must be an object"
	}
}
