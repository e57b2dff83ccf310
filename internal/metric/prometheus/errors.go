package prometheus

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	promapi "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
	"github.com/musterhq/terraform-provider-muster/internal/metric/origin"
)

const (
	// maxRefusalBytes bounds what is kept of the server's words.
	maxRefusalBytes = 120
	minSecretBytes  = 4
)

// status is how the client tells that the answer was none of the API, but a status.
var status = regexp.MustCompile(`^(?:client error:|server error:|bad response code) ([0-9]{3})$`)

// describe says why a call has failed, in words that are the same each time and tell no
// address, no credentials and no series.
func (s *Source) describe(err error) error {
	failed, ok := errors.AsType[*promapi.Error](err)
	if !ok {
		return origin.Describe(err)
	}
	if match := status.FindStringSubmatch(failed.Msg); match != nil {
		return describeStatus(match[1], failed.Detail)
	}
	switch failed.Type {
	case promapi.ErrBadResponse:
		return malformed("the answer is not one of Prometheus")
	case promapi.ErrBadData:
		return s.refusal(failed.Msg)
	case promapi.ErrExec, "422", "400": // VictoriaMetrics has statuses for types.
		return describeExecution(failed.Msg)
	default:
		return describeType(failed.Type)
	}
}

// describeStatus also knows what Prometheus says along with the status 503.
func describeStatus(code, body string) error {
	var answer struct {
		ErrorType promapi.ErrorType `json:"errorType"`
	}
	if json.Unmarshal([]byte(body), &answer) == nil && (answer.ErrorType == promapi.ErrTimeout || answer.ErrorType == promapi.ErrCanceled) {
		return describeType(answer.ErrorType)
	}
	number, err := strconv.Atoi(code)
	if err != nil {
		return describeType("")
	}
	return origin.Status(number)
}

func describeType(kind promapi.ErrorType) error {
	switch kind {
	case promapi.ErrTimeout:
		return unavailable("the query takes longer than the server allows")
	case promapi.ErrCanceled:
		return unavailable("the server has given the query up")
	default:
		return unavailable("the server answers with an error")
	}
}

// describeExecution tells the mistakes in a query from what else may go wrong while it
// is evaluated. The server's words hold labels and their values.
func describeExecution(said string) error {
	has := func(words string) bool { return strings.Contains(said, words) }
	switch {
	case has("many-to-many matching not allowed"), has("multiple matches for labels"), has("duplicate series for the match group"):
		return refused("the query joins series of which several match; aggregate them first, or use on() with group_left()")
	case has("same labelset"):
		return refused("the query gives several series with the same labels; aggregate them")
	case has("too many samples"):
		return refused("the query reads more samples than the server allows; shorten the window or the query's ranges")
	case has("cannot parse"), has("parse error"), has("unparsed data"):
		return refused("the server can't parse the query")
	case has("timed out"), has("timeout"):
		return describeType(promapi.ErrTimeout)
	}
	return unavailable("the server can't evaluate the query")
}

// refusal tells what the server says where it doesn't take a query: those words are
// about the query alone. They aren't told where a proxy has put more into them.
func (s *Source) refusal(said string) error {
	said = strings.TrimPrefix(said, `invalid parameter "query": `)
	for _, secret := range s.secrets {
		if strings.Contains(said, secret) {
			return refused("Prometheus refuses the query")
		}
	}
	return refused("Prometheus refuses the query: " + plain(said))
}

// plain returns text as one short line.
func plain(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	text = strings.Map(func(r rune) rune {
		if control(r) {
			return -1
		}
		return r
	}, text)
	if len(text) > maxRefusalBytes {
		text = strings.ToValidUTF8(text[:maxRefusalBytes], "") + "…"
	}
	return strings.TrimSuffix(text, ".")
}

func control(r rune) bool { return unicode.IsControl(r) }

// secrets returns what must not be told: where the server is, and what it knows the
// source by.
func (c Config) secrets(base *url.URL) []string {
	all := []string{base.Hostname(), c.BearerToken}
	for _, value := range c.Headers {
		all = append(all, value)
	}
	// What is as short as the number of a tenant is no secret, and in many a text.
	return slices.DeleteFunc(all, func(secret string) bool { return len(secret) < minSecretBytes })
}

// incomplete reports whether the server warns that an answer lacks data, as Thanos does
// where a store is down and Prometheus where it can't read from afar. What PromQL remarks
// on a query is a matter of taste.
func incomplete(warnings promapi.Warnings) bool {
	return slices.ContainsFunc(warnings, func(warning string) bool { return !strings.HasPrefix(warning, "PromQL ") })
}

func refused(message string) error {
	return &metric.FetchError{Kind: metric.ErrQuery, Message: message}
}

func unavailable(message string) error {
	return &metric.FetchError{Kind: metric.ErrUnavailable, Message: message}
}

func malformed(format string, args ...any) error {
	return &metric.FetchError{Kind: metric.ErrMalformed, Message: fmt.Sprintf(format, args...)}
}

func noData(format string, args ...any) error {
	return &metric.FetchError{Kind: metric.ErrNoData, Message: fmt.Sprintf(format, args...)}
}
