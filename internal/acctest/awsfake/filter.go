package awsfake

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tagFilter begins the name of a filter for a tag's value.
const tagFilter = "tag:"

// filters must all fit; each does when one of its patterns matches.
type filters map[string][]*regexp.Regexp

// newFilters returns the filters of a request; names are those that there are, but for
// those of tags.
func newFilters(list []ec2types.Filter, names ...string) (filters, error) {
	if len(list) > maxFilters {
		return nil, fault(http.StatusBadRequest, "FilterLimitExceeded", "The maximum number of filters specified on a single call is %d", maxFilters)
	}
	all := filters{}
	for _, filter := range list {
		name := aws.ToString(filter.Name)
		if !slices.Contains(names, name) && !strings.HasPrefix(name, tagFilter) {
			return nil, invalidValue("The filter '%s' is invalid", name)
		}
		if len(filter.Values) > maxFilterValues {
			return nil, fault(http.StatusBadRequest, "FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		if len(filter.Values) == 0 {
			return nil, invalidValue("The filter '%s' has no values", name)
		}
		for _, value := range filter.Values {
			if len(value) > maxFilterLength {
				return nil, invalidValue("A value of the filter '%s' exceeds %d characters", name, maxFilterLength)
			}
			all[name] = append(all[name], wildcard(value))
		}
	}
	return all, nil
}

// wildcard returns the pattern of a filter's value: * is any text, ? any character, and
// a backslash takes that from what follows it.
func wildcard(value string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^(?s:`)
	escaped := false
	for _, r := range value {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == '*':
			b.WriteString(".*")
		case !escaped && r == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
		escaped = false
	}
	b.WriteString(`)$`)
	return regexp.MustCompile(b.String())
}

// fit asks for the values that a thing has under a filter's name.
func (f filters) fit(values func(name string) []string) bool {
	for name, patterns := range f {
		if !anyMatches(patterns, values(name)) {
			return false
		}
	}
	return true
}

// tagValues returns what the filter of a tag is about, if it is one.
func tagValues(name string, tags map[string]string) (values []string, ok bool) {
	if name == "tag-key" {
		return slices.Collect(maps.Keys(tags)), true
	}
	key, ok := strings.CutPrefix(name, tagFilter)
	if value, has := tags[key]; ok && has {
		values = []string{value}
	}
	return values, ok
}

func anyMatches(patterns []*regexp.Regexp, values []string) bool {
	for _, pattern := range patterns {
		if slices.ContainsFunc(values, pattern.MatchString) {
			return true
		}
	}
	return false
}
