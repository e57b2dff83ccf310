package awsfake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Readable returns everything that somebody can read, or could read at some time, who
// may describe and list everything of the account but decrypt nothing: where it is, and
// what it says. What is compressed is there unpacked, too. A secret that is found there
// has leaked, also where it was overwritten or deleted since.
func (w *World) Readable() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := map[string]string{}
	for _, i := range w.launched {
		addBlob(found, i.id+" user data", i.userData)
		addTags(found, i.id, i.tags)
		found[i.id+" console"] = string(i.posted) + string(i.console())
		for _, v := range i.volumes {
			addTags(found, v.id, v.tags)
		}
	}
	for _, t := range w.templates {
		addTemplate(found, t)
	}
	for _, t := range w.deleted {
		addTemplate(found, t)
	}
	for name, p := range w.parameters {
		addParameter(found, name, p)
	}
	return found
}

func addBlob(found map[string]string, where string, blob []byte) {
	found[where] = string(blob)
	unpacker, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		return // It isn't compressed.
	}
	if unpacked, err := io.ReadAll(unpacker); err == nil {
		found[where+", unpacked"] = string(unpacked)
	}
}

func addTags(found map[string]string, where string, tags tagSet) {
	for key, writes := range tags {
		for n, write := range writes {
			found[fmt.Sprintf("%s tag %s #%d", where, key, n+1)] = write.value
		}
	}
}

func addTemplate(found map[string]string, t *template) {
	addTags(found, t.name, t.tags)
	for _, v := range t.versions {
		addVersion(found, v)
	}
	for _, v := range t.deleted {
		addVersion(found, v)
	}
}

func addVersion(found map[string]string, v *templateVersion) {
	where := fmt.Sprintf("%s version %d", v.template.name, v.number)
	data, _ := json.Marshal(v.data) // It came as text.
	found[where] = string(data)
	userData, _ := decodeUserData(v.data.UserData) // It was checked.
	addBlob(found, where+" user data", userData)
}

func addParameter(found map[string]string, name string, p *parameter) {
	for key, value := range p.tags {
		found[fmt.Sprintf("%s tag %s", name, key)] = value
	}
	for _, v := range p.versions {
		value := v.value
		if p.kind == ssmtypes.ParameterTypeSecureString {
			value = ciphertext(v)
		}
		found[fmt.Sprintf("%s:%d", name, v.number)] = value
	}
}
