package cloudwatchfake

import (
	"net/http"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// The states of a result.
const (
	complete      = "Complete"
	partialData   = "PartialData"
	internalError = "InternalError"
)

// result is a MetricDataResult.
type result struct {
	id, label, status string
	times             []time.Time
	values            []float64
}

// page is the answer to one call.
type page struct {
	results []result
	token   string
	message string
	// silent: there is no answer.
	silent bool
}

// epochTag marks a timestamp (RFC 8949, section 3.4.2).
const epochTag = 1

// encode returns the page as the service sends it: times as tagged doubles.
func (p page) encode() cbor.Value {
	results := cbor.List{}
	for _, result := range p.results {
		times, values := cbor.List{}, cbor.List{}
		for i, at := range result.times {
			seconds := float64(at.UnixMilli()) / float64(time.Second/time.Millisecond)
			times = append(times, &cbor.Tag{ID: epochTag, Value: cbor.Float64(seconds)})
			values = append(values, cbor.Float64(result.values[i]))
		}
		results = append(results, cbor.Map{
			"Id":         cbor.String(result.id),
			"Label":      cbor.String(result.label),
			"StatusCode": cbor.String(result.status),
			"Timestamps": times,
			"Values":     values,
		})
	}
	encoded := cbor.Map{"MetricDataResults": results}
	if p.message != "" {
		encoded["Messages"] = cbor.List{cbor.Map{"Code": cbor.String("MaxMetricsExceeded"), "Value": cbor.String(p.message)}}
	}
	if p.token != "" {
		encoded["NextToken"] = cbor.String(p.token)
	}
	return encoded
}

// apiError is an answer that is an error.
type apiError struct {
	status int
	// code is what the protocol Query calls it, by which the SDK knows it.
	code, message string
}

func invalid(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "ValidationError", message: message}
}

// fail answers with an error. Its code is in a header, because that of the body has
// another name in other protocols.
func fail(w http.ResponseWriter, err *apiError) {
	fault := "Sender"
	if err.status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", err.code+";"+fault)
	write(w, err.status, cbor.Map{
		"__type":  cbor.String("com.amazonaws.cloudwatch#" + err.code),
		"message": cbor.String(err.message),
	})
}

func write(w http.ResponseWriter, status int, body cbor.Value) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	_, _ = w.Write(cbor.Encode(body)) // Who has hung up needs no answer.
}
