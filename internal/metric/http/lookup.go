package http

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// decimal is the form of a number in text. What strconv takes beyond it (hex,
// "inf", "nan") is no measurement.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// lookup finds the number in a document. It never quotes the document, which may
// hold anything.
func lookup(body []byte, path string) (value float64, err error) {
	defer func() {
		// A panic in a goroutine would end the provider, and with it all that it
		// has done so far.
		if recover() != nil {
			value, err = 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value's path can't be applied to the answer"}
		}
	}()
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return 0, &metric.FetchError{Kind: metric.ErrNoData, Message: "the answer is empty"}
	}
	if path == "" && decimal.Match(body) {
		return parse(string(body))
	}
	if !gjson.ValidBytes(body) {
		return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the answer is not JSON"}
	}
	result := gjson.ParseBytes(body)
	if path != "" {
		result = result.Get(path)
	}
	return convert(result)
}

func convert(result gjson.Result) (float64, error) {
	switch {
	case !result.Exists():
		return 0, &metric.FetchError{Kind: metric.ErrNoData, Message: "the answer doesn't have the value"}
	case result.Type == gjson.Null:
		return 0, &metric.FetchError{Kind: metric.ErrNoData, Message: "the value is null"}
	case result.Type == gjson.Number:
		return parse(result.Raw)
	case result.Type == gjson.String:
		return parse(strings.TrimSpace(result.Str))
	case result.IsObject():
		return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value is an object, not a number"}
	case result.IsArray():
		return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value is a list, not a number"}
	}
	return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value is not a number"}
}

func parse(text string) (float64, error) {
	if !decimal.MatchString(text) {
		return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value is text that is not a number"}
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) {
		return 0, &metric.FetchError{Kind: metric.ErrMalformed, Message: "the value is too large"}
	}
	return value, nil
}
