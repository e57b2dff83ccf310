package cloudwatchfake

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Request is a call of GetMetricData.
type Request struct {
	// Start is inclusive, End exclusive.
	Start, End time.Time
	Queries    []Query
	// NextToken is that of the page before; empty: the first page.
	NextToken string
	// ScanBy is "TimestampAscending" or "TimestampDescending"; empty: descending.
	ScanBy string
	// MaxDatapoints is how many datapoints a page has at most; 0: 100,800.
	MaxDatapoints int
	// Timezone is that of labels.
	Timezone string
}

// Query is a MetricDataQuery.
type Query struct {
	ID, Label, Expression, AccountID string

	// Period is that of an expression in seconds; 0: none.
	Period int
	// Hidden: its data are not returned.
	Hidden bool
	// Stat is the metric; nil for an expression.
	Stat *Stat
}

// Stat is a MetricStat.
type Stat struct {
	Metric
	// Period in seconds.
	Period     int
	Stat, Unit string
}

// Metric names a metric.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string
}

// decodeRequest reads a request. What it doesn't know is an error, so that nothing is
// asked for in vain.
func decodeRequest(body []byte) (Request, error) {
	value, err := cbor.Decode(body)
	if err != nil {
		return Request{}, fmt.Errorf("decoding CBOR: %w", err)
	}
	var request Request
	err = members(value, map[string]func(cbor.Value) error{
		"StartTime":         instant(&request.Start),
		"EndTime":           instant(&request.End),
		"NextToken":         text(&request.NextToken),
		"ScanBy":            text(&request.ScanBy),
		"MaxDatapoints":     number(&request.MaxDatapoints),
		"LabelOptions":      nested(map[string]func(cbor.Value) error{"Timezone": text(&request.Timezone)}),
		"MetricDataQueries": list(&request.Queries, decodeQuery),
	})
	return request, err
}

func decodeQuery(value cbor.Value) (Query, error) {
	var query Query
	returned := true
	err := members(value, map[string]func(cbor.Value) error{
		"Id":         text(&query.ID),
		"Label":      text(&query.Label),
		"Expression": text(&query.Expression),
		"AccountId":  text(&query.AccountID),
		"Period":     number(&query.Period),
		"ReturnData": flag(&returned),
		"MetricStat": func(value cbor.Value) error {
			query.Stat = &Stat{}
			return query.Stat.decode(value)
		},
	})
	query.Hidden = !returned
	return query, err
}

func (s *Stat) decode(value cbor.Value) error {
	var dimensions []dimension
	err := members(value, map[string]func(cbor.Value) error{
		"Period": number(&s.Period),
		"Stat":   text(&s.Stat),
		"Unit":   text(&s.Unit),
		"Metric": nested(map[string]func(cbor.Value) error{
			"Namespace":  text(&s.Namespace),
			"MetricName": text(&s.Name),
			"Dimensions": list(&dimensions, decodeDimension),
		}),
	})
	s.Dimensions = make(map[string]string)
	for _, d := range dimensions {
		s.Dimensions[d.name] = d.value
	}
	return err
}

type dimension struct{ name, value string }

func decodeDimension(value cbor.Value) (dimension, error) {
	var d dimension
	err := members(value, map[string]func(cbor.Value) error{"Name": text(&d.name), "Value": text(&d.value)})
	return d, err
}

// members hands the members of a structure to their decoders.
func members(value cbor.Value, decoders map[string]func(cbor.Value) error) error {
	structure, ok := value.(cbor.Map)
	if !ok {
		return fmt.Errorf("%T is no structure", value)
	}
	for _, name := range slices.Sorted(maps.Keys(structure)) {
		decode, known := decoders[name]
		if !known {
			return fmt.Errorf("unknown member %q", name)
		}
		if err := decode(structure[name]); err != nil {
			return fmt.Errorf("member %s: %w", name, err)
		}
	}
	return nil
}

func nested(decoders map[string]func(cbor.Value) error) func(cbor.Value) error {
	return func(value cbor.Value) error { return members(value, decoders) }
}

func list[T any](into *[]T, decode func(cbor.Value) (T, error)) func(cbor.Value) error {
	return func(value cbor.Value) error {
		elements, ok := value.(cbor.List)
		if !ok {
			return fmt.Errorf("%T is no list", value)
		}
		for i, element := range elements {
			decoded, err := decode(element)
			if err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
			*into = append(*into, decoded)
		}
		return nil
	}
}

func text(into *string) func(cbor.Value) error {
	return func(value cbor.Value) error {
		decoded, ok := value.(cbor.String)
		if !ok {
			return fmt.Errorf("%T is no text", value)
		}
		*into = string(decoded)
		return nil
	}
}

func flag(into *bool) func(cbor.Value) error {
	return func(value cbor.Value) error {
		decoded, ok := value.(cbor.Bool)
		if !ok {
			return fmt.Errorf("%T is no truth value", value)
		}
		*into = bool(decoded)
		return nil
	}
}

func number(into *int) func(cbor.Value) error {
	return func(value cbor.Value) error {
		decoded, err := cbor.AsInt32(value)
		*into = int(decoded)
		return err
	}
}

func instant(into *time.Time) func(cbor.Value) error {
	return func(value cbor.Value) error {
		decoded, err := cbor.AsTime(value)
		*into = decoded.UTC()
		return err
	}
}
