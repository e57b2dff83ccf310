package awsfake

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// form is a node of the parameters of a query request: "Filter.1.Name=x" is the value
// x under Filter, 1 and Name.
type form struct {
	value    string
	children map[string]*form
}

// parseForm reads the body of a query request into a tree.
func parseForm(body string) (*form, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, fault(400, "MalformedQueryString", "The query string is malformed: %v", err)
	}
	root := &form{}
	for key, all := range values {
		if len(all) != 1 {
			return nil, fault(400, "InvalidParameterValue", "The parameter %s is given %d times", key, len(all))
		}
		root.at(strings.Split(key, ".")).value = all[0]
	}
	return root, nil
}

func (f *form) at(path []string) *form {
	for _, step := range path {
		if f.children == nil {
			f.children = map[string]*form{}
		}
		if f.children[step] == nil {
			f.children[step] = &form{}
		}
		f = f.children[step]
	}
	return f
}

// without returns the tree without some of its roots.
func (f *form) without(names ...string) *form {
	rest := &form{children: map[string]*form{}}
	for name, child := range f.children {
		if !slices.Contains(names, name) {
			rest.children[name] = child
		}
	}
	return rest
}

// canonical returns the tree as text that is equal exactly for equal requests.
func (f *form) canonical() string {
	var b strings.Builder
	f.write(&b, "")
	return b.String()
}

func (f *form) write(b *strings.Builder, path string) {
	if len(f.children) == 0 {
		fmt.Fprintf(b, "%s=%q\n", path, f.value)
	}
	names := make([]string, 0, len(f.children))
	for name := range f.children {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f.children[name].write(b, path+"."+name)
	}
}

// into decodes the tree into an SDK's input. It is strict: a parameter that the input
// doesn't have is refused.
func (f *form) into(names codec, target any) error {
	return f.decode(names, reflect.ValueOf(target).Elem(), "")
}

func (f *form) decode(names codec, v reflect.Value, path string) error {
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.decode(names, v.Elem(), path)
	case v.Type() == reflect.TypeFor[time.Time]():
		at, err := time.Parse(time.RFC3339Nano, f.value)
		v.Set(reflect.ValueOf(at))
		return badValue(err, path, f.value)
	case v.Kind() == reflect.Struct:
		return f.decodeStruct(names, v, path)
	case v.Kind() == reflect.Slice:
		return f.decodeList(names, v, path)
	}
	return badValue(setScalar(v, f.value), path, f.value)
}

func (f *form) decodeStruct(names codec, v reflect.Value, path string) error {
	for name, child := range f.children {
		at := join(path, name)
		field, ok := names.field(v.Type(), name)
		if !ok {
			return fault(400, "UnknownParameter", "The parameter %s is not recognized", at)
		}
		if err := child.decode(names, v.FieldByIndex(field.Index), at); err != nil {
			return err
		}
	}
	return nil
}

func (f *form) decodeList(names codec, v reflect.Value, path string) error {
	items := f
	if member := f.children["member"]; member != nil { // the way of STS
		items, path = member, join(path, "member")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items.children), len(items.children)))
	for i := range len(items.children) {
		at := join(path, strconv.Itoa(i+1))
		item := items.children[strconv.Itoa(i+1)]
		if item == nil {
			return fault(400, "InvalidParameterValue", "The list %s has a gap at %s", path, at)
		}
		if err := item.decode(names, v.Index(i), at); err != nil {
			return err
		}
	}
	return nil
}

func setScalar(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case reflect.Float64, reflect.Float32:
		x, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(x)
		return err
	default:
		return fmt.Errorf("a %s is no scalar", v.Type())
	}
	return nil
}

func badValue(err error, path, value string) error {
	if err == nil {
		return nil
	}
	return fault(400, "InvalidParameterValue", "Invalid value '%s' for parameter %s", value, path)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
