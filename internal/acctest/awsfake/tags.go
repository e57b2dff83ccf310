package awsfake

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const (
	maxTags       = 50
	maxTagKey     = 128
	maxTagValue   = 256
	maxTaggedIDs  = 1000
	reservedTags  = "aws:"
	templateIDTag = "aws:ec2launchtemplate:id"
	templateTag   = "aws:ec2launchtemplate:version"
)

// metadataKey is what a tag's key must be where the metadata service shows it.
var metadataKey = regexp.MustCompile(`^[0-9a-zA-Z\-_+=,.@:]{1,255}$`)

// tagSet are the tags of one resource with what they were before, as long as somebody
// may still see it.
type tagSet map[string][]tagWrite

// tagWrite is one value of a tag.
type tagWrite struct {
	value string
	// visibleAt is when the API shows it, metadataAt when the metadata service does.
	visibleAt, metadataAt time.Time
}

func (s tagSet) put(key, value string, visibleAt, metadataAt time.Time) {
	s[key] = append(s[key], tagWrite{value, visibleAt, metadataAt})
}

func (s tagSet) at(seen func(tagWrite) bool) map[string]string {
	tags := map[string]string{}
	for key, writes := range s {
		for _, write := range writes {
			if seen(write) {
				tags[key] = write.value
			}
		}
	}
	return tags
}

func (s tagSet) visible(at time.Time) map[string]string {
	return s.at(func(write tagWrite) bool { return !at.Before(write.visibleAt) })
}

func (s tagSet) inMetadata(at time.Time) map[string]string {
	return s.at(func(write tagWrite) bool { return !at.Before(write.metadataAt) })
}

// current returns the tags as they were written, whoever sees them.
func (s tagSet) current() map[string]string { return s.at(func(tagWrite) bool { return true }) }

// isReserved reports whether only AWS itself can put a tag of this key.
func isReserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), reservedTags) }

// users returns how many tags count for the limit.
func (s tagSet) users() int {
	n := 0
	for key := range s {
		if !isReserved(key) {
			n++
		}
	}
	return n
}

// newTags checks the tags of a request and returns them.
func newTags(list []ec2types.Tag) (map[string]string, error) {
	tags := map[string]string{}
	for _, tag := range list {
		key, value := aws.ToString(tag.Key), aws.ToString(tag.Value)
		if _, twice := tags[key]; twice {
			return nil, invalidValue("Duplicate tag key '%s' specified.", key)
		}
		if err := checkTag(key, value); err != nil {
			return nil, err
		}
		tags[key] = value
	}
	if len(tags) > maxTags {
		return nil, tooManyTags()
	}
	return tags, nil
}

func checkTag(key, value string) error {
	switch {
	case key == "":
		return invalidValue("Tag key cannot be null or empty.")
	case len([]rune(key)) > maxTagKey:
		return invalidValue("Tag key exceeds the maximum length of %d characters.", maxTagKey)
	case len([]rune(value)) > maxTagValue:
		return invalidValue("Tag value exceeds the maximum length of %d characters", maxTagValue)
	case isReserved(key):
		return invalidValue("Tag keys starting with 'aws:' are reserved for internal use")
	}
	return nil
}

// checkMetadataKeys refuses the keys that an instance's metadata service can't show.
func checkMetadataKeys(tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if !metadataKey.MatchString(key) || slices.Contains([]string{".", "..", "_index"}, key) {
			return invalidValue(`'%s' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`, key)
		}
	}
	return nil
}

func tooManyTags() error {
	return fault(http.StatusBadRequest, "TagLimitExceeded", "The maximum number of Tags for this resource has been reached.")
}

// createTags puts the tags on all resources, or on none.
func (w *World) createTags(in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if len(tags) == 0 {
		return nil, missingParameter("tagSet")
	}
	targets, err := w.taggable(in.Resources)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		if err := target.accepts(tags); err != nil {
			return nil, err
		}
	}
	visibleAt := w.late(w.faults.TagReadLag)
	for _, target := range targets {
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			target.tags.put(key, tags[key], visibleAt, w.late(w.faults.MetadataTagLag))
		}
	}
	return &ec2.CreateTagsOutput{}, nil
}

// taggedResource is something that has tags.
type taggedResource struct {
	tags tagSet
	// metadata says that a metadata service shows them.
	metadata bool
}

func (r taggedResource) accepts(tags map[string]string) error {
	if r.metadata {
		if err := checkMetadataKeys(tags); err != nil {
			return err
		}
	}
	n := r.tags.users()
	for key := range tags {
		if _, has := r.tags[key]; !has {
			n++
		}
	}
	if n > maxTags {
		return tooManyTags()
	}
	return nil
}

// taggable returns all the resources, or an error that names those that can't be
// tagged.
func (w *World) taggable(ids []string) ([]taggedResource, error) {
	if len(ids) == 0 {
		return nil, missingParameter("resourceIdSet")
	}
	if len(ids) > maxTaggedIDs {
		return nil, invalidValue("The number of resources %d exceeds the maximum of %d", len(ids), maxTaggedIDs)
	}
	var found []taggedResource
	var unknown []string
	at := now()
	for _, id := range ids {
		switch {
		case strings.HasPrefix(id, "i-"):
			i := w.instances[id]
			if i == nil || at.Before(i.taggableAt) || i.terminated(at) {
				unknown = append(unknown, id)
				continue
			}
			found = append(found, taggedResource{tags: i.tags, metadata: i.metadataTags()})
		case strings.HasPrefix(id, "lt-"):
			t := w.templates[id]
			if t == nil {
				return nil, templateNotFound("ID", id)
			}
			found = append(found, taggedResource{tags: t.tags})
		case strings.HasPrefix(id, "vol-"):
			v := w.volume(id)
			if v == nil {
				return nil, fault(http.StatusBadRequest, "InvalidVolume.NotFound", "The volume '%s' does not exist.", id)
			}
			found = append(found, taggedResource{tags: v.tags})
		default:
			return nil, fault(http.StatusBadRequest, "InvalidID", "The ID '%s' is not valid", id)
		}
	}
	return found, instancesNotFound(unknown)
}

func (w *World) volume(id string) *volume {
	for _, i := range w.launched {
		for _, v := range i.volumes {
			if v.id == id {
				return v
			}
		}
	}
	return nil
}

// instancesNotFound is nil where no ID is given.
func instancesNotFound(ids []string) error {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return fault(http.StatusBadRequest, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", ids[0])
	default:
		return fault(http.StatusBadRequest, "InvalidInstanceID.NotFound", "The instance IDs '%s' do not exist", strings.Join(ids, ", "))
	}
}

func dryRun(asked *bool) error {
	if aws.ToBool(asked) {
		return fault(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	return nil
}

func toTags(tags map[string]string) []ec2types.Tag {
	var list []ec2types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ec2types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}
