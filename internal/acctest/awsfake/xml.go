package awsfake

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// encodeXML writes an SDK's output as the service would: the inverse of the SDK's own
// decoding.
func encodeXML(b *bytes.Buffer, names codec, output any) error {
	return encodeFields(b, names, reflect.ValueOf(output))
}

func encodeFields(b *bytes.Buffer, names codec, v reflect.Value) error {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" || isEmpty(v.Field(i)) {
			continue
		}
		name := names.element(v.Type(), field)
		if err := encodeElement(b, names, name, names.item(v.Type(), field), v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// isEmpty reports what isn't sent: null, an empty string, no list. An empty list is.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	default:
		return false
	}
}

func encodeElement(b *bytes.Buffer, names codec, name, item string, v reflect.Value) error {
	fmt.Fprintf(b, "<%s>", name)
	defer fmt.Fprintf(b, "</%s>", name)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if err := encodeElement(b, names, item, "item", v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if at, ok := reflect.TypeAssert[time.Time](v); ok {
		b.WriteString(at.UTC().Format("2006-01-02T15:04:05.000Z"))
		return nil
	}
	if v.Kind() == reflect.Struct {
		return encodeFields(b, names, v)
	}
	return encodeScalar(b, v)
}

func encodeScalar(b *bytes.Buffer, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		return xml.EscapeText(b, []byte(v.String()))
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Float64, reflect.Float32:
		b.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	default:
		return fmt.Errorf("encoding a %s", v.Type())
	}
	return nil
}
