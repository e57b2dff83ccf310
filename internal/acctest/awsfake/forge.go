package awsfake

import (
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Forgery is what an instance that isn't ours has of one that is. Nobody can put tags
// whose names begin with aws: on an instance, so that they are never copied.
type Forgery struct {
	// SameToken copies the client token, SameTemplate launches it from the same
	// launch template, as another user of the account could.
	SameToken, SameTemplate bool
}

// Forge launches an instance that looks like the one of that ID: it has the same tags.
// It is visible at once.
func (w *World) Forge(id string, forgery Forgery) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	original := w.instances[id]
	if original == nil {
		return "", fmt.Errorf("forging %s: no such instance", id)
	}
	p := &plan{data: original.data, min: 1, max: 1}
	if forgery.SameTemplate {
		p.template = original.template
	}
	if !forgery.SameToken {
		p.data.ClientToken = aws.String("somebody-else")
	}
	tags := original.tags.current()
	maps.DeleteFunc(tags, func(key, _ string) bool { return strings.HasPrefix(key, reservedTags) })
	p.tags = map[string]map[string]string{"instance": tags}
	forged, err := w.addresses.take(1)
	if err != nil {
		return "", err
	}
	i := w.bear(p, original.subnet, w.newID("r"), original.index, forged[0])
	i.visibleAt, i.taggableAt, i.addressedAt, i.runningAt = i.launchedAt, i.launchedAt, i.launchedAt, i.launchedAt
	w.instances[i.id] = i
	w.launched = append(w.launched, i)
	return i.id, nil
}
