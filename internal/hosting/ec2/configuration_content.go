package ec2

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

const (
	// contentHeader is the first line of a content. Another format would have another one.
	contentHeader = "muster configuration 1\n"
	// maxUserDataBytes is EC2's limit on user data, before base64.
	maxUserDataBytes = 16 << 10
	// maxContentBytes keeps what isn't a content from filling the memory: a content has
	// three scripts at most, and declarations.
	maxContentBytes = 4 << 20
)

// content is a stored content of a configuration.
type content struct {
	template

	// id is the configuration's ID.
	id string
	// userData is the content as it is stored.
	userData string
}

// contents are those under one name, the oldest first. A content that was stored twice,
// because of a crash, is there twice.
type contents struct {
	name, templateID string
	list             []content
}

// find returns the oldest version of a content.
func (c contents) find(id string) (content, bool) {
	at := slices.IndexFunc(c.list, func(one content) bool { return one.id == id })
	if at < 0 {
		return content{}, false
	}
	return c.list[at], true
}

// ids returns each ID once.
func (c contents) ids() []string {
	var ids []string
	for _, one := range c.list {
		if !slices.Contains(ids, one.id) {
			ids = append(ids, one.id)
		}
	}
	return ids
}

// divide parts the contents that are used from those that aren't.
func (c contents) divide(used []string) (needed, unneeded contents) {
	needed, unneeded = contents{name: c.name, templateID: c.templateID}, contents{name: c.name, templateID: c.templateID}
	for _, one := range c.list {
		if slices.Contains(used, one.id) {
			needed.list = append(needed.list, one)
		} else {
			unneeded.list = append(unneeded.list, one)
		}
	}
	return needed, unneeded
}

// encodeConfiguration returns the content as user data.
func encodeConfiguration(configuration boot.Configuration) (string, error) {
	encoded, err := json.Marshal(configuration)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(append([]byte(contentHeader), encoded...)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	if packed.Len() > maxUserDataBytes {
		return "", fmt.Errorf("it has %d bytes when packed, and a launch template holds at most %d; let the boot script fetch a part of itself", packed.Len(), maxUserDataBytes)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// decodeConfiguration reads what encodeConfiguration has written.
func decodeConfiguration(id, userData string) (boot.Configuration, error) {
	configuration, err := unpackConfiguration(userData)
	if err != nil || configuration.ID() != id {
		return boot.Configuration{}, fmt.Errorf("the launch template's version isn't what this version of Muster writes; " +
			"update Muster, or delete the version, and the next apply stores it again")
	}
	return configuration, nil
}

func unpackConfiguration(userData string) (boot.Configuration, error) {
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(userData)))
	if err != nil {
		return boot.Configuration{}, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxContentBytes))
	if err != nil {
		return boot.Configuration{}, err
	}
	encoded, ok := bytes.CutPrefix(text, []byte(contentHeader))
	if !ok {
		return boot.Configuration{}, io.ErrUnexpectedEOF
	}
	var configuration boot.Configuration
	return configuration, json.Unmarshal(encoded, &configuration)
}

// catalog is what this process knows of stored contents before EC2 shows it. What it has
// stored is there, what it has deleted is gone.
type catalog struct {
	mu sync.Mutex
	// byID are the contents that are known to be stored.
	byID map[string]content
	// templates are launch template IDs by configuration name.
	templates map[string]string
	// removed holds the IDs of launch templates, and "ID:VERSION" of single versions, that
	// this process has deleted, and the names that it has deleted last.
	removed map[string]bool
}

func newCatalog() catalog {
	return catalog{byID: make(map[string]content), templates: make(map[string]string), removed: make(map[string]bool)}
}

func (c *catalog) content(id string) (content, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stored, ok := c.byID[id]
	return stored, ok
}

// templateID returns the launch template of a configuration ID; empty if unknown.
func (c *catalog) templateID(configurationID string) string {
	stored, _ := c.content(configurationID)
	return stored.ID
}

func (c *catalog) hasRemoved(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.removed[key]
}

func versionKey(templateID string, version int) string {
	return fmt.Sprintf("%s:%d", templateID, version)
}

// reconcile corrects what EC2 shows by what this process has done, and takes in the rest.
// shown.templateID is empty where EC2 shows no template.
func (c *catalog) reconcile(shown contents) contents {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.removed[shown.templateID] {
		shown.templateID, shown.list = "", nil
	}
	shown.list = slices.DeleteFunc(shown.list, func(one content) bool { return c.removed[versionKey(one.ID, one.Version)] })
	shown.templateID = cmp.Or(shown.templateID, c.templates[shown.name])
	for id, own := range c.byID {
		if _, found := shown.find(id); !found && own.ID == shown.templateID {
			shown.list = append(shown.list, own)
		}
	}
	slices.SortFunc(shown.list, func(a, b content) int { return cmp.Compare(a.Version, b.Version) })
	for _, one := range slices.Backward(shown.list) {
		c.byID[one.id] = one // The oldest of equals comes last.
	}
	if shown.templateID != "" {
		c.templates[shown.name] = shown.templateID
		delete(c.removed, shown.name)
	}
	return shown
}

// add notes what this process has stored.
func (c *catalog) add(name string, one content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID[one.id] = one
	c.templates[name] = one.ID
	delete(c.removed, name)
}

// claim notes the template that this process has created.
func (c *catalog) claim(name, templateID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.templates[name] = templateID
	delete(c.removed, name)
}

// dropTemplate notes that this process has deleted the template, or found it deleted.
func (c *catalog) dropTemplate(name, templateID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed[name], c.removed[templateID] = true, true
	delete(c.templates, name)
	for id, one := range c.byID {
		if one.ID == templateID {
			delete(c.byID, id)
		}
	}
}

// dropVersion notes that this process has deleted the version.
func (c *catalog) dropVersion(one content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed[versionKey(one.ID, one.Version)] = true
	if c.byID[one.id].Version == one.Version {
		delete(c.byID, one.id)
	}
}
