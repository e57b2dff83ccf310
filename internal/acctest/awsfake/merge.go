package awsfake

import (
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// merge returns the launch that a request and its template's data ask for together:
// what the request says goes before what the template says, argument by argument; of
// tags, key by key.
func merge(in ec2.RunInstancesInput, data ec2types.RequestLaunchTemplateData) ec2.RunInstancesInput {
	base := convert[ec2.RunInstancesInput](data)
	tags := slices.Concat(base.TagSpecifications, in.TagSpecifications)
	merged := overlay(in, *base)
	merged.TagSpecifications = tags
	return merged
}

// overlay returns the upper one, completed with the fields of the lower one that the
// upper one doesn't have.
func overlay[T any](upper, lower T) T {
	v, under := reflect.ValueOf(&upper).Elem(), reflect.ValueOf(lower)
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && v.Field(i).IsZero() {
			v.Field(i).Set(under.Field(i))
		}
	}
	return upper
}

// convert returns the value as another of the SDK's types with the same fields. It has
// several types for what is the same thing in requests, answers and templates.
func convert[T any](from any) *T {
	to := new(T)
	convertValue(reflect.ValueOf(to).Elem(), reflect.ValueOf(from))
	return to
}

func convertValue(to, from reflect.Value) {
	switch {
	case from.Type() == to.Type():
		to.Set(from)
	case from.Kind() == reflect.Pointer:
		if !from.IsNil() && to.Kind() == reflect.Pointer {
			to.Set(reflect.New(to.Type().Elem()))
			convertValue(to.Elem(), from.Elem())
		}
	case from.Kind() == reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(to.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				convertValue(to.Index(i), from.Index(i))
			}
		}
	case from.Kind() == reflect.Struct:
		convertFields(to, from)
	case from.Type().ConvertibleTo(to.Type()):
		to.Set(from.Convert(to.Type()))
	}
}

func convertFields(to, from reflect.Value) {
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		target := to.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, field.Name) })
		if target.IsValid() {
			convertValue(target, from.Field(i))
		}
	}
}
