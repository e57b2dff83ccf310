package channel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of what a manifest names.
const (
	// kindPlain is base64 of gzip of a document.
	kindPlain = "plain"
	// kindSealed is base64 of gzip of a document, sealed before it became base64.
	kindSealed = "sealed"
	// kindPointer is a version of the group's SSM parameter "delivery".
	kindPointer = "ssm"
)

// manifest names a text that lies in chunks: "REVISION:KIND:CHUNKS:SUM:LENGTH". One call
// writes it and all chunks, but nobody promises that they show at once: whoever reads
// them takes them only where the sum fits. Chunks beyond those counted are what a
// longer text has left.
type manifest struct {
	revision int
	kind     string
	chunks   int
	sum      string
	length   int
}

func (m manifest) String() string {
	return fmt.Sprintf("%d:%s:%d:%s:%d", m.revision, m.kind, m.chunks, m.sum, m.length)
}

// parseManifest reads a manifest of chunks.
func parseManifest(value string) (manifest, bool) {
	fields := strings.Split(value, ":")
	if len(fields) != 5 || fields[1] != kindPlain && fields[1] != kindSealed {
		return manifest{}, false
	}
	var numbers [3]int
	for i, field := range []string{fields[0], fields[2], fields[4]} {
		number, ok := parseNumber(field)
		if !ok {
			return manifest{}, false
		}
		numbers[i] = number
	}
	return manifest{revision: numbers[0], kind: fields[1], chunks: numbers[1], sum: fields[3], length: numbers[2]}, true
}

// sum returns the first 16 hexadecimal digits of SHA-256: enough to find damage.
func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:8])
}

// parseNumber reads a number of at most 15 digits, which is what the shell compares.
func parseNumber(text string) (int, bool) {
	if len(text) > 15 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.Atoi(text)
	return number, err == nil
}

// chunkTags returns the text as a manifest and its chunks. Where they take more tags
// than there is room for, size is the text's and limit what there is room for.
func chunkTags(manifestTag, chunkTag string, m manifest, text string, room int) (tags map[string]string, size, limit int) {
	limit = max(0, room-1) * maxTagValue
	if len(text) > limit {
		return nil, len(text), limit
	}
	tags = map[string]string{}
	m.sum, m.length = sum(text), len(text)
	for ; text != ""; m.chunks++ {
		n := min(len(text), maxTagValue)
		tags[chunkTag+strconv.Itoa(m.chunks)] = text[:n]
		text = text[n:]
	}
	tags[manifestTag] = m.String()
	return tags, m.length, limit
}

// collectChunks returns the text that the manifest names, if all of it is there.
func collectChunks(tags map[string]string, chunkTag string, m manifest) (string, bool) {
	var text strings.Builder
	for i := range min(m.chunks, len(tags)) {
		text.WriteString(tags[chunkTag+strconv.Itoa(i)])
	}
	return text.String(), text.Len() == m.length && sum(text.String()) == m.sum
}
