package ec2

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxUserTags is how many tags an instance can have of the user, default_tags among them:
	// an instance has 50, and the rest is for deliveries and reports.
	maxUserTags = 20
	// maxTagKey and maxTagValue are EC2's limits in characters (Tag's reference).
	maxTagKey, maxTagValue = 127, 256
)

var (
	// tagKey is what the instance metadata service can show ("Access to tags in instance
	// metadata" of the EC2 user guide); a launch with another one fails.
	tagKey = regexp.MustCompile(`^[0-9a-zA-Z\-_+=,.@:]+$`)
	// parameterTagText is what SSM takes as a tag's key or value (Tag's reference).
	parameterTagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// CheckDefaultTags returns what is wrong with tags that everything is to have, instances,
// volumes, launch templates and SSM parameters, in the order of their keys; none where
// nothing is.
func CheckDefaultTags(tags map[string]string) []string {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		reason := tagFault(key, tags[key])
		if reason == "" && (!parameterTagText.MatchString(key) || !parameterTagText.MatchString(tags[key])) {
			reason = "is none that an SSM parameter can have; use letters, digits, spaces and _ . : / = + - @ only"
		}
		if reason != "" {
			found = append(found, fmt.Sprintf("the tag %q %s", key, reason))
		}
	}
	if len(tags) > maxUserTags {
		found = append(found, fmt.Sprintf("there are %d tags; at most %d leave room for what is delivered to servers", len(tags), maxUserTags))
	}
	return found
}

func (f *faults) tags(tags, defaults map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if reason := tagFault(key, tags[key]); reason != "" {
			f.ec2(fmt.Sprintf("the tag %q %s", key, reason), "tags")
		}
	}
	for _, message := range CheckDefaultTags(defaults) {
		f.ec2("the provider's default_tags: "+message, "tags")
	}
	if all := merge(defaults, tags); len(all) > maxUserTags && len(defaults) <= maxUserTags {
		f.ec2(fmt.Sprintf("there are %d tags with default_tags; at most %d leave room for what is delivered to servers", len(all), maxUserTags), "tags")
	}
}

// tagFault says, as the rest of a sentence about the tag, why an instance whose metadata
// show its tags can't have it; empty where it can.
func tagFault(key, value string) string {
	switch {
	case key == "." || key == ".." || key == "_index":
		return "has a key that the instance metadata service keeps for itself; choose another one"
	case !tagKey.MatchString(key):
		return "has a key that instance metadata can't show, and instances show their tags there; use letters, digits and + - = . , _ : @ only"
	case len(key) > maxTagKey:
		return fmt.Sprintf("has a key of %d characters; EC2 takes at most %d", len(key), maxTagKey)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return "has a key that begins with aws:, as only AWS's own do"
	case strings.HasPrefix(strings.ToLower(key), tagPrefix):
		return "has a key that begins with " + tagPrefix + ", as the provider's own do; choose another one"
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Sprintf("has a value of %d characters; EC2 takes at most %d", utf8.RuneCountInString(value), maxTagValue)
	}
	return ""
}
