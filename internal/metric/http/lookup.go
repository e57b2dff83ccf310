package http

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// decimal is the form of a number in text. What strconv takes beyond it (hex,
// "inf", "nan") is no measurement.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// lookup finds the samples in a document. It never quotes the document, which may hold
// anything. What has no time of its own is true now.
func lookup(body []byte, query metric.Query, now time.Time) (samples []metric.Sample, err error) {
	defer func() {
		// A panic in a goroutine would end the provider, and with it all that it
		// has done so far.
		if recover() != nil {
			samples, err = nil, malformed("the value's path can't be applied to the answer")
		}
	}()
	document, err := parseDocument(body, query)
	if err != nil {
		return nil, err
	}
	value := at(document, query.Value)
	switch {
	case !value.Exists():
		return nil, noData("the answer doesn't have the value")
	case value.Type == gjson.Null:
		return nil, noData("the value is null")
	case query.Time != "":
		return timed(value, at(document, query.Time))
	case value.IsArray():
		return paired(value)
	}
	number, err := convert(value)
	if err != nil {
		return nil, err
	}
	return []metric.Sample{{At: now, Value: number}}, nil
}

func parseDocument(body []byte, query metric.Query) (gjson.Result, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return gjson.Result{}, noData("the answer is empty")
	}
	if query.Value == "" && decimal.Match(body) {
		// A bare number need not be one of JSON.
		return gjson.Result{Type: gjson.String, Raw: string(body), Str: string(body)}, nil
	}
	if !gjson.ValidBytes(body) {
		return gjson.Result{}, malformed("the answer is not JSON")
	}
	return gjson.ParseBytes(body), nil
}

func at(document gjson.Result, path string) gjson.Result {
	if path == "" {
		return document
	}
	return document.Get(path)
}

func convert(value gjson.Result) (float64, error) {
	switch {
	case value.Type == gjson.Number:
		return parse(value.Raw)
	case value.Type == gjson.String:
		return parse(strings.TrimSpace(value.Str))
	case value.IsObject():
		return 0, malformed("the value is an object, not a number")
	case value.IsArray():
		return 0, malformed("the value is a list, not a number")
	}
	return 0, malformed("the value is not a number")
}

func parse(text string) (float64, error) {
	if !decimal.MatchString(text) {
		return 0, malformed("the value is text that is not a number")
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) {
		return 0, malformed("the value is too large")
	}
	return value, nil
}

func malformed(format string, args ...any) error {
	return &metric.FetchError{Kind: metric.ErrMalformed, Message: fmt.Sprintf(format, args...)}
}

func noData(message string) error {
	return &metric.FetchError{Kind: metric.ErrNoData, Message: message}
}
