package cloudwatch

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/musterhq/terraform-provider-muster/internal/metric"
)

// maxRefusalBytes bounds what is kept of the service's words.
const maxRefusalBytes = 120

var (
	// position is how the API names an entry of a call, counted from 1.
	position = regexp.MustCompile(`MetricDataQueries\.member\.([0-9]+)\.?`)
	// sentID is an Id as units have it.
	sentID = regexp.MustCompile(`\bmuster[0-9]+(?:_([A-Za-z0-9_]+))?\b`)
)

// refusal is what the service says where it doesn't take a query, and so refuses the
// call. Its words are about the query alone, which is why they may be shown.
type refusal struct{ lines []string }

// refusalOf returns the refusal, if err is one.
func refusalOf(err error) (refusal, bool) {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return refusal{}, false
	}
	switch api.ErrorCode() {
	case "ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterValueException",
		"InvalidParameterCombination", "InvalidParameterCombinationException",
		"MissingParameter", "MissingRequiredParameterException", "InvalidFormat", "InvalidFormatFault":
		return refusal{lines: strings.Split(api.ErrorMessage(), "\n")}, true
	}
	return refusal{}, false
}

// inquiries returns those that the refusal names.
func (r refusal) inquiries(b *batch) map[*inquiry]bool {
	named := make(map[*inquiry]bool)
	for _, line := range r.lines {
		for _, inquiry := range namedIn(line, b) {
			named[inquiry] = true
		}
	}
	return named
}

// namedIn returns the inquiries of a batch that a line names, by position or Id.
func namedIn(line string, b *batch) []*inquiry {
	positions, ids := make(map[string]bool), make(map[string]bool)
	for _, match := range position.FindAllStringSubmatch(line, -1) {
		positions[match[1]] = true
	}
	for _, id := range sentID.FindAllString(line, -1) {
		ids[id] = true
	}
	var named []*inquiry
	at := 0
	for _, unit := range b.units {
		for _, query := range unit.queries {
			at++
			if positions[strconv.Itoa(at)] || ids[aws.ToString(query.Id)] {
				named = append(named, unit.of)
			}
		}
	}
	return named
}

// tell gives the units of an inquiry the line that is about it, or the first one.
func (r refusal) tell(about *inquiry, b *batch) {
	line := r.lines[0]
	for _, candidate := range r.lines {
		if slices.Contains(namedIn(candidate, b), about) {
			line = candidate
			break
		}
	}
	err := &metric.FetchError{Kind: metric.ErrQuery, Message: "CloudWatch refuses the query: " + plain(line)}
	for _, unit := range b.units {
		if unit.of == about {
			unit.err = err
		}
	}
}

// plain returns the service's words without what depends on the rest of the call, and
// with the names that the user has given.
func plain(line string) string {
	line = position.ReplaceAllString(line, "")
	line = sentID.ReplaceAllStringFunc(line, func(id string) string {
		if name := sentID.FindStringSubmatch(id)[1]; name != "" {
			return name
		}
		return "expression"
	})
	line = strings.Join(strings.Fields(strings.ToValidUTF8(line, "")), " ")
	line = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, line)
	if len(line) > maxRefusalBytes {
		line = strings.ToValidUTF8(line[:maxRefusalBytes], "") + "…"
	}
	return strings.TrimSuffix(line, ".")
}
